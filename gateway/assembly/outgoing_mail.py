"""What sends mail: what apps hand in, and the gateway's own."""

from dataclasses import dataclass

from channels.carrier import Carriers
from channels.email.mail import Mail
from gateway.assembly import ways_out
from gateway.assembly.roads import Roads
from gateway.config.settings import Settings
from gateway.confirmations.confirming import Confirmations
from gateway.confirmations.data_requests import requests
from gateway.smtp.composing import Composer
from gateway.smtp.copies import Relay
from gateway.smtp.own_mail import OwnMail
from gateway.smtp.signers import Signers
from suppression.store.ways_back import WaysBack

# RFC 8058 needs both list headers signed; SES rewrites these (RULES 1.2), so a signature over them would break.
_REWRITTEN_BY = {"mta": frozenset[str](), "ses": frozenset({"date", "message-id"})}


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    carriers: Carriers[Mail]
    composer: Composer
    own: OwnMail
    confirmations: Confirmations
    ways_back: WaysBack


def make_outgoing(settings: Settings, roads: Roads) -> OutgoingMail:
    carriers, composer = ways_out.mail(settings, roads.store.now), _composer(settings, roads)
    own = OwnMail(Relay(roads.pipeline, carriers), composer)
    return OutgoingMail(carriers, composer, own, _confirmations(settings, roads, own), WaysBack(roads.store))


def _composer(settings: Settings, roads: Roads) -> Composer:
    return Composer(
        hostname=settings.hostname,
        senders=settings.senders,
        links=roads.links,
        recipient=roads.pipeline.recipient,
        signers={name: _signers(settings, name) for name in settings.senders},
    )


def _signers(settings: Settings, name: str) -> Signers:
    keys = settings.dkim.get(name, ())
    any_from = keys[0].domain if settings.dev and keys else None
    profile = settings.given.next_hop.profile if settings.given.next_hop else "mta"
    return Signers.of(keys, any_from=any_from, unsigned_headers=_REWRITTEN_BY[profile])


def _confirmations(settings: Settings, roads: Roads, own: OwnMail) -> Confirmations:
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
