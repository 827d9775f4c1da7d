"""The way in for mail that comes back, assembled: what each kind of address does, a server for each kind of port."""

import ssl
from collections.abc import Mapping

from gateway.changes import Changes
from gateway.config import mailboxes
from gateway.config.settings import Settings
from gateway.inbound.passing_on import PassingOn
from gateway.inbound.receiving import Handlers, Receiver
from gateway.inbound.routing import Routing
from gateway.inbound.unsubscribing import Unsubscribing
from gateway.links import Links
from gateway.pipeline import Pipeline
from gateway.smtp.inbound import InboundHouse
from gateway.smtp.inbound_server import InboundServer
from gateway.smtp.limits import Limits, Rates
from gateway.smtp.own_mail import OwnMail
from suppression.store.store import Store
from suppression.store.ways_back import WaysBack

INBOUND, LMTP = "inbound", "lmtp"  # the kinds of sockets


def servers(
    settings: Settings,
    store: Store,
    pipeline: Pipeline,
    links: Links,
    own: OwnMail,
    ways_back: WaysBack,
    tls: ssl.SSLContext | None,
) -> Mapping[str, InboundServer]:
    """By the kind of socket; none where no mail comes in."""
    if settings.inbound is None:
        return {}
    routing = _routing(settings, links)
    passing_on = PassingOn(settings.hostname, own.hand_on, lambda: pipeline.catalogue, routing, ways_back)
    receiver = Receiver(routing, _handlers(settings, store, passing_on))
    by_smtp = _house(settings, receiver, tls=tls is not None)
    by_lmtp = _house(settings, receiver, tls=False, rates=0)  # all of it comes from one server, which is ours
    return {
        INBOUND: InboundServer(by_smtp, receiver, tls=tls),
        LMTP: InboundServer(by_lmtp, receiver, lmtp=True),
    }


def _routing(settings: Settings, links: Links) -> Routing:
    pairs = {name: mailboxes.pair_of(sender) for name, sender in settings.senders.items()}
    return Routing(links, {name: pair for name, pair in pairs.items() if pair is not None})


def _handlers(settings: Settings, store: Store, passing_on: PassingOn) -> Handlers:
    return Handlers(
        unsubscribe=Unsubscribing(Changes(store, settings.consent_expiry), settings.senders),
        bounce=passing_on.bounce,
        mailbox=passing_on.mailbox,
    )


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
