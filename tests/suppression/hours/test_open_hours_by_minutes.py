"""Hours in several zones, against a reference that asks the wall clocks of every minute."""

from datetime import UTC, date, datetime, timedelta
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from suppression import zone_names
from suppression.open_hours import Hours, Window, next_open, open_in_all

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

ZONES = [
    "America/New_York",
    "America/Havana",
    "America/St_Johns",
    "America/Santiago",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Berlin",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Honolulu",
    "Antarctica/Troll",
]


@cache
def changes() -> list[datetime]:
    """Hours of 2026 within which some zone's clock changes, and New Year's."""
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + HOUR * n for n in range(365 * 24)]
    found = {hours[0]}
    for clock in map(zone_names.clock, ZONES):
        offsets = [at.astimezone(clock).utcoffset() for at in hours]
        found.update(at for at, one, next_ in zip(hours, offsets, offsets[1:], strict=False) if one != next_)
    return sorted(found)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start = draw(st.integers(0, 1439))
    return Window(
        draw(st.frozensets(st.integers(0, 6), min_size=1)), start, draw(st.integers(start + 1, 1440))
    )


any_hours = st.builds(
    Hours,
    name=st.just("any"),
    windows=st.lists(windows(), min_size=1, max_size=3).map(tuple),
    holidays=st.sampled_from([frozenset[str](), frozenset({"US"})]),
)
any_instant = st.builds(
    lambda change, away: change + away * MINUTE,
    st.deferred(lambda: st.sampled_from(changes())),
    st.integers(-36 * 60, 6 * 60),
)
any_zones = st.frozensets(st.sampled_from(ZONES), min_size=1, max_size=3)


def wall_clock_says_open(hours: Hours, where: frozenset[str], at: datetime) -> bool:
    return all(_open_by(hours, at.astimezone(zone_names.clock(zone))) for zone in where)


def _open_by(hours: Hours, local: datetime) -> bool:
    minute = local.hour * 60 + local.minute
    return not (hours.holidays and local.date() in federal_holidays()) and any(
        local.weekday() in window.days and window.start <= minute < window.end for window in hours.windows
    )


@cache
def federal_holidays() -> frozenset[date]:
    import holidays

    return frozenset(holidays.country_holidays("US", years=range(2025, 2028)))


@settings(max_examples=60, deadline=None)
@given(hours=any_hours, where=any_zones, at=any_instant)
def test_the_next_opening_is_open_and_nothing_before_it_is(
    hours: Hours, where: frozenset[str], at: datetime
) -> None:
    found = next_open(hours, where, at)
    horizon = min(found or at + 3 * DAY, at + 3 * DAY)
    span = int((horizon - at) / MINUTE)
    assert not any(wall_clock_says_open(hours, where, at + n * MINUTE) for n in range(span))
    if found is not None:
        assert wall_clock_says_open(hours, where, found)
        assert open_in_all(hours, where, found)


@settings(max_examples=60, deadline=None)
@given(hours=any_hours, where=any_zones, at=any_instant)
def test_being_open_is_what_the_wall_clocks_say(hours: Hours, where: frozenset[str], at: datetime) -> None:
    for n in range(0, 24 * 60, 17):
        moment = at + n * MINUTE
        assert open_in_all(hours, where, moment) is wall_clock_says_open(hours, where, moment)


@settings(max_examples=40, deadline=None)
@given(hours=any_hours, where=any_zones, at=any_instant, reserve=st.integers(1, 180))
def test_with_a_reserve_every_minute_of_it_is_open(
    hours: Hours, where: frozenset[str], at: datetime, reserve: int
) -> None:
    found = next_open(hours, where, at, reserve * MINUTE)
    if found is not None:
        assert all(wall_clock_says_open(hours, where, found + n * MINUTE) for n in range(reserve + 1))


@settings(max_examples=40, deadline=None)
@given(mine=any_hours, theirs=any_hours, where=any_zones, at=any_instant)
def test_hours_in_common_are_open_exactly_where_both_are(
    mine: Hours, theirs: Hours, where: frozenset[str], at: datetime
) -> None:
    both = open_in_all(mine, where, at) and open_in_all(theirs, where, at)
    assert open_in_all(mine & theirs, where, at) is both
