"""Rules 2 and 5: an address that this channel can use, and that takes what is sent to it."""

from suppression.address import Kind
from suppression.decision import Reason, Refuse
from suppression.model import Channel, Facts, Request
from suppression.phone_number import is_premium
from suppression.purposes import Catalogue
from suppression.rules.reach import oldest, on_channel

_KINDS = {
    Channel.EMAIL: frozenset({Kind.EMAIL}),
    Channel.SMS: frozenset({Kind.PHONE}),
    Channel.VOICE: frozenset({Kind.PHONE}),
    Channel.AUDIENCE: frozenset(Kind),
}
_PHONE = frozenset({Channel.SMS, Channel.VOICE})
_DEAD = frozenset({Reason.UNDELIVERABLE, Reason.UNUSABLE_ADDRESS})


def address(request: Request, _facts: Facts, _catalogue: Catalogue) -> Refuse | None:
    """A recipient known by its key alone cannot be written to; a premium-rate number, not even what is required."""
    known = request.recipient.address
    if known is None or known.kind not in _KINDS[request.channel]:
        return Refuse(Reason.UNUSABLE_ADDRESS, "address")
    if request.channel in _PHONE and is_premium(known.text):
        return Refuse(Reason.UNUSABLE_ADDRESS, "address")
    return None


def undeliverable(request: Request, facts: Facts, _catalogue: Catalogue) -> Refuse | None:
    """A fact of the address, whoever learnt it with whatever message: `required` does not pass it."""
    entry = oldest(
        entry
        for entry in facts.suppressions
        if entry.reason in _DEAD
        and entry.exact in (None, request.recipient.exact)
        and on_channel(entry.scope, request)
        and entry.in_force(request.at)
    )
    return Refuse(entry.reason, "undeliverable", entry.id) if entry else None
