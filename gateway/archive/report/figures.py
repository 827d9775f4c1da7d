"""All figures of a month, read from a connection that has the view `log` (columns.shown). Writes nothing there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import duckdb

from gateway.archive.report.after_stops import AfterStops, after_stops
from gateway.archive.report.month import Month, day_of
from gateway.archive.report.rates import DailyRate, daily_rates
from gateway.archive.report.tally import PENDING, Tally, of_sender, tallies
from gateway.archive.report.times import Times, times
from gateway.archive.report.volumes import Volume, volumes
from suppression.model import ALL
from suppression.purposes import Catalogue
from suppression.records import RecordKind


@dataclass(slots=True)
class Consents:
    """`given`: new ones; `renewed`: known already, and said again."""

    given: int = 0
    renewed: int = 0
    withdrawn: int = 0

    @property
    def net(self) -> int:
        return self.given - self.withdrawn


class Stopped(NamedTuple):
    """Stops by one way, for one reason. `again`: known already, and said again."""

    way: str
    reason: str
    new: int
    again: int


class ByReason(NamedTuple):
    reason: str
    channel: str
    decisions: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """Hand-overs of which nobody could say whether the next hop took them. `found`: it was found out later."""

    by_channel: Mapping[str, int]
    found: int

    @property
    def count(self) -> int:
        return sum(self.by_channel.values())


@dataclass(frozen=True, slots=True)
class Figures:
    """`sender`: whose figures these are; None: everybody's. `first`, `last`: of the month's records, milliseconds."""

    month: Month
    sender: str | None
    records: int
    first: int
    last: int
    by_channel_and_day: Mapping[tuple[str, date], Volume]
    by_purpose: Mapping[tuple[str, str], Volume]  # channel, purpose
    refused: tuple[ByReason, ...]
    deferred: tuple[ByReason, ...]
    after_stops: AfterStops
    rates: tuple[DailyRate, ...]
    consents: Mapping[tuple[str, date], Consents]  # class of the purpose
    stops: tuple[Stopped, ...]
    unknown: Unknown
    times: tuple[Times, ...]

    @property
    def by_channel(self) -> dict[str, Volume]:
        found: dict[str, Volume] = {}
        for (channel, _), volume in sorted(self.by_channel_and_day.items()):
            found[channel] = found.get(channel, Volume()) + volume
        return found


def figures(
    connection: duckdb.DuckDBPyConnection, month: Month, catalogue: Catalogue, sender: str | None = None
) -> Figures:
    """`sender`: only its messages, and the changes that concern it."""
    of_all = tallies(connection, month)
    own = of_sender(of_all, sender)
    return Figures(
        month=month,
        sender=sender,
        records=sum(tally.count for tally in own),
        first=min((tally.first for tally in own), default=0),
        last=max((tally.last for tally in own), default=0),
        by_channel_and_day=volumes(own, lambda tally: (tally.channel, day_of(tally.day))),
        by_purpose=volumes(own, lambda tally: (tally.channel, tally.purpose)),
        refused=_by_reason(own, "refuse"),
        deferred=_by_reason(own, "defer"),
        after_stops=after_stops(connection, month, sender, catalogue),
        rates=tuple(daily_rates(own, of_all, month)),
        consents=_consents(own),
        stops=_stops(own),
        unknown=_unknown(connection, own, month, sender),
        times=tuple(times(connection, month, sender)),
    )


def _by_reason(tallied: Iterable[Tally], outcome: str) -> tuple[ByReason, ...]:
    found: dict[tuple[str, str], int] = {}
    for tally in tallied:
        if tally.outcome == outcome and tally.kind in {RecordKind.DECIDED, RecordKind.QUEUED}:
            key = tally.reason, tally.channel
            found[key] = found.get(key, 0) + tally.count
    return tuple(ByReason(*key, found[key]) for key in sorted(found, key=lambda key: (-found[key], key)))


def _consents(tallied: Iterable[Tally]) -> dict[tuple[str, date], Consents]:
    """By the class of what was consented to ("*": everything)."""
    found: dict[tuple[str, date], Consents] = {}
    for tally in tallied:
        name = _of_consents(tally)
        if name:
            key = tally.purpose.partition("/")[0] or ALL, day_of(tally.day)
            known = found.setdefault(key, Consents())
            setattr(known, name, getattr(known, name) + tally.count)
    return found


def _of_consents(tally: Tally) -> str:
    """A withdrawal's `repeated` says nothing: it always alters what is there."""
    if tally.kind == RecordKind.CONSENTED:
        return "renewed" if tally.repeated else "given"
    return "withdrawn" if tally.kind == RecordKind.WITHDRAWN and tally.detail != PENDING else ""


def _stops(tallied: Iterable[Tally]) -> tuple[Stopped, ...]:
    found: dict[tuple[str, str], list[int]] = {}
    for tally in tallied:
        if tally.kind in {RecordKind.SUPPRESSED, RecordKind.ERASED}:
            found.setdefault((tally.way, tally.reason), [0, 0])[tally.repeated] += tally.count
    rows = (Stopped(way, reason, new, again) for (way, reason), (new, again) in found.items())
    return tuple(sorted(rows, key=lambda row: (-row.new - row.again, row)))


# Of the month's unknown ones, those of which a later record says that they were sent.
_FOUND = f"""
SELECT count(DISTINCT decision) FROM log
WHERE kind IN ('{RecordKind.SENT}', '{RecordKind.DELIVERED}', '{RecordKind.UNDELIVERED}') AND ms >= $start
    AND decision IN (
        SELECT decision FROM log
        WHERE kind = '{RecordKind.UNKNOWN}' AND ms >= $start AND ms < $end
            AND ($sender IS NULL OR sender = $sender) AND decision IS NOT NULL
    )
"""


def _unknown(
    connection: duckdb.DuckDBPyConnection, tallied: Iterable[Tally], month: Month, sender: str | None
) -> Unknown:
    own = [tally for tally in tallied if tally.kind == RecordKind.UNKNOWN]
    if not own:
        return Unknown({}, 0)
    by_channel: dict[str, int] = {}
    for tally in own:
        by_channel[tally.channel] = by_channel.get(tally.channel, 0) + tally.count
    asked = {"start": month.start, "end": month.end, "sender": sender}
    (found,) = connection.execute(_FOUND, asked).fetchall()[0]
    return Unknown(by_channel, found)
