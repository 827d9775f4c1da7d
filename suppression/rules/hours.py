"""Rule 12: calling and quiet hours, open in every zone that the number may be in."""

from datetime import datetime, timedelta
from typing import TypedDict

from suppression.address import Kind
from suppression.calling_hours import ClosedUntil, NeverOpen, Open, ZoneUnknown, closing, judge
from suppression.decision import SKIP, Defer, Reason, Refuse, Skip
from suppression.hours_presets import CHANNELS, Presets
from suppression.model import Facts, Request
from suppression.purposes import Catalogue
from suppression.rules.reach import solicits

NAME = "hours"
_NOT_MARKETING = "service"
_NOTHING_KNOWN: frozenset[str] = frozenset()


def hours(request: Request, facts: Facts, catalogue: Catalogue) -> Refuse | Defer | Skip | None:
    """Texts of marketing, and calls of marketing and service."""
    number = _number(request)
    if number is None:
        return SKIP
    match judge(request.channel, number, request.at, **_circumstances(request, facts, catalogue)):
        case Open():
            return None
        case ClosedUntil(until=until, hours=name):
            return Defer(Reason.OUTSIDE_HOURS, until, NAME, name)
        case NeverOpen(hours=name):
            return Refuse(Reason.OUTSIDE_HOURS, NAME, name)
        case ZoneUnknown():
            return Refuse(Reason.ZONE_UNKNOWN, NAME)


def open_until(request: Request, facts: Facts, catalogue: Catalogue, within: timedelta) -> datetime | None:
    """When the hours end in which a message sent now may arrive; None when that is not for so long, or never."""
    number = _number(request)
    if number is None:
        return None
    told = _circumstances(request, facts, catalogue)
    return closing(request.channel, number, request.at, **told, within=within)


def _number(request: Request) -> str | None:
    """Of a request that hours concern."""
    known = request.recipient.address
    if request.channel not in CHANNELS or not solicits(request):
        return None
    return known.text if known is not None and known.kind is Kind.PHONE else None


class _Circumstances(TypedDict):
    marketing: bool
    presets: Presets
    known_zones: frozenset[str]
    known_country: str | None


def _circumstances(request: Request, facts: Facts, catalogue: Catalogue) -> _Circumstances:
    return {
        "marketing": request.purpose.class_ != _NOT_MARKETING,
        "presets": catalogue.hours,
        "known_zones": frozenset({facts.zone}) if facts.zone else _NOTHING_KNOWN,
        "known_country": facts.country,
    }
