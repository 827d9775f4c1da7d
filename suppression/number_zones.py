"""Where a phone number may be: its region, and every time zone that somebody who has it may live in.

The zones of a number are those of its whole area, never those of its longest known prefix alone: numbers move
within an area, overlays have no finer data, and libphonenumber gives Gary in Indiana the time of New York. North
America (+1) is a table, which tests/suppression/hours/area_codes.py makes of libphonenumber's data and of
number_zones.toml; other countries are read from that data when asked for.
"""

import csv
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from suppression import zone_names

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_NOWHERE: frozenset[str] = frozenset()
_E164_NORTH_AMERICA = 12  # characters: "+1", three of the area code, seven


@dataclass(frozen=True, slots=True)
class Place:
    """`region`: ISO 3166, "US-FL" or "GB", None when the number is of none; `zones`: canonical names."""

    region: str | None = None
    zones: frozenset[str] = _NOWHERE


NOWHERE = Place()


def zones_of(e164: str) -> frozenset[str]:
    """Every zone the number may be in; empty when that is unknown (toll-free, global, in no numbering plan)."""
    return _place(e164).zones


def region_of(e164: str) -> str | None:
    """The country, and for the United States the state, that the number was given out in."""
    return _place(e164).region


def _place(e164: str) -> Place:
    if not e164.startswith("+1"):
        return _abroad(e164)
    if len(e164) != _E164_NORTH_AMERICA:
        return NOWHERE
    return _area_codes().get(e164[2:5], NOWHERE)


@cache
def _area_codes() -> dict[str, Place]:
    with resources.files("suppression").joinpath("number_zones.csv").open(encoding="utf-8") as table:
        return {
            row["area_code"]: Place(row["region"], frozenset(row["zones"].split()))
            for row in csv.DictReader(table)
        }


@lru_cache(maxsize=4096)
def _abroad(e164: str) -> Place:
    import phonenumbers  # noqa: PLC0415 - 30 ms and 10 MB that a gateway for mail alone does without

    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return NOWHERE
    kind = phonenumbers.number_type(number)
    if kind == phonenumbers.PhoneNumberType.UNKNOWN:
        return NOWHERE
    region = phonenumbers.region_code_for_number(number)
    geographic = phonenumbers.is_number_type_geographical(kind, number.country_code or 0)
    zones = corrected(e164[1:], _zones_in_data(_area_of(number, e164[1:], geographic=geographic)))
    return Place(region if region and region.isalpha() else None, zones)


def _area_of(number: "PhoneNumber", digits: str, *, geographic: bool) -> str:
    """The shortest known prefix that is longer than the calling code: the area. Mobiles have none in most countries."""
    country = str(number.country_code)
    if not geographic or country in facts()["whole_country"]:
        return country
    known = _data()
    prefixes = (digits[:length] for length in range(len(country) + 1, len(digits) + 1))
    return next((prefix for prefix in prefixes if prefix in known), country)


@lru_cache(maxsize=4096)
def _zones_in_data(area: str) -> frozenset[str]:
    """Of the prefix and of all longer ones; a country's own entry lists its zones already."""
    return frozenset(zone for prefix, zones in _data().items() if prefix.startswith(area) for zone in zones)


def _data() -> Mapping[str, Iterable[str]]:
    from phonenumbers.tzdata import TIMEZONE_DATA  # noqa: PLC0415 - see _abroad

    return TIMEZONE_DATA


def corrected(digits: str, zones: Iterable[str]) -> frozenset[str]:
    """The zones, with what we know better of numbers that begin with these digits, under their canonical names."""
    found = set(zones)
    for prefix, instead in facts()["instead"].items():
        if digits.startswith(prefix):
            found = {instead.get(zone, zone) for zone in found}
    for prefix, also in facts()["also"].items():
        if digits.startswith(prefix):
            found.update(also)
    return frozenset(zone for name in found if (zone := zone_names.canonical(name)))


@cache
def facts() -> Mapping[str, Any]:
    """number_zones.toml."""
    return tomllib.loads(resources.files("suppression").joinpath("number_zones.toml").read_text("utf-8"))
