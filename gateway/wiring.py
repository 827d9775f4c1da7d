"""The assembly: the only place that names implementations. One function a role."""

import asyncio
import hashlib
import ipaddress
import ssl
from dataclasses import replace
from functools import partial

import structlog
import uvloop

from channels.carrier import Carriers
from channels.email.mail import Mail
from gateway import acceptor, garbage, ways_out
from gateway.audiences import Audiences
from gateway.calls import Calls
from gateway.changes import Changes
from gateway.config.settings import Settings
from gateway.confirmations import Confirmations
from gateway.connections import Connections
from gateway.connections import Limits as ConnectionLimits
from gateway.data_requests import requests
from gateway.draining import told_to_drain
from gateway.duties.desk import Desk
from gateway.duties.headroom import watch_headroom
from gateway.duties.rewriting import rewrite_forever
from gateway.duties.sweeper import sweep_forever
from gateway.events import Events
from gateway.exporting import Exporting
from gateway.http import server as http_server
from gateway.http.app import create_app, create_operations_app
from gateway.http.doors import Doors, Sends, Subjects
from gateway.http.doors import Sandbox as SandboxDoor
from gateway.links import Link, Links
from gateway.pipeline import Pipeline
from gateway.reading import Reading
from gateway.roster import Roster
from gateway.sending import Sending
from gateway.smtp.composing import Composer
from gateway.smtp.copies import Relay
from gateway.smtp.delivery import Delivery
from gateway.smtp.front import House
from gateway.smtp.limits import Guard, Limits
from gateway.smtp.own_mail import OwnMail
from gateway.smtp.recipients import Recipients
from gateway.smtp.server import REFUSAL, SmtpServer
from gateway.smtp.signers import Signers
from gateway.state.api_keys import ApiKeys
from gateway.store_access import open_store
from gateway.texts import Texts
from gateway.ways_out import Phones
from gateway.worker_process import WorkerContext
from suppression.model import App
from suppression.records import Record, RecordKind
from suppression.store import codec
from suppression.store.apply import entry_handle
from suppression.store.outbox import Outbox
from suppression.store.store import Store
from suppression.token import TokenKeys

# RFC 8058 needs both list headers signed; SES rewrites these (RULES 1.2), so a signature over them would break.
_REWRITTEN_BY = {"mta": frozenset[str](), "ses": frozenset({"date", "message-id"})}
_DRAIN = 25.0  # seconds; the supervisor kills at 30

_log = structlog.get_logger(__name__)


def run_worker(settings: Settings, context: WorkerContext) -> None:
    """One worker process, until it is told to drain. Blocking."""
    uvloop.run(_work(settings, context))


async def _work(settings: Settings, context: WorkerContext) -> None:
    async with open_store(settings) as store:
        pipeline = Pipeline(store, await store.catalogue(), settings.senders)
        links = _links(settings, pipeline)
        carriers, phones = ways_out.mail(settings), ways_out.phones(settings, links.hooks)
        composer = _composer(settings, pipeline, links)
        own = OwnMail(Relay(pipeline, carriers), composer)
        sending = Sending(pipeline, Outbox(store), settings.apps)
        desk = Desk(sending, settings.senders, links.hook_url, phones.ways)
        doors = _doors(settings, store, pipeline, links, own, sending, phones)
        smtp = _smtp_server(settings, pipeline, composer, carriers, ApiKeys(store.client.sends))
        garbage.tame()
        async with asyncio.TaskGroup() as tasks:
            running = [
                *_accept_mail(settings, context, smtp, tasks),
                tasks.create_task(sweep_forever(store)),
                tasks.create_task(rewrite_forever(store)),
                tasks.create_task(watch_headroom(store, settings.store.data_dir)),
                tasks.create_task(_dispatch(desk, phones)),
            ]
            http = [await task for task in _serve_http(settings, context, doors)]
            context.ready()
            await told_to_drain(context)
            context.row.drain()
            for task in running:
                task.cancel()
            await asyncio.wait(running)  # a connection that was just accepted is to be drained too
            await asyncio.gather(smtp.drain(_DRAIN), desk.drain(_DRAIN), *(server.drain() for server in http))
        await carriers.close()
        await phones.close()


async def _dispatch(desk: Desk, phones: Phones) -> None:
    """Until it is drained. Where nobody sends texts or calls, there is nothing to look for."""
    if phones.ways:
        await desk.start()


def _links(settings: Settings, pipeline: Pipeline) -> Links:
    keys = TokenKeys(settings.secrets.tokens.keys, settings.secrets.tokens.current)
    return Links(settings.public_url, keys, settings.senders, settings.apps, lambda: pipeline.catalogue)


def _signers(settings: Settings, name: str) -> Signers:
    keys = settings.dkim.get(name, ())
    any_from = keys[0].domain if settings.dev and keys else None
    profile = settings.given.next_hop.profile if settings.given.next_hop else "mta"
    return Signers.of(keys, any_from=any_from, unsigned_headers=_REWRITTEN_BY[profile])


def _composer(settings: Settings, pipeline: Pipeline, links: Links) -> Composer:
    return Composer(
        hostname=settings.hostname,
        senders=settings.senders,
        links=links,
        recipient=pipeline.recipient,
        signers={name: _signers(settings, name) for name in settings.senders},
    )


def _smtp_server(
    settings: Settings, pipeline: Pipeline, composer: Composer, carriers: Carriers[Mail], keys: ApiKeys
) -> SmtpServer:
    given = settings.smtp
    limits = Limits(
        size=given.max_size,
        recipients=given.max_recipients,
        idle=given.idle_timeout,
        bare_lf=given.bare_lf,
        auth_on_loopback=settings.dev,
        free_loopback=settings.dev,
    )
    tls = _tls(settings)
    house = House(
        hostname=settings.hostname,
        limits=limits,
        guard=Guard(limits),
        authenticate=partial(_authenticate, settings, keys),
        recipients=Recipients(pipeline, limits),
        catalogue=lambda: pipeline.catalogue,
        tls=tls is not None,
    )
    delivery = Delivery(pipeline, carriers, composer, limits)
    return SmtpServer(house, delivery, app_for_address=partial(_app_for_address, settings), tls=tls)


def _tls(settings: Settings) -> ssl.SSLContext | None:
    given = settings.smtp
    if given.tls_certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(given.tls_certificate, given.tls_key)
    return context


async def _authenticate(settings: Settings, keys: ApiKeys, name: str, password: str) -> App | None:
    """An app's SMTP password is one of its API keys."""
    key = await keys.find(password)
    if key is None or key.app != name or "app" not in key.scopes:
        return None
    return settings.apps.get(name)


def _app_for_address(settings: Settings, address: str) -> App | None:
    """The app whose networks a client without credentials comes from."""
    try:
        client = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    client = getattr(client, "ipv4_mapped", None) or client
    names = (name for network, name in settings.networks if client in network)
    return settings.apps.get(next(names, ""))


def _accept_mail(
    settings: Settings, context: WorkerContext, smtp: SmtpServer, tasks: asyncio.TaskGroup
) -> list[asyncio.Task[None]]:
    caps = ConnectionLimits(settings.smtp.max_connections_per_address, settings.smtp.max_connections)
    if settings.dev:
        caps = replace(caps, per_address=caps.total)
    connections = Connections(caps, context.row)
    accepting = []
    for name, listener in context.sockets.items():
        kind = name.partition(":")[0]
        if kind in {"smtp", "smtps"}:
            serving = acceptor.serve(
                listener,
                smtp.protocol,
                connections=connections,
                refusal=REFUSAL,
                tls=smtp.tls if kind == "smtps" else None,
            )
            accepting.append(tasks.create_task(serving))
    return accepting


def _serve_http(
    settings: Settings, context: WorkerContext, doors: Doors
) -> list[asyncio.Task[http_server.HttpServer]]:
    apps = {
        "http": create_app(doors, operations=settings.dev),
        "operations": create_operations_app(doors),
    }
    return [
        asyncio.create_task(http_server.serve(apps[name.partition(":")[0]], [listener]))
        for name, listener in context.sockets.items()
        if name.partition(":")[0] in apps
    ]


def _doors(
    settings: Settings,
    store: Store,
    pipeline: Pipeline,
    links: Links,
    own: OwnMail,
    sending: Sending,
    phones: Phones,
) -> Doors:
    changes = Changes(store, settings.consent_expiry)
    return Doors(
        keys=ApiKeys(store.client.stops),
        apps=settings.apps,
        senders=settings.senders,
        catalogue=lambda: pipeline.catalogue,
        recipient=store.keyring.recipient,
        handle=lambda recipient, entry: entry_handle(recipient.key, entry),
        deciding=pipeline,
        changes=changes,
        reading=Reading(store),
        link=links.read,
        confirm_link=links.read_confirmation,
        confirmations=Confirmations(
            store,
            pipeline,
            links,
            settings.senders,
            own.send,
            requests(store, changes),
            changes=changes,
            put=sending.accept,
            days=settings.given.consents.confirmation_days,
        ),
        address=store.address,
        record_view=partial(_record_view, store),
        audiences=Audiences(store, pipeline),
        clock=store.now,
        form_key=_form_key(settings),
        sandbox=_sandbox(settings, store, phones) if settings.dev else None,
        subjects=_subjects(settings, store),
        sends=Sends(
            sending,
            sending.outbox,
            Texts(settings.senders, links, pipeline.recipient),
            Calls(settings.senders, links, pipeline.recipient),
            Roster(store).strangers,
        ),
    )


def _sandbox(settings: Settings, store: Store, phones: Phones) -> SandboxDoor:
    return SandboxDoor(ways_out.sandbox(settings), store.set_clock, store.follow_clock, phones.played)


def _subjects(settings: Settings, store: Store) -> Subjects:
    changes, roster = Changes(store, settings.consent_expiry), Roster(store)
    return Subjects(
        roster=roster,
        erase=changes.erase,
        exporting=Exporting(store, roster),
        events=Events(store, changes, roster, settings.senders),
    )


def _form_key(settings: Settings) -> bytes:
    """The same in all workers, and different from the keys that it is made of."""
    tokens = settings.secrets.tokens
    return hashlib.sha256(b"forms|" + tokens.keys[tokens.current]).digest()


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
