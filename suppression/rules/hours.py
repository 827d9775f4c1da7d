"""Rule 12: calling and quiet hours, open in every zone that the number may be in."""

from suppression.address import Kind
from suppression.calling_hours import ClosedUntil, NeverOpen, Open, ZoneUnknown, judge
from suppression.decision import SKIP, Defer, Reason, Refuse, Skip
from suppression.hours_presets import CHANNELS
from suppression.model import Facts, Request
from suppression.purposes import Catalogue
from suppression.rules.reach import solicits

NAME = "hours"
_NOT_MARKETING = "service"
_NOTHING_KNOWN: frozenset[str] = frozenset()


def hours(request: Request, facts: Facts, catalogue: Catalogue) -> Refuse | Defer | Skip | None:
    """Texts of marketing, and calls of marketing and service."""
    known = request.recipient.address
    if (
        request.channel not in CHANNELS
        or not solicits(request)
        or known is None
        or known.kind is not Kind.PHONE
    ):
        return SKIP
    judgement = judge(
        request.channel,
        known.text,
        request.at,
        marketing=request.purpose.class_ != _NOT_MARKETING,
        presets=catalogue.hours,
        known_zones=frozenset({facts.zone}) if facts.zone else _NOTHING_KNOWN,
        known_country=facts.country,
    )
    match judgement:
        case Open():
            return None
        case ClosedUntil(until=until, hours=name):
            return Defer(Reason.OUTSIDE_HOURS, until, NAME, name)
        case NeverOpen(hours=name):
            return Refuse(Reason.OUTSIDE_HOURS, NAME, name)
        case ZoneUnknown():
            return Refuse(Reason.ZONE_UNKNOWN, NAME)
