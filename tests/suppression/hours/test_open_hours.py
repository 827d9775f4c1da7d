"""Hours in several zones at once: clocks that jump and turn back, ends of days and years, holidays."""

from datetime import UTC, datetime, timedelta

import pytest

from suppression import zone_names
from suppression.open_hours import Hours, Window, closes, has_holidays, next_open, open_in_all

DAILY = frozenset(range(7))
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def daily(start: str, end: str, *holidays: str) -> Hours:
    return Hours(f"{start}-{end}", (Window(DAILY, minutes(start), minutes(end)),), frozenset(holidays))


def minutes(text: str) -> int:
    hours, _, rest = text.partition(":")
    return int(hours) * 60 + int(rest)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def zones(*names: str) -> frozenset[str]:
    return frozenset(names)


BERLIN, NEW_YORK, LORD_HOWE = zones("Europe/Berlin"), zones("America/New_York"), zones("Australia/Lord_Howe")
BEIRUT = zones("Asia/Beirut")
KATHMANDU, KOLKATA = zones("Asia/Kathmandu"), zones("Asia/Kolkata")

# hours, zones, UTC, open?
BOUNDARIES = [
    ("09:00", "20:00", KOLKATA, "2026-11-24T03:29:59.999999", False),
    ("09:00", "20:00", KOLKATA, "2026-11-24T03:30:00", True),
    ("09:00", "20:00", KOLKATA, "2026-11-24T14:29:59.999999", True),
    ("09:00", "20:00", KOLKATA, "2026-11-24T14:30:00", False),
    ("09:00", "20:00", KATHMANDU, "2026-11-24T03:14:59", False),
    ("09:00", "20:00", KATHMANDU, "2026-11-24T03:15:00", True),
    ("20:00", "24:00", BERLIN, "2026-11-24T22:59:59", True),
    ("20:00", "24:00", BERLIN, "2026-11-24T23:00:00", False),
    ("00:00", "24:00", BERLIN, "2026-11-24T23:00:00", True),
]


@pytest.mark.parametrize(("start", "end", "where", "at", "is_open"), BOUNDARIES)
def test_the_start_is_within_and_the_end_is_not(
    *, start: str, end: str, where: frozenset[str], at: str, is_open: bool
) -> None:
    assert open_in_all(daily(start, end), where, utc(at)) is is_open


# On 2026-03-29 Berlin jumps from 2:00 to 3:00 (1:00 UTC); on 2026-10-25 it turns back from 3:00 to 2:00 (1:00 UTC).
# Lord Howe turns back half an hour on 2026-04-04 at 15:00 UTC (2:00 to 1:30), forward on 2026-10-03 at 15:30 UTC.
CLOCKS = [
    ("02:30", "05:00", BERLIN, "2026-03-29T00:59", "2026-03-29T01:00"),  # 2:30 does not exist: opens at 3:00
    ("02:00", "03:00", BERLIN, "2026-03-29T00:30", "2026-03-30T00:00"),  # nor does the whole window
    ("01:00", "02:30", BERLIN, "2026-03-29T00:30", "2026-03-29T00:30"),
    ("02:30", "05:00", BERLIN, "2026-10-25T00:00", "2026-10-25T00:30"),  # the first 2:30
    ("02:30", "05:00", BERLIN, "2026-10-25T01:00", "2026-10-25T01:30"),  # 2:00 again: closed until 2:30 again
    ("01:00", "02:30", BERLIN, "2026-10-25T00:30", "2026-10-25T01:00"),  # closed at 2:30, open at 2:00 again
    ("01:45", "03:00", LORD_HOWE, "2026-04-04T15:00", "2026-04-04T15:15"),  # 1:30 again
    ("02:10", "03:00", LORD_HOWE, "2026-10-03T15:29", "2026-10-03T15:30"),  # 2:00 is 2:30
    (
        "23:15",
        "23:30",
        BEIRUT,
        "2026-10-24T20:30",
        "2026-10-24T21:15",
    ),  # midnight is 23:00 of the same day again
    (
        "00:00",
        "00:30",
        zones("Africa/Cairo"),
        "2026-04-23T21:59",
        "2026-04-24T21:00",
    ),  # midnight is 1:00: no 0:00
    ("09:00", "20:00", NEW_YORK, "2026-03-08T01:00", "2026-03-08T13:00"),
    ("09:00", "20:00", NEW_YORK, "2026-11-01T00:30", "2026-11-01T14:00"),
]


@pytest.mark.parametrize(("start", "end", "where", "at", "opens"), CLOCKS)
def test_clocks_that_jump_and_turn_back(
    start: str, end: str, where: frozenset[str], at: str, opens: str
) -> None:
    assert next_open(daily(start, end), where, utc(at)) == utc(opens)


def test_hours_are_open_only_where_they_are_in_every_zone() -> None:
    coasts = zones("America/New_York", "America/Los_Angeles")
    assert next_open(daily("9:00", "20:00"), coasts, utc("2026-11-24T06:00")) == utc("2026-11-24T17:00")
    assert open_in_all(daily("9:00", "20:00"), coasts, utc("2026-11-25T00:59"))
    assert next_open(daily("9:00", "20:00"), coasts, utc("2026-11-25T01:00")) == utc("2026-11-25T17:00")


def test_zones_too_far_apart_never_open_together() -> None:
    apart = zones("Pacific/Honolulu", "Europe/Berlin")
    assert next_open(daily("9:00", "19:00"), apart, utc("2026-11-24T12:00")) is None


def test_no_zone_at_all_is_never_open() -> None:
    assert not open_in_all(daily("00:00", "24:00"), frozenset(), utc("2026-11-24T12:00"))
    assert next_open(daily("00:00", "24:00"), frozenset(), utc("2026-11-24T12:00")) is None


def test_an_instant_that_is_open_is_its_own_next_one_in_utc() -> None:
    at = datetime(2026, 11, 24, 12, 0, 0, 123457, tzinfo=zone_names.clock("Europe/Berlin"))
    assert (found := next_open(daily("9:00", "20:00"), BERLIN, at)) == at
    assert found is not None
    assert found.tzinfo is UTC


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no instant"):
        open_in_all(daily("9:00", "20:00"), BERLIN, datetime(2026, 11, 24))  # noqa: DTZ001 - the point


def test_a_reserve_must_pass_before_the_end_too() -> None:
    hours, reserve = daily("9:00", "20:00"), 10 * MINUTE
    assert open_in_all(hours, BERLIN, utc("2026-11-24T18:49:59"), reserve)
    assert not open_in_all(hours, BERLIN, utc("2026-11-24T18:50"), reserve)
    assert next_open(hours, BERLIN, utc("2026-11-24T18:50"), reserve) == utc("2026-11-25T08:00")


def test_a_reserve_goes_on_where_one_day_follows_the_other() -> None:
    assert open_in_all(daily("00:00", "24:00"), BERLIN, utc("2026-11-24T22:55"), 2 * DAY)
    assert open_in_all(daily("00:00", "24:00"), BERLIN, utc("2026-11-24T23:55"), HOUR)


def test_a_reserve_longer_than_the_hours_never_fits() -> None:
    assert next_open(daily("9:00", "10:00"), BERLIN, utc("2026-11-24T00:00"), HOUR) is None


def test_hours_of_one_weekday_are_found_a_week_on() -> None:
    sundays = Hours("sundays", (Window(frozenset({6}), minutes("12:00"), minutes("20:00")),))
    assert next_open(sundays, BERLIN, utc("2026-11-22T19:00")) == utc("2026-11-29T11:00")


def test_hours_without_a_window_never_open() -> None:
    assert next_open(Hours("never", ()), BERLIN, utc("2026-11-22T00:00")) is None


@pytest.mark.parametrize(
    ("day", "place"),
    [
        ("2026-11-26", "US"),  # Thanksgiving
        ("2026-07-03", "US"),  # observed for Saturday the 4th
        ("2027-12-31", "US"),  # observed for New Year's Day of the next year
        ("2027-01-01", "US"),
        ("2026-12-25", "GB"),
    ],
)
def test_on_a_public_holiday_nothing_is_open(day: str, place: str) -> None:
    noon = utc(f"{day}T17:00")
    assert open_in_all(daily("9:00", "20:00"), NEW_YORK, noon)
    assert not open_in_all(daily("9:00", "20:00", place), NEW_YORK, noon)


def test_a_holiday_is_the_local_day_in_each_zone() -> None:
    """Fri 2027-01-01 is over in New York and not yet in Honolulu."""
    hours = daily("00:00", "24:00", "US")
    at = utc("2027-01-02T06:00")
    assert open_in_all(hours, NEW_YORK, at)
    assert not open_in_all(hours, zones("America/New_York", "Pacific/Honolulu"), at)
    assert next_open(hours, zones("America/New_York", "Pacific/Honolulu"), at) == utc("2027-01-02T10:00")


def test_a_year_ends_at_local_midnight() -> None:
    hours = daily("00:00", "24:00", "US")
    assert open_in_all(hours, NEW_YORK, utc("2027-01-01T04:59:59"))
    assert not open_in_all(hours, NEW_YORK, utc("2027-01-01T05:00"))


def test_it_is_known_of_which_places_holidays_are_known() -> None:
    assert [has_holidays(place) for place in ("US", "US-OK", "GB", "US-ZZ", "XX", "")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip


def test_two_sets_of_hours_are_open_together_where_both_are() -> None:
    both = daily("9:00", "19:00", "US") & Hours(
        "with a pause",
        (Window(frozenset({0, 1}), 600, 780), Window(frozenset({1, 2}), 840, 1200)),
        frozenset({"GB"}),
    )
    assert both.windows == (Window(frozenset({0, 1}), 600, 780), Window(frozenset({1, 2}), 840, 1140))
    assert both.holidays == {"US", "GB"}


def test_what_is_open_closes_at_the_end_of_its_hours() -> None:
    hours = daily("9:00", "20:00")
    assert closes(hours, BERLIN, utc("2026-11-24T12:00"), 10 * HOUR) == utc("2026-11-24T19:00")
    assert closes(hours, BERLIN, utc("2026-11-24T12:00"), HOUR) is None
    coasts = zones("America/New_York", "America/Los_Angeles")
    assert closes(hours, coasts, utc("2026-11-24T18:00"), 10 * HOUR) == utc("2026-11-25T01:00")


def test_what_is_closed_closes_at_once_and_what_never_closes_never() -> None:
    closed = utc("2026-11-24T03:00")
    assert closes(daily("9:00", "20:00"), BERLIN, closed, HOUR) == closed
    assert closes(daily("00:00", "24:00"), BERLIN, closed, 3 * DAY) is None
