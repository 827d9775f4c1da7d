"""Hours of the week in local time, and when they are open in several time zones at once.

Whether they are open is asked of an instant: it has one local time in every zone, so clocks that jump or turn back
need no care. The rest follows from intervals: within a UTC day a zone's hours are a few stretches of time between
instants where its clock neither jumps nor turns back, and being open everywhere is what these have in common.
"""

from calendar import timegm
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

from suppression import zone_names

DAYS_AHEAD = 14
NO_RESERVE = timedelta(0)

_MINUTE = 60
_DAY = 86_400
_AND = " and "  # between the names of hours that hold together
_EPOCH = date(1970, 1, 1).toordinal()

Stretch = tuple[int, int]  # seconds since 1970, the second one no longer in it


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` until before `end`, in minutes since local midnight, on these days (0 is Monday)."""

    days: frozenset[int]
    start: int
    end: int

    def __and__(self, other: Self) -> Self:
        return type(self)(self.days & other.days, max(self.start, other.start), min(self.end, other.end))

    def __bool__(self) -> bool:
        return bool(self.days) and self.start < self.end


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody may be disturbed, by their own clock.

    holidays   of which countries or regions ("US", "US-OK") a public holiday is closed all day
    """

    name: str
    windows: tuple[Window, ...]
    holidays: frozenset[str] = frozenset()

    def __and__(self, other: Self) -> Self:
        """Open where both are."""
        if self == other:
            return self
        windows = tuple(both for mine in self.windows for theirs in other.windows if (both := mine & theirs))
        names = dict.fromkeys(self.name.split(_AND) + other.name.split(_AND))
        return type(self)(_AND.join(names), windows, self.holidays | other.holidays)

    def on(self, day: int) -> Iterator[Stretch]:
        """What is open on a local day (counted from 1970), in seconds since its midnight."""
        today = date.fromordinal(_EPOCH + day)
        if any(today in _public_holidays(place, today.year) for place in self.holidays):
            return
        for window in self.windows:
            if today.weekday() in window.days:
                yield window.start * _MINUTE, window.end * _MINUTE


def open_in_all(hours: Hours, zones: frozenset[str], at: datetime, reserve: timedelta = NO_RESERVE) -> bool:
    """Whether they are open in every one of the zones now, and stay so for longer than `reserve`.

    No zone at all is nowhere, and nowhere is never open.
    """
    since = _seconds(at)
    return _stays_open(hours, zones, since, since + reserve.total_seconds())


def next_open(
    hours: Hours, zones: frozenset[str], at: datetime, reserve: timedelta = NO_RESERVE
) -> datetime | None:
    """The first instant from `at` on that open_in_all is true of; None when there is none within DAYS_AHEAD."""
    since = _seconds(at)
    last = since + DAYS_AHEAD * _DAY
    for begin, end in _stretches(hours, zones, since, last):
        first = max(begin, since)
        if (
            first < end
            and first <= last
            and _stays_open(hours, zones, first, first + reserve.total_seconds())
        ):
            return at.astimezone(UTC) if first == since else datetime.fromtimestamp(first, UTC)
    return None


def closes(hours: Hours, zones: frozenset[str], at: datetime, within: timedelta) -> datetime | None:
    """The first instant from `at` on that is not open everywhere; None when there is none for so long."""
    now = _seconds(at)
    last = now + within.total_seconds()
    while now <= last:
        end = _open_to(hours, zones, now)
        if end is None:
            return datetime.fromtimestamp(now, UTC)
        now = end
    return None


def _seconds(at: datetime) -> float:
    if at.tzinfo is None:
        raise ValueError("a time without a zone is no instant")
    return at.timestamp()


def _stretches(hours: Hours, zones: frozenset[str], since: float, last: float) -> Iterator[Stretch]:
    for day in range(int(since // _DAY), int(last // _DAY) + 1):
        yield from _open_on(hours, zones, day)


def _stays_open(hours: Hours, zones: frozenset[str], since: float, last: float) -> bool:
    """Whether every instant of [since, last] is open; a stretch ends at UTC midnight and goes on in the next day's."""
    while since <= last:
        end = _open_to(hours, zones, since)
        if end is None:
            return False
        since = end
    return True


def _open_to(hours: Hours, zones: frozenset[str], now: float) -> float | None:
    """To when the day's stretch goes that `now` is in; None when it is closed."""
    today = _open_on(hours, zones, int(now // _DAY))
    return next((end for begin, end in today if begin <= now < end), None)


@lru_cache(maxsize=8192)
def _open_on(hours: Hours, zones: frozenset[str], day: int) -> tuple[Stretch, ...]:
    """The stretches of a UTC day that are open in all zones."""
    if not zones:
        return ()
    common: Sequence[Stretch] = [(day * _DAY, (day + 1) * _DAY)]
    for zone in zones:
        common = list(_common(common, _joined(_open_in(hours, zone_names.clock(zone), day))))
    return tuple(common)


def _open_in(hours: Hours, clock: ZoneInfo, day: int) -> Iterator[Stretch]:
    for begin, end, offset in _steady(clock, day * _DAY, (day + 1) * _DAY):
        for local_day in range((begin + offset) // _DAY, (end + offset - 1) // _DAY + 1):
            midnight = local_day * _DAY - offset
            for opens, closes in hours.on(local_day):
                yield max(begin, midnight + opens), min(end, midnight + closes)


def _steady(clock: ZoneInfo, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The parts of a day in which the clock's offset stays the same. No zone changes twice within one."""
    before, after = _offset(clock, begin), _offset(clock, end - 1)
    if before == after:
        yield begin, end, before
        return
    change = _change(clock, begin, end - 1)
    yield begin, change, before
    yield change, end, after


def _change(clock: ZoneInfo, before: int, after: int) -> int:
    """The first second with the offset that `after` has, by halving."""
    new = _offset(clock, after)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(clock, middle) == new:
            after = middle
        else:
            before = middle
    return after


def _offset(clock: ZoneInfo, seconds: int) -> int:
    """Seconds east of UTC."""
    return timegm(datetime.fromtimestamp(seconds, clock).timetuple()) - seconds


def _joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Sorted, without empty ones; those that touch or overlap as one."""
    joined: list[Stretch] = []
    for begin, end in sorted(stretch for stretch in stretches if stretch[0] < stretch[1]):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


def _common(these: Iterable[Stretch], those: Sequence[Stretch]) -> Iterator[Stretch]:
    for begin, end in these:
        for other_begin, other_end in those:
            if max(begin, other_begin) < min(end, other_end):
                yield max(begin, other_begin), min(end, other_end)


def has_holidays(place: str) -> bool:
    """Whether the holidays of a country ("US") or region ("US-OK") are known."""
    import holidays  # noqa: PLC0415 - 70 ms, where hours are kept at all

    country, _, subdivision = place.partition("-")
    known = holidays.list_supported_countries()
    return country in known and (not subdivision or subdivision in known[country])


@lru_cache(maxsize=1024)
def _public_holidays(place: str, year: int) -> frozenset[date]:
    """Those observed instead of one on a weekend included."""
    import holidays  # noqa: PLC0415 - see has_holidays

    country, _, subdivision = place.partition("-")
    return frozenset(holidays.country_holidays(country, subdivision or None, years=year))
