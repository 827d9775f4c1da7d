"""A day of a log, made by hand, and the same day a week before."""

from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.console.overview.figures import Span
from suppression.records import Record, RecordKind
from suppression.store import codec

NOW = datetime(2026, 11, 25, 14, 5, tzinfo=UTC)
WEEK = timedelta(days=7)
TODAY = Span(NOW.replace(hour=0, minute=0), NOW)
BEFORE = Span(TODAY.since - WEEK, TODAY.until - WEEK)
WHO = "ab" * 16


def at(hour: int, days: int = 0) -> int:
    """Ms, `days` before."""
    return codec.milliseconds(NOW.replace(hour=hour, minute=1) - timedelta(days=days))


def record(kind: RecordKind, hour: int = 9, days: int = 0, *, recipient: str = WHO, **more: Any) -> Record:
    return Record(kind, at(hour, days), recipient=recipient, **more)


def decided(outcome: str, reason: str, days: int = 0, kind: RecordKind = RecordKind.DECIDED) -> Record:
    return record(
        kind, days=days, channel="email", purpose="marketing/promotions", outcome=outcome, reason=reason
    )


def stopped(purpose: str, reason: str = "unsubscribed", way: str = "link", **more: Any) -> Record:
    return record(RecordKind.SUPPRESSED, scope=f"*|{purpose}|*|*", reason=reason, way=way, **more)


LOG = (
    *[record(RecordKind.SENT, hour, channel="email") for hour in (0, 9, 9, 13)],
    record(RecordKind.SENT, 10, channel="sms"),
    record(RecordKind.SENT, 9, 7, channel="email"),
    record(RecordKind.SENT, 20, 7, channel="email"),  # later on that day than now
    record(RecordKind.SENT, 9, 3, channel="email"),  # another day
    decided("refuse", "unsubscribed"),
    decided("refuse", "unsubscribed", kind=RecordKind.QUEUED),
    decided("refuse", "no_consent", days=7),
    decided("defer", "outside_hours"),
    decided("send", "consented"),
    record(RecordKind.HANDING_OVER, channel="email", outcome="send", reason="consented"),
    record(RecordKind.REJECTED, channel="email"),
    record(RecordKind.REJECTED, channel="sms"),
    record(RecordKind.BOUNCED, channel="email", details={"kind": "address_fault"}),
    record(RecordKind.BOUNCED, channel="email", details={"kind": "mailbox_full"}),
    stopped("*", "complained", "provider"),
    stopped("marketing"),
    stopped("marketing", repeated=True),
    stopped("marketing", way="import"),
    stopped("marketing", recipient=""),  # of a person: its addresses have their own
    stopped("*", "unsubscribed", "sms"),
)
