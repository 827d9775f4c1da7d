"""What one worker has: each front and duty with the implementations it runs on. One function a role."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import structlog
import uvloop
from fastapi import FastAPI

from channels.carrier import Carriers
from channels.email.mail import Mail
from gateway.assembly import consoles, mail_providers, mail_submission, mail_ways_in, ways_out
from gateway.assembly.archives import history_of, is_archived
from gateway.assembly.phone_ways_in import WaysIn, catching_up, erasure_question, ways_in
from gateway.assembly.ports import HTTP, OPERATIONS
from gateway.assembly.store_access import open_store
from gateway.assembly.ways_out import Phones
from gateway.config.needs import Needs
from gateway.config.roles import ALL, Role
from gateway.config.settings import Settings
from gateway.confirmations.confirming import Confirmations
from gateway.confirmations.data_requests import requests
from gateway.duties.bounding import bound_forever
from gateway.duties.desk import Desk
from gateway.duties.headroom import watch_headroom
from gateway.duties.importing import import_forever
from gateway.duties.migrating import migrate_forward
from gateway.duties.rewriting import rewrite_forever
from gateway.duties.sweeper import sweep_forever
from gateway.duties.telling import Telling
from gateway.http import server as http_server
from gateway.http.app import create_app, create_operations_app
from gateway.http.doors import Doors, Subjects
from gateway.http.sandbox.box import Sandbox as SandboxDoor
from gateway.http.sends import Sends
from gateway.imports.importing import Importing
from gateway.links import Link, Links
from gateway.metrics.measuring import Measuring
from gateway.phones.calls import Calls
from gateway.phones.provider_codes import Failure
from gateway.phones.sending import Sending
from gateway.phones.texts import Texts
from gateway.processes import garbage
from gateway.processes.draining import told_to_drain
from gateway.processes.worker_process import WorkerContext
from gateway.roads.audiences import Audiences
from gateway.roads.changes import Changes
from gateway.roads.events import Events
from gateway.roads.exporting import Exporting
from gateway.roads.help_desk import HelpDesk
from gateway.roads.pipeline import Pipeline
from gateway.roads.reading import Reading
from gateway.roads.reviews import Reviewing
from gateway.roads.roster import Roster
from gateway.smtp.composing import Composer
from gateway.smtp.copies import Relay
from gateway.smtp.delivery import Delivery
from gateway.smtp.inbound_server import InboundServer
from gateway.smtp.own_mail import OwnMail
from gateway.smtp.server import SmtpServer
from gateway.smtp.signers import Signers
from gateway.state.api_keys import ApiKeys
from gateway.webhooks.delivering import Delivering
from gateway.webhooks.destination import Destinations
from suppression.outbox import Entry
from suppression.records import Record, RecordKind
from suppression.store import codec
from suppression.store.apply import entry_handle
from suppression.store.event_backlog import EventBacklog
from suppression.store.event_entries import EventEntries
from suppression.store.outbox import Outbox
from suppression.store.reviews import Reviews
from suppression.store.store import Store
from suppression.store.ways_back import WaysBack
from suppression.token import TokenKeys

# RFC 8058 needs both list headers signed; SES rewrites these (RULES 1.2), so a signature over them would break.
_REWRITTEN_BY = {"mta": frozenset[str](), "ses": frozenset({"date", "message-id"})}
_DRAIN = 25.0  # seconds; the supervisor kills at 30

_log = structlog.get_logger(__name__)


def run_worker(
    settings: Settings, context: WorkerContext, counts: Path | None = None, *, roles: frozenset[Role] = ALL
) -> None:
    """One worker process, until it is told to drain. Blocking. Where it serves is what sockets it has.

    counts  the folder where all processes of this gateway count
    """
    uvloop.run(_work(settings, context, roles, counts))


@dataclass(frozen=True, slots=True)
class _Mail:
    """Of who sends mail: what apps hand in, and the gateway's own."""

    carriers: Carriers[Mail]
    composer: Composer
    own: OwnMail
    confirmations: Confirmations
    ways_back: WaysBack


@dataclass(frozen=True, slots=True)
class _Doorways:
    """Of who takes mail. `inbound`: by the kind of socket."""

    submission: SmtpServer
    inbound: Mapping[str, InboundServer]

    def accept(
        self, settings: Settings, context: WorkerContext, tasks: asyncio.TaskGroup
    ) -> list[asyncio.Task[None]]:
        accepting = mail_submission.accept(settings, context, self.submission, tasks)
        return [*accepting, *mail_ways_in.accept(settings, context, self.inbound, tasks)]

    async def drain(self, seconds: float) -> None:
        await asyncio.gather(*(one.drain(seconds) for one in (self.submission, *self.inbound.values())))


@dataclass(frozen=True, slots=True)
class _Roads:
    """What one worker has of each. `incoming`: None where nobody has an account at Twilio."""

    store: Store
    pipeline: Pipeline
    links: Links
    changes: Changes
    sending: Sending
    phones: Phones
    desk: Desk
    delivering: Delivering
    incoming: WaysIn | None
    importing: Importing

    @property
    def reading(self) -> Reading:
        return Reading(self.store, self.pipeline.history)


async def _work(
    settings: Settings, context: WorkerContext, roles: frozenset[Role], counts: Path | None
) -> None:
    async with open_store(settings) as store:
        roads = await _roads(settings, store)
        mail = _mail(settings, roads) if Needs.of(roles).mail else None
        doorways = _doorways(settings, roads, mail) if mail and Role.SMTP in roles else None
        measuring = Measuring(store, counts, context.row, archived=is_archived(settings))
        apps = {OPERATIONS: partial(create_operations_app, roads.reading, measuring.scrape)}
        if mail and Role.HTTP in roles:
            apps[HTTP] = partial(_public_app, settings, roads, mail, measuring)
        garbage.tame()
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(duty) for duty in _duties(settings, roads, roles)]
            running += doorways.accept(settings, context, tasks) if doorways else []
            http = [await task for task in _serve_http(context, apps)]
            context.ready()
            await told_to_drain(context)
            context.row.drain()
            for task in running:
                task.cancel()
            await asyncio.wait(running)  # a connection that was just accepted is to be drained too
            draining = [roads.desk.drain(_DRAIN), *(server.drain() for server in http)]
            await asyncio.gather(*draining, *([doorways.drain(_DRAIN)] if doorways else ()))
        if mail:
            await mail.carriers.close()
        await roads.phones.close()
        await roads.delivering.close()


async def _roads(settings: Settings, store: Store) -> _Roads:
    pipeline = Pipeline(store, await store.catalogue(), settings.senders, history_of(settings, store.log))
    links, changes = _links(settings, pipeline), Changes(store, settings.consent_expiry)
    outbox = Outbox(store, pipeline.history.records)
    sending, phones = (
        Sending(pipeline, outbox, settings.apps),
        ways_out.phones(settings, links.hooks, store.now),
    )
    incoming = ways_in(
        store,
        links,
        settings.senders,
        settings.twilio,
        sending,
        changes,
        public_url=settings.public_url,
        replace=phones.replace,
        heard=lambda *told: desk.gates.reported(*told),  # noqa: PLW0108 - the desk is made below
    )

    async def learn(entry: Entry, code: int) -> None:
        sender = settings.senders.get(entry.sender)
        await incoming.codes.learn(Failure(entry.id, entry.recipient, entry.channel, sender, code))

    delivering = Delivering(Destinations(settings.webhooks.allow_networks))
    telling = Telling(EventEntries(store), settings.webhooks, delivering)
    desk = Desk(sending, settings.senders, links.hook_url, phones.ways, learn, telling=telling)
    heard_of = incoming if settings.twilio else None
    lists = _importing(settings, store, pipeline)
    return _Roads(store, pipeline, links, changes, sending, phones, desk, delivering, heard_of, lists)


def _mail(settings: Settings, roads: _Roads) -> _Mail:
    carriers, composer = ways_out.mail(settings, roads.store.now), _composer(settings, roads)
    own = OwnMail(Relay(roads.pipeline, carriers), composer)
    return _Mail(carriers, composer, own, _confirmations(settings, roads, own), WaysBack(roads.store))


def _doorways(settings: Settings, roads: _Roads, mail: _Mail) -> _Doorways:
    store, pipeline, limits = roads.store, roads.pipeline, mail_submission.limits(settings)
    delivery = Delivery(pipeline, mail.carriers, mail.composer, limits, mail.ways_back)
    smtp = mail_submission.server(settings, pipeline, delivery, ApiKeys(store.client.sends))
    inbound = mail_ways_in.servers(
        settings, store, pipeline, roads.links, mail.own, mail.ways_back, mail.confirmations, smtp.tls
    )
    return _Doorways(smtp, inbound)


def _importing(settings: Settings, store: Store, pipeline: Pipeline) -> Importing:
    return Importing(
        store,
        lambda: pipeline.catalogue,
        settings.senders,
        settings.apps,
        spool=settings.spool_dir,
        data_dir=settings.store.data_dir,
    )


def _duties(settings: Settings, roads: _Roads, roles: frozenset[Role]) -> Iterator[Coroutine[Any, Any, None]]:
    """What runs until it is cancelled."""
    yield watch_headroom(roads.store, settings.store.data_dir)
    if Role.HTTP in roles:  # a list lies on the host that it was brought to
        yield import_forever(roads.importing)
    if Role.DISPATCHER not in roles:
        return
    yield sweep_forever(roads.store, find=roads.pipeline.history.find)
    yield rewrite_forever(roads.store)
    yield migrate_forward(roads.store)
    yield bound_forever(EventBacklog(roads.store), settings.webhooks.most_waiting)
    if roads.phones.ways or settings.webhooks.of_app:
        yield _dispatch(roads.desk)
    if roads.incoming is not None and roads.phones.clients:
        clients, replies = roads.phones.clients, roads.incoming.replies
        yield catching_up(roads.store, settings.senders, settings.twilio, clients, replies).run()


async def _dispatch(desk: Desk) -> None:
    await desk.start()


def _links(settings: Settings, pipeline: Pipeline) -> Links:
    keys = TokenKeys(settings.secrets.tokens.keys, settings.secrets.tokens.current)
    domain = settings.inbound.domain if settings.inbound else ""
    return Links(
        settings.public_url, keys, settings.senders, settings.apps, lambda: pipeline.catalogue, domain
    )


def _signers(settings: Settings, name: str) -> Signers:
    keys = settings.dkim.get(name, ())
    any_from = keys[0].domain if settings.dev and keys else None
    profile = settings.given.next_hop.profile if settings.given.next_hop else "mta"
    return Signers.of(keys, any_from=any_from, unsigned_headers=_REWRITTEN_BY[profile])


def _composer(settings: Settings, roads: _Roads) -> Composer:
    return Composer(
        hostname=settings.hostname,
        senders=settings.senders,
        links=roads.links,
        recipient=roads.pipeline.recipient,
        signers={name: _signers(settings, name) for name in settings.senders},
    )


def _public_app(settings: Settings, roads: _Roads, mail: _Mail, measuring: Measuring) -> FastAPI:
    doors = _doors(settings, roads, mail)
    console = consoles.routes(settings, roads.store, doors, mail.own.send)
    return create_app(doors, operations=settings.dev, console=console, scrape=measuring.scrape)


def _serve_http(
    context: WorkerContext, apps: Mapping[str, Callable[[], FastAPI]]
) -> list[asyncio.Task[http_server.HttpServer]]:
    return [
        asyncio.create_task(http_server.serve(apps[name.partition(":")[0]](), [listener]))
        for name, listener in context.sockets.items()
        if name.partition(":")[0] in apps
    ]


def _doors(settings: Settings, roads: _Roads, mail: _Mail) -> Doors:
    store, pipeline, changes, roster = roads.store, roads.pipeline, roads.changes, Roster(roads.store)
    confirmations = mail.confirmations
    ask_erasure = erasure_question(confirmations, settings.senders, store)
    return Doors(
        keys=ApiKeys(store.client.stops),
        apps=settings.apps,
        senders=settings.senders,
        catalogue=lambda: pipeline.catalogue,
        recipient=store.keyring.recipient,
        handle=lambda recipient, entry: entry_handle(recipient.key, entry),
        deciding=pipeline,
        changes=changes,
        reading=roads.reading,
        link=roads.links.read,
        confirm_link=roads.links.read_confirmation,
        confirmations=confirmations,
        address=store.address,
        record_view=partial(_record_view, store),
        audiences=Audiences(store, pipeline),
        importing=roads.importing,
        largest_list=settings.given.imports.max_size,
        clock=store.now,
        form_key=settings.secrets.form_key,
        sandbox=_sandbox(settings, roads) if settings.dev else None,
        subjects=Subjects(
            roster=roster,
            erase=changes.erase,
            exporting=Exporting(store, roster, pipeline.history),
            events=Events(store, changes, roster, settings.senders),
        ),
        sends=Sends(
            roads.sending,
            roads.sending.outbox,
            Texts(settings.senders, roads.links, pipeline.recipient),
            Calls(settings.senders, roads.links, pipeline.recipient),
            roster.strangers,
        ),
        mail_hooks=mail_providers.hooks(settings, store, roads.links, mail.ways_back, pipeline.history),
        hooks=roads.incoming.hooks if roads.incoming is not None else None,
        reviewing=Reviewing(store, Reviews(store), changes, ask_erasure),
        help_desk=HelpDesk(store, pipeline, changes, roads.links, roads.sending.outbox, roster),
    )


def _confirmations(settings: Settings, roads: _Roads, own: OwnMail) -> Confirmations:
    return Confirmations(
        roads.store,
        roads.pipeline,
        roads.links,
        settings.senders,
        own.send,
        requests(roads.store, roads.changes),
        changes=roads.changes,
        put=roads.sending.accept,
        days=settings.given.consents.confirmation_days,
    )


def _sandbox(settings: Settings, roads: _Roads) -> SandboxDoor:
    store = roads.store

    async def set_clock(now: datetime | None) -> None:
        await store.set_clock(now)
        roads.desk.look()

    return SandboxDoor(
        ways_out.sandbox(settings, store.now), set_clock, store.follow_clock, roads.phones.played
    )


async def _record_view(store: Store, link: Link, method: str) -> None:
    """People and scanners look alike: nothing changed, and the log says so."""
    record = Record(
        kind=RecordKind.VIEWED,
        at=codec.milliseconds(store.now()),
        recipient=link.recipient.key.hex(),
        channel=link.channel.value,
        purpose=link.purpose,
        sender=link.sender,
        app=link.app,
        details={"method": method},
    )
    await store.log_record(link.recipient.key, record, store.client.stops)
