"""The names of time zones, and the clock of each: IANA's data as the `tzdata` package ships it.

Not the machine's own: hosts of one gateway must decide alike, and a machine that missed an update is an hour
wrong for months (British Columbia left the change of clocks in 2026). A zone here is a place that people live
in; "UTC" and "Etc/GMT+5" say nothing about anybody's day.
"""

from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

_DATA = resources.files("tzdata").joinpath("zoneinfo")


def canonical(name: str) -> str | None:
    """Today's name of a zone, also by an older one (Asia/Calcutta); None when it is no place's zone."""
    if name in _places():
        return name
    target = _links().get(name)
    return target if target in _places() else None


def country_of(name: str) -> str | None:
    """The country (ISO 3166) that a zone is of; the one named first in IANA's table, where it is of several."""
    zone = canonical(name)
    return None if zone is None else _places()[zone]


@cache
def clock(zone: str) -> ZoneInfo:
    """The clock of a zone by its canonical name."""
    with _DATA.joinpath(*zone.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=zone)


@cache
def _places() -> dict[str, str]:
    """Zone -> country. zone.tab keeps a zone for every country; the newer zone1970.tab joins them."""
    lines = _DATA.joinpath("zone.tab").read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return {row[2]: row[0] for row in rows}


@cache
def _links() -> dict[str, str]:
    """Older name -> today's: the lines "L target name" of the compact source."""
    lines = _DATA.joinpath("tzdata.zi").read_text("utf-8").splitlines()
    rows = (line.split() for line in lines if line.startswith("L "))
    return {row[2]: row[1] for row in rows}
