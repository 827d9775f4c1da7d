"""Complaints and bounces of mail by day, against what mailbox providers and e-mail services allow. Pure.

A provider counts its own users' complaints against what it put into their inboxes. What the log knows is less: the
complaints that were reported here (Gmail reports none one by one), against all mail that a next hop took on that day.
So a rate here is at most what a provider sees, and a limit that is passed here is passed there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from channels.email.providers.events import EventKind
from gateway.archive.report.month import Month, day_of
from gateway.archive.report.tally import Tally
from suppression.decision import Reason
from suppression.model import Channel
from suppression.records import RecordKind


@dataclass(frozen=True, slots=True)
class Limit:
    """A share, whose it is, and what it means there. RULES 1.3 has the sources of the mailbox providers' numbers."""

    share: float
    whose: str
    meaning: str


COMPLAINT_LIMITS = (
    Limit(0.001, "Gmail", "stay below"),  # Email sender guidelines: "below 0.10%"
    Limit(0.003, "Gmail, Yahoo", "never reach"),  # the same; Yahoo's Sender Best Practices
)
# No mailbox provider publishes a limit for bounces. Amazon SES does: "Sending review process FAQs", bounce Q4.
BOUNCE_LIMITS = (
    Limit(0.05, "Amazon SES", "account under review"),
    Limit(0.10, "Amazon SES", "sending may be paused"),
)
CALM_DAYS = 7  # below the higher limit, one after the other, before Gmail helps again


@dataclass(frozen=True, slots=True)
class DailyRate:
    """bounced   came back after it had left, because there is no such mailbox
    rejected  refused for good at the next hop's door
    failed    came back for another reason: full, for a while, the sender's fault, unexplained
    """

    day: date
    sent: int
    complaints: int
    bounced: int
    rejected: int
    failed: int

    @property
    def complaint_rate(self) -> float | None:
        return self.complaints / self.sent if self.sent else None

    @property
    def bounce_rate(self) -> float | None:
        """Of all that was handed over and answered for good, what met a dead address or a closed door."""
        tried = self.sent + self.rejected
        return (self.bounced + self.rejected) / tried if tried else None


def daily_rates(tallied: Iterable[Tally], of_all: Iterable[Tally], month: Month) -> list[DailyRate]:
    """`of_all`: of all senders. A complaint stops all mail and its record names no sender: they are counted of all."""
    days: dict[date, dict[str, int]] = {day: {} for day in month.days()}
    own = [(tally, _counted_as(tally)) for tally in tallied]
    complaints = [(tally, "complaints") for tally in of_all if _is_complaint(tally)]
    for tally, name in [*own, *complaints]:
        if name:
            known = days[day_of(tally.day)]
            known[name] = known.get(name, 0) + tally.count
    names = ("sent", "complaints", "bounced", "rejected", "failed")
    return [DailyRate(day, *(known.get(name, 0) for name in names)) for day, known in days.items()]


def in_all(rates: Sequence[DailyRate]) -> DailyRate:
    """The month as if it were a day, its first."""
    names = ("sent", "complaints", "bounced", "rejected", "failed")
    return DailyRate(rates[0].day, *(sum(getattr(rate, name) for rate in rates) for name in names))


def _counted_as(tally: Tally) -> str:
    if tally.channel != Channel.EMAIL:
        return ""
    match tally.kind:
        case RecordKind.SENT:
            return "sent"
        case RecordKind.REJECTED:
            return "rejected"
        case RecordKind.BOUNCED:
            return "bounced" if tally.detail == EventKind.ADDRESS_FAULT else "failed"
        case _:
            return ""


def _is_complaint(tally: Tally) -> bool:
    """A second one of the same recipient too: it was about another mail."""
    return tally.kind == RecordKind.SUPPRESSED and tally.reason == Reason.COMPLAINED
