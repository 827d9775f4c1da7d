"""Whether somebody may be disturbed now: the hours that hold for a number, in every zone its owner may be in.

The law of a place is that of the number and that of where we know its owner to be; the strictest of them holds.
Of zones, what we know is added to what the number says when the message is marketing, and replaces it otherwise.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, reduce
from operator import and_

from suppression import zone_names
from suppression.hours_presets import Presets
from suppression.number_zones import region_of, zones_of
from suppression.open_hours import NO_RESERVE, Hours, closes, next_open, open_in_all

__all__ = ["ClosedUntil", "Judgement", "NeverOpen", "Open", "ZoneUnknown", "closing", "hours_for", "judge"]

NOTHING_KNOWN: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Open:
    """Now is within the hours in all of these zones."""

    hours: str
    zones: frozenset[str]


@dataclass(frozen=True, slots=True)
class ClosedUntil:
    until: datetime  # UTC
    hours: str
    zones: frozenset[str]


@dataclass(frozen=True, slots=True)
class NeverOpen:
    """The zones are so far apart that the hours have no instant in common within two weeks."""

    hours: str
    zones: frozenset[str]


@dataclass(frozen=True, slots=True)
class ZoneUnknown:
    """Neither the number nor what we know tells a zone, or what we hold for one is none."""


Judgement = Open | ClosedUntil | NeverOpen | ZoneUnknown


def judge(
    channel: str,
    e164: str,
    at: datetime,
    *,
    marketing: bool,
    presets: Presets,
    known_zones: frozenset[str] = NOTHING_KNOWN,
    known_country: str | None = None,
    reserve: timedelta = NO_RESERVE,
) -> Judgement:
    """`reserve`: how long a call takes: it must end within the hours too. `known_country`: "GB", or "US-FL"."""
    placed = _placed(e164, known_zones, marketing=marketing)
    if placed is None:
        return ZoneUnknown()
    hours = hours_for(channel, e164, known_country=known_country, known_zones=known_zones, presets=presets)
    if open_in_all(hours, placed, at, reserve):
        return Open(hours.name, placed)
    until = next_open(hours, placed, at, reserve)
    return NeverOpen(hours.name, placed) if until is None else ClosedUntil(until, hours.name, placed)


def closing(
    channel: str,
    e164: str,
    at: datetime,
    *,
    marketing: bool,
    presets: Presets,
    known_zones: frozenset[str] = NOTHING_KNOWN,
    known_country: str | None = None,
    within: timedelta,
) -> datetime | None:
    """When what is open at `at` closes; None when it stays open for so long. What is not open closes at once."""
    placed = _placed(e164, known_zones, marketing=marketing)
    if placed is None:
        return at
    hours = hours_for(channel, e164, known_country=known_country, known_zones=known_zones, presets=presets)
    return closes(hours, placed, at, within)


def _placed(e164: str, known_zones: frozenset[str], *, marketing: bool) -> frozenset[str] | None:
    """The zones that count; None when one of them is none, or there is none at all."""
    known = frozenset(map(zone_names.canonical, known_zones))
    zones = known if known and not marketing else known | zones_of(e164)
    placed = frozenset(zone for zone in zones if zone is not None)
    return placed if zones and len(placed) == len(zones) else None


def hours_for(
    channel: str,
    e164: str,
    *,
    known_country: str | None = None,
    known_zones: frozenset[str] = NOTHING_KNOWN,
    presets: Presets,
) -> Hours:
    """The strictest of what holds where the number was given out and where its owner is known to be."""
    regions = {region_of(e164), known_country, *map(zone_names.country_of, known_zones)}
    return _strictest(presets, str(channel), frozenset(region.upper() for region in regions if region))


@lru_cache(maxsize=4096)
def _strictest(presets: Presets, channel: str, regions: frozenset[str]) -> Hours:
    """A country is left out beside a part of it, whose hours contain the country's."""
    parts = {region.partition("-")[0] for region in regions if "-" in region}
    places = sorted(regions - parts) or [""]
    return reduce(and_, (presets.hours(channel, place) for place in places))
