"""The figures as tables, beside each chart: text and numbers only. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.archive.report.figures import ByReason, Consents, Figures
from gateway.archive.report.month import DAY
from gateway.archive.report.rates import COMPLAINT_LIMITS, DailyRate
from gateway.archive.report.times import Slow, Times
from gateway.archive.report.volumes import Volume
from gateway.archive.report.wording import CHANNELS, CLASSES, MEASURES, duration, share, words
from suppression.model import Channel

__all__ = ["DAY", "Table", "over_limit", "tables"]
MOST_PURPOSES = 40
Cell = str | int


@dataclass(frozen=True, slots=True)
class Table:
    """`texts`: how many columns at the left are words; those at the right are numbers. `foot`: a last row of sums."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    texts: int = 1
    foot: tuple[Cell, ...] = ()


def tables(figures: Figures) -> dict[str, Table]:
    return {
        "channels": _channels(figures),
        "purposes": _purposes(figures),
        "refused": _by_reason("Refusals by reason", figures.refused),
        "deferred": _by_reason("Deferrals by reason", figures.deferred),
        "days": _days(figures.rates),
        "consents": _consents(figures),
        "ways": _ways(figures),
        "times": _times(figures.times),
        **{f"slowest_{measure.name}": _slowest(measure) for measure in figures.times},
        "violations": _violations(figures),
        "unknown": _unknown(figures),
    }


_VOLUME = ("Decided to send", "Handed over", "Sent", "Delivered", "Failed", "Refused", "Deferred", "Unknown")


def _numbers(channel: str, volume: Volume) -> tuple[Cell, ...]:
    """Of mail nobody reports that it was delivered: none is not nought."""
    delivered: Cell = "–" if channel == Channel.EMAIL else volume.delivered
    return (
        *(volume.allowed, volume.handed_over, volume.sent, delivered),
        *(volume.failed, volume.refused, volume.deferred, volume.unknown),
    )


def _channels(figures: Figures) -> Table:
    known = figures.by_channel
    rows = [
        (CHANNELS.get(name, name), *_numbers(name, known[name]), known[name].postponed, known[name].cancelled)
        for name in sorted(known, key=lambda name: list(CHANNELS).index(name) if name in CHANNELS else 99)
    ]
    head = ("Channel", *_VOLUME, "Asked for later", "Cancelled")
    return Table("Messages by channel", head, tuple(rows), foot=_sums(rows, 1))


def _purposes(figures: Figures) -> Table:
    def weight(key: tuple[str, str]) -> tuple[int, tuple[str, str]]:
        volume = figures.by_purpose[key]
        return -(volume.handed_over + volume.refused + volume.deferred + volume.allowed), key

    order = sorted(figures.by_purpose, key=weight)
    rows: list[tuple[Cell, ...]] = [
        (
            purpose or "(none)",
            CHANNELS.get(channel, channel),
            *_numbers(channel, figures.by_purpose[channel, purpose]),
        )
        for channel, purpose in order[:MOST_PURPOSES]
    ]
    if left := order[MOST_PURPOSES:]:
        others = sum((figures.by_purpose[key] for key in left), Volume())
        rows.append((f"{len(left)} others", "", *_numbers("", others)))
    return Table("Messages by purpose", ("Purpose", "Channel", *_VOLUME), tuple(rows), 2, _sums(rows, 2))


def _by_reason(caption: str, found: Sequence[ByReason]) -> Table:
    rows = [(words(row.reason), CHANNELS.get(row.channel, row.channel), row.decisions) for row in found]
    return Table(caption, ("Reason", "Channel", "Decisions"), tuple(rows), 2, _sums(rows, 2))


def _days(rates: Sequence[DailyRate]) -> Table:
    mail = ("Rejected", "Came back: no such address", "Rate of both", "Came back: other reasons")
    head = ("Day", "Mail taken", "Complaints", "Rate", *mail)
    rows = [
        (f"{rate.day:%a %d}", *_of_day(rate))
        for rate in rates
        if rate.sent or rate.complaints or rate.bounced
    ]
    return Table("Complaints and bounces by day", head, tuple(rows))


def _of_day(rate: DailyRate) -> tuple[Cell, ...]:
    complaints = _marked(rate)
    return (
        rate.sent,
        rate.complaints,
        complaints,
        rate.rejected,
        rate.bounced,
        share(rate.bounce_rate),
        rate.failed,
    )


def _marked(rate: DailyRate) -> str:
    """Words, not colour, say that a limit was reached."""
    if rate.complaint_rate is None:
        return "–"
    reached = [limit for limit in COMPLAINT_LIMITS if rate.complaint_rate >= limit.share]
    return share(rate.complaint_rate) + (f" (≥ {reached[-1].share:.1%})" if reached else "")


def over_limit(rates: Sequence[DailyRate]) -> dict[float, int]:
    """On how many days each limit was reached."""
    return {
        limit.share: sum((rate.complaint_rate or 0) >= limit.share for rate in rates)
        for limit in COMPLAINT_LIMITS
    }


def _consents(figures: Figures) -> Table:
    known: dict[str, Consents] = {}
    for (name, _), consents in sorted(figures.consents.items()):
        whole = known.setdefault(name, Consents())
        whole.given += consents.given
        whole.renewed += consents.renewed
        whole.withdrawn += consents.withdrawn
    rows = [
        (CLASSES.get(name, name), one.given, one.withdrawn, f"{one.net:+,}", one.renewed)
        for name, one in known.items()
    ]
    head = ("Class of purposes", "New", "Withdrawn", "Growth", "Said again")
    return Table("Consents given and withdrawn", head, tuple(rows))


def _ways(figures: Figures) -> Table:
    rows = [(words(row.way), words(row.reason), row.new, row.again) for row in figures.stops]
    head = ("Way", "Reason", "New", "Said again")
    return Table("Stops by the way that they came", head, tuple(rows), 2, _sums(rows, 2))


def _times(times: Sequence[Times]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            MEASURES[one.name].title,
            one.count,
            *(duration(one.at(part)) for part in (0.5, 0.95, 0.99, 0.999, 1)),
        )
        for one in times
    ]
    head = ("From one record to the next", "How many", "Half within", "95 %", "99 %", "99.9 %", "The slowest")
    return Table("How long it took", head, tuple(rows))


def _slowest(measure: Times) -> Table:
    rows = [_of_slow(slow) for slow in measure.slowest]
    head = ("Record", "Kind", "Channel", "Purpose", "Took")
    return Table(f"The slowest: {MEASURES[measure.name].title.lower()}", head, tuple(rows), 4)


def _of_slow(slow: Slow) -> tuple[Cell, ...]:
    return (
        *(slow.id, words(slow.kind), CHANNELS.get(slow.channel, slow.channel)),
        *(slow.purpose, duration(slow.milliseconds)),
    )


def _violations(figures: Figures) -> Table:
    rows = [
        (one.hand_over, one.stop, CHANNELS.get(one.channel, one.channel), one.purpose, duration(one.after))
        for one in figures.after_stops.violations
    ]
    head = ("Hand-over", "The stop that covered it", "Channel", "Purpose", "After")
    return Table("Handed over after a stop", head, tuple(rows), 4)


def _unknown(figures: Figures) -> Table:
    rows = [(CHANNELS.get(name, name), count) for name, count in figures.unknown.by_channel.items()]
    return Table("Outcomes that nobody knows", ("Channel", "Hand-overs"), tuple(rows))


def _sums(rows: Sequence[tuple[Cell, ...]], texts: int) -> tuple[Cell, ...]:
    if len(rows) < 2:
        return ()
    columns = list(zip(*rows, strict=True))[texts:]
    sums = (sum(cell for cell in column if isinstance(cell, int)) for column in columns)
    return ("In all", *("" for _ in range(texts - 1)), *sums)
