"""How many messages were decided on, handed over and what became of them. Pure."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import TypeVar

from gateway.archive.report.tally import Tally
from suppression.model import Channel
from suppression.records import RecordKind


@dataclass(slots=True)
class Volume:
    """Of some messages. Each number is of records, by when they were logged.

    allowed      the first decision was to send: of mail its hand-over, of a text or a call its acceptance, and what an
                 app was allowed to send elsewhere
    handed_over  hand-overs that began; a message that is tried again counts again
    sent         the next hop took it;  delivered  it reported that it arrived (of mail nobody reports that)
    failed       rejected, bounced, reported undelivered, or not handed over within its time
    postponed    the next hop asked for it later
    refused, deferred   decisions;  cancelled  left the outbox unsent
    unknown      nobody can say whether the next hop took it
    """

    allowed: int = 0
    handed_over: int = 0
    sent: int = 0
    delivered: int = 0
    failed: int = 0
    postponed: int = 0
    refused: int = 0
    deferred: int = 0
    cancelled: int = 0
    unknown: int = 0

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in NAMES)

    def add(self, name: str, count: int) -> None:
        setattr(self, name, getattr(self, name) + count)

    def __add__(self, other: "Volume") -> "Volume":
        return Volume(*(getattr(self, name) + getattr(other, name) for name in NAMES))


NAMES = tuple(field.name for field in fields(Volume))

_DECISIONS = {"send": "allowed", "refuse": "refused", "defer": "deferred"}
_KINDS: Mapping[str, str] = {
    RecordKind.HANDING_OVER: "handed_over",
    RecordKind.SENT: "sent",
    RecordKind.DELIVERED: "delivered",
    RecordKind.REJECTED: "failed",
    RecordKind.BOUNCED: "failed",
    RecordKind.UNDELIVERED: "failed",
    RecordKind.DEAD: "failed",
    RecordKind.POSTPONED: "postponed",
    RecordKind.CANCELLED: "cancelled",
    RecordKind.UNKNOWN: "unknown",
}

Key = TypeVar("Key", bound=Hashable)


def counted_as(tally: Tally) -> list[str]:
    """The numbers of a Volume that such a record adds to."""
    found = [_KINDS[tally.kind]] if tally.kind in _KINDS else []
    if tally.kind in {RecordKind.DECIDED, RecordKind.QUEUED} and tally.outcome in _DECISIONS:
        found.append(_DECISIONS[tally.outcome])
    if tally.kind == RecordKind.HANDING_OVER and tally.channel == Channel.EMAIL:
        found.append("allowed")
    return found


def volumes(tallied: Iterable[Tally], by: Callable[[Tally], Key]) -> dict[Key, Volume]:
    """By channel, by purpose, by day: whatever `by` says. Of what concerns no message there is none."""
    found: dict[Key, Volume] = {}
    for tally in tallied:
        for name in counted_as(tally):
            found.setdefault(by(tally), Volume()).add(name, tally.count)
    return found
