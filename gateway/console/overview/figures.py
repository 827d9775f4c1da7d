"""What the overview counts: figures of a time, out of how many records of each sort the log has of it. Pure.

Who reads the log (its hot part, or the archive with it) is behind `Figures`: each tells tallies, and one fold makes the
figures of them, so that all count alike. Times are of logging, by the store's own clock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from channels.email.providers.events import EventKind
from suppression.decision import Reason
from suppression.model import Channel, Way
from suppression.records import Record, RecordKind

HOURS = 24


class Span(NamedTuple):
    """From `since` on and before `until`."""

    since: datetime
    until: datetime


class Tally(NamedTuple):
    """So many records of a span that are alike in all of this.

    span     which of those that were asked for
    hour     since its beginning
    purpose  of a change: of its scope
    detail   of a bounce: whose fault it was
    """

    span: int
    hour: int
    kind: str
    channel: str
    purpose: str
    outcome: str
    reason: str
    way: str
    detail: str
    repeated: bool
    many: int = 1


@dataclass(frozen=True, slots=True)
class Counted:
    """Figures of a span.

    sent        by channel: the next hop took it;  by_hour: all of them, by hours since the span began
    refused, deferred   decisions, by reason
    complaints  of recipients who reported a mail as spam
    rejected    mails refused for good by the next hop;  bounced: that came back, there is no such mailbox
    unsubscribed  recipients' new stops, by what they are about ("*": everything)
    whole       False: there is more in the log than was counted
    """

    span: Span
    sent: Mapping[str, int]
    by_hour: Sequence[int]
    refused: Mapping[str, int]
    deferred: Mapping[str, int]
    complaints: int
    rejected: int
    bounced: int
    unsubscribed: Mapping[str, int]
    whole: bool = True

    @property
    def sent_in_all(self) -> int:
        return sum(self.sent.values())

    @property
    def complaint_rate(self) -> float | None:
        """Of mails that a next hop took. None: there were none."""
        mails = self.sent.get(Channel.EMAIL, 0)
        return self.complaints / mails if mails else None

    @property
    def bounce_rate(self) -> float | None:
        """Of mails that were answered for good: those that met a dead address or a closed door."""
        tried = self.sent.get(Channel.EMAIL, 0) + self.rejected
        return (self.rejected + self.bounced) / tried if tried else None


class Figures(Protocol):
    """Who counts. One call is one question to the log."""

    async def counted(self, spans: Sequence[Span]) -> list[Counted]:
        """Of each. StoreUnavailable, or what the archive has instead."""
        ...


def fold(spans: Sequence[Span], tallies: Iterable[Tally], *, whole: bool = True) -> list[Counted]:
    made = [_Sums() for _ in spans]
    for tally in tallies:
        made[tally.span].add(tally)
    return [sums.of(span, whole=whole) for span, sums in zip(spans, made, strict=True)]


class _Sums:
    def __init__(self) -> None:
        self._named: dict[str, dict[str, int]] = {
            name: {} for name in ("sent", "refused", "deferred", "unsubscribed", "mails")
        }
        self._hours = [0] * HOURS

    def add(self, tally: Tally) -> None:
        for name, value in _counted_as(tally):
            of = self._named[name]
            of[value] = of.get(value, 0) + tally.many
        if tally.kind == RecordKind.SENT and 0 <= tally.hour < HOURS:
            self._hours[tally.hour] += tally.many

    def of(self, span: Span, *, whole: bool) -> Counted:
        mails = self._named["mails"]
        return Counted(
            span,
            sent=self._named["sent"],
            by_hour=tuple(self._hours),
            refused=self._named["refused"],
            deferred=self._named["deferred"],
            complaints=mails.get("complaints", 0),
            rejected=mails.get("rejected", 0),
            bounced=mails.get("bounced", 0),
            unsubscribed=self._named["unsubscribed"],
            whole=whole,
        )


_OUTCOMES = {"refuse": "refused", "defer": "deferred"}
_DECISIONS = frozenset({RecordKind.DECIDED, RecordKind.QUEUED})


def _counted_as(tally: Tally) -> list[tuple[str, str]]:
    """Which figures such a record adds to."""
    kind, mail = tally.kind, tally.channel == Channel.EMAIL
    if kind in _DECISIONS and tally.outcome in _OUTCOMES:
        return [(_OUTCOMES[tally.outcome], tally.reason)]
    if kind == RecordKind.SENT:
        return [("sent", tally.channel)]
    if kind == RecordKind.SUPPRESSED:
        return _stopped(tally)
    if mail and kind == RecordKind.REJECTED:
        return [("mails", "rejected")]
    if mail and kind == RecordKind.BOUNCED and tally.detail == EventKind.ADDRESS_FAULT:
        return [("mails", "bounced")]
    return []


def _stopped(tally: Tally) -> list[tuple[str, str]]:
    """A second complaint of the same recipient counts: it was about another mail. A second stop is no news."""
    if tally.reason == Reason.COMPLAINED:
        return [("mails", "complaints")]
    own = tally.reason == Reason.UNSUBSCRIBED and tally.way != Way.IMPORT and not tally.repeated
    return [("unsubscribed", tally.purpose)] if own else []


def tally_of(record: Record, span: int, hour: int) -> Tally:
    scope = record.scope.split("|")
    return Tally(
        span,
        hour,
        record.kind.value,
        record.channel,
        scope[1] if len(scope) == 4 else record.purpose,
        record.outcome,
        record.reason,
        record.way,
        record.details.get("kind", "") if record.kind is RecordKind.BOUNCED else "",
        record.repeated,
    )
