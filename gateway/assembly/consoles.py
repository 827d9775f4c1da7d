"""The console of one worker, as settings have it."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

from fastapi import APIRouter

from gateway.archive.archive import Archive
from gateway.assembly.archives import place_of, scratch_of
from gateway.assembly.log_questions import LogQuestions
from gateway.config.settings import Settings
from gateway.confirmations.questions import Post
from gateway.console import app
from gateway.console.apps.set_up import SetUp
from gateway.console.apps.trial_mail import TrialMail
from gateway.console.doors import Console
from gateway.console.overview.hot import HotFigures, depths
from gateway.console.overview.sql import SqlFigures
from gateway.console.overview.watching import Watching
from gateway.console.provided import BACK
from gateway.console.provider import Client, Provider
from gateway.console.tries import Tries
from gateway.dns import records as dns_records
from gateway.dns.checking import DnsCheck
from gateway.http.doors import Doors
from gateway.state.agents import DEMO, Agents, Role
from gateway.state.api_keys import ApiKeys
from gateway.state.passwords import Passwords
from gateway.state.second_factor import SecondFactor
from gateway.state.sessions import Sessions
from suppression.store.event_backlog import EventBacklog
from suppression.store.hot import HotLog
from suppression.store.store import Store


def routes(settings: Settings, store: Store, doors: Doors, post: Post) -> list[APIRouter]:
    """None where there is no console. `post`: the road of the gateway's own mails."""
    if not settings.console.enabled:
        return []
    return app.routes(replace(console(settings, store, doors), set_up=_set_up(settings, store, doors, post)))


def console(settings: Settings, store: Store, doors: Doors) -> Console:
    given, lane = settings.console, store.client.stops
    return Console(
        doors=doors,
        agents=Agents(lane, Passwords()),
        sessions=Sessions(
            lane,
            idle=timedelta(minutes=given.idle_minutes),
            longest=timedelta(hours=given.longest_hours),
        ),
        second_factor=SecondFactor(lane, store.sealer),
        tries=Tries.counted_in(lane, free_loopback=settings.dev),
        sealer=store.sealer,
        origin=given.url or settings.public_url,
        without_codes=frozenset({DEMO} if settings.dev else ()),
        provider=_provider(settings),
        proxies=given.proxies,
        watching=_watching(settings, store),
    )


def _set_up(settings: Settings, store: Store, doors: Doors, post: Post) -> SetUp:
    where = dns_records.premises(settings)
    networks: dict[str, list[str]] = {}
    for network, app_name in settings.networks:
        networks.setdefault(app_name, []).append(str(network))
    return SetUp(
        keys=ApiKeys(store.client.stops),
        dns=DnsCheck(),
        records={
            name: dns_records.of_sender(sender, settings.dkim.get(name, ()), where)
            for name, sender in settings.senders.items()
        },
        inbound=dns_records.of_inbound(where),
        trial=TrialMail(settings.senders, doors.catalogue, doors.recipient, doors.clock, post),
        networks=networks,
        webhooks=settings.webhooks.of_app,
        providers=_reporting(settings),
        public_url=settings.public_url,
    )


def _reporting(settings: Settings) -> dict[str, str]:
    """Providers whose reports are taken, and the sender whose mail alone goes by them."""
    given = settings.given.providers
    return {
        name: settings.proofs.senders.get(name, "")
        for name in type(given).model_fields
        if getattr(given, name)
    }


def _provider(settings: Settings) -> Provider | None:
    oidc = settings.console.oidc
    if oidc is None:
        return None
    client = Client(
        issuer=oidc.issuer,
        id=oidc.client_id,
        secret=settings.provider_secret(),
        role_claim=oidc.role_claim,
        roles={said: Role(role) for said, role in oidc.roles.items()},
        back=(settings.console.url or settings.public_url) + BACK,
    )
    return Provider(client)


def _watching(settings: Settings, store: Store) -> Watching:
    """Without an archive the store has all of the log, and it is counted there."""
    place, look, dropped = place_of(settings), partial(depths, store), EventBacklog(store).dropped
    if place is None:
        return Watching(HotFigures(store), look, dropped=dropped)
    scratch = scratch_of(settings)
    asking = LogQuestions(store, Archive(place, scratch), scratch)
    return Watching(SqlFigures(asking.rows), look, HotLog(store).oldest, dropped=dropped)
