"""The shipped hours against the table that they were made from: RULES.md 3, row by row."""

from datetime import date, datetime, timedelta
from importlib import resources
from zoneinfo import ZoneInfo

import pytest

from suppression.hours_presets import CHANNELS, Presets
from suppression.open_hours import Hours, open_in_all

STRICT = Presets.shipped()
BY_STATE = Presets.from_toml('[countries]\nUS = "us-federal-and-states"')
FEDERAL = Presets.from_toml('[countries]\nUS = "us-federal"')
# No holiday anywhere: Monday to Sunday.
WEEK = [date(2026, 11, 2 + day) for day in range(7)]
DAILY = "Mon Tue Wed Thu Fri Sat Sun"
WEEKDAYS = "Mon Tue Wed Thu Fri Sat"

# (row of RULES.md 3, presets, where, a zone of it, [(days, first hour open, first hour closed again)])
ROWS = [
    ("Federal hours", FEDERAL, "US-NY", "America/New_York", [(DAILY, 8, 21)]),
    ("Florida", BY_STATE, "US-FL", "America/New_York", [(DAILY, 8, 20)]),
    ("Oklahoma", BY_STATE, "US-OK", "America/Chicago", [(DAILY, 8, 20)]),
    ("Washington", BY_STATE, "US-WA", "America/Los_Angeles", [(DAILY, 8, 20)]),
    ("Maryland", BY_STATE, "US-MD", "America/New_York", [(DAILY, 8, 20)]),
    ("Oregon", BY_STATE, "US-OR", "America/Los_Angeles", [(DAILY, 8, 20)]),
    ("Texas", BY_STATE, "US-TX", "America/Chicago", [(WEEKDAYS, 9, 21), ("Sun", 12, 21)]),
    ("Federal hours", BY_STATE, "US-NY", "America/New_York", [(DAILY, 8, 21)]),
    ("Safe national default", STRICT, "US-NY", "America/New_York", [(WEEKDAYS, 9, 20), ("Sun", 12, 20)]),
    ("India hours", STRICT, "IN", "Asia/Kolkata", [(DAILY, 10, 20)]),
]


def open_minutes(hours: Hours, zone: str, day: date) -> list[int]:
    """The minutes of a local day that are open, asked one by one."""
    begin = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    minutes = (begin + timedelta(minutes=minute) for minute in range(24 * 60))
    return [at.hour * 60 + at.minute for at in minutes if open_in_all(hours, frozenset({zone}), at)]


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    ("row", "presets", "region", "zone", "windows"), ROWS, ids=[f"{row[0]}-{row[2]}" for row in ROWS]
)
def test_the_shipped_hours_are_those_of_their_row(
    channel: str, row: str, presets: Presets, region: str, zone: str, windows: list[tuple[str, int, int]]
) -> None:
    hours = presets.hours(channel, region)
    expected = {day: (start * 60, end * 60) for days, start, end in windows for day in days.split()}

    for name, day in zip(DAILY.split(), WEEK, strict=True):
        start, end = expected[name]
        assert open_minutes(hours, zone, day) == list(range(start, end)), (row, name)


def test_the_safe_default_is_closed_on_federal_holidays_and_oklahoma_on_its_own() -> None:
    thanksgiving = date(2026, 11, 26)

    assert open_minutes(STRICT.hours("voice", "US-NY"), "America/New_York", thanksgiving) == []
    assert open_minutes(BY_STATE.hours("voice", "US-OK"), "America/Chicago", thanksgiving) == []


def test_what_has_no_row_says_that_it_is_unverified() -> None:
    text = resources.files("suppression").joinpath("calling_hours.toml").read_text("utf-8")
    above = {block.partition("]")[0]: said for said, block in zip(*_blocks(text), strict=True)}

    assert {name for name, said in above.items() if "Unverified" in said} == {
        "ca",
        "uk",
        "au",
        "eu-default",
        "fr",
    }


def _blocks(text: str) -> tuple[list[str], list[str]]:
    """The comment above each preset, and the preset."""
    first, *blocks = text.split("\n[presets.")
    return [before.rpartition("\n\n")[2] for before in (first, *blocks[:-1])], blocks
