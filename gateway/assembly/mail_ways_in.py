"""The way in for mail that comes back, assembled: what each kind of address does, a server for each kind of port."""

import asyncio
import ssl
from collections.abc import Mapping
from functools import partial

from channels.email.inbound.signed_by import signed_by_its_author
from channels.email.inbound.text_records import text_record
from gateway.assembly import mail_providers
from gateway.assembly.ports import INBOUND, LMTP
from gateway.config import mailboxes
from gateway.config.settings import Settings
from gateway.confirmations.confirming import Confirmations
from gateway.inbound.handling import Roads, handlers
from gateway.inbound.passing_on import PassingOn
from gateway.inbound.receiving import Receiver
from gateway.inbound.routing import Routing
from gateway.links import Links
from gateway.processes import acceptor
from gateway.processes.connections import Connections
from gateway.processes.connections import Limits as ConnectionLimits
from gateway.processes.worker_process import WorkerContext
from gateway.roads.changes import Changes
from gateway.roads.pipeline import Pipeline
from gateway.smtp.inbound import InboundHouse
from gateway.smtp.inbound_server import InboundServer
from gateway.smtp.limits import Limits, Rates
from gateway.smtp.mail_server import REFUSAL
from gateway.smtp.own_mail import OwnMail
from suppression.store.store import Store
from suppression.store.ways_back import WaysBack


def servers(
    settings: Settings,
    store: Store,
    pipeline: Pipeline,
    links: Links,
    own: OwnMail,
    ways_back: WaysBack,
    confirmations: Confirmations,
    tls: ssl.SSLContext | None,
) -> Mapping[str, InboundServer]:
    """By the kind of socket; none where no mail comes in."""
    if settings.inbound is None:
        return {}
    routing = _routing(settings, links)
    passing_on = PassingOn(settings.hostname, own.hand_on, lambda: pipeline.catalogue, routing, ways_back)
    roads = Roads(
        store=store,
        changes=Changes(store, settings.consent_expiry),
        senders=settings.senders,
        links=links,
        ways_back=ways_back,
        routing=routing,
        passing_on=passing_on,
        applying=mail_providers.applying(settings, store, pipeline.history),
        confirmations=confirmations,
        post=own.send,
        catalogue=lambda: pipeline.catalogue,
        signed=partial(signed_by_its_author, text_record=text_record),
        authserv_id=settings.inbound.authserv_id,
        other=settings.inbound.other_feedback_is_complaint,
        history=pipeline.history,
    )
    receiver = Receiver(routing, handlers(roads))
    by_smtp = _house(settings, receiver, tls=tls is not None)
    by_lmtp = _house(settings, receiver, tls=False, rates=0)  # all of it comes from one server, which is ours
    return {
        INBOUND: InboundServer(by_smtp, receiver, tls=tls),
        LMTP: InboundServer(by_lmtp, receiver, lmtp=True),
    }


def accept(
    settings: Settings,
    context: WorkerContext,
    inbound: Mapping[str, InboundServer],
    tasks: asyncio.TaskGroup,
) -> list[asyncio.Task[None]]:
    """Counted apart from apps. By LMTP all come from one server, which is ours."""
    given = settings.inbound
    if given is None:
        return []
    of_one = given.max_connections if settings.dev else given.max_connections_per_address
    per_address = {INBOUND: of_one, LMTP: given.max_connections}
    accepting = []
    for name, listener in context.sockets.items():
        kind = name.partition(":")[0]
        if kind in inbound:
            caps = ConnectionLimits(per_address[kind], given.max_connections)
            serving = acceptor.serve(
                listener,
                inbound[kind].protocol,
                connections=Connections(caps, context.row.beside),
                refusal=REFUSAL,
            )
            accepting.append(tasks.create_task(serving))
    return accepting


def _routing(settings: Settings, links: Links) -> Routing:
    pairs = {name: mailboxes.pair_of(sender) for name, sender in settings.senders.items()}
    return Routing(links, {name: pair for name, pair in pairs.items() if pair is not None})


def _house(settings: Settings, receiver: Receiver, *, tls: bool, rates: int | None = None) -> InboundHouse:
    given = settings.inbound
    if given is None:
        raise ValueError("no way in")
    limits = Limits(
        size=given.max_size,
        recipients=given.max_recipients,
        idle=given.idle_timeout,
        mails_a_minute=given.mails_a_minute if rates is None else rates,
        free_loopback=settings.dev,
    )
    return InboundHouse(settings.hostname, limits, receiver.find, Rates(limits), tls)
