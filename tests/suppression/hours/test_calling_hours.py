"""What rule 12 will ask: may this number be called or texted now, and if not, when?"""

from datetime import UTC, datetime, timedelta

import pytest

from suppression.calling_hours import ClosedUntil, NeverOpen, Open, ZoneUnknown, hours_for, judge
from suppression.hours_presets import Presets

PRESETS = Presets.shipped()
BY_STATE = Presets.from_toml('[countries]\nUS = "us-federal-and-states"')
NEW_YORK, CHICAGO, KOLKATA = "America/New_York", "America/Chicago", "Asia/Kolkata"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# A Tuesday in November (Chicago UTC-6, New York UTC-5): when the strict US hours open, and close, for a number.
@pytest.mark.parametrize(
    ("number", "opens", "closes"),
    [
        ("+12125550100", "14:00", "01:00"),  # New York
        ("+12195550100", "15:00", "01:00"),  # Gary, Indiana: not before Chicago opens
        ("+18505550100", "15:00", "01:00"),
        ("+14485550100", "15:00", "01:00"),  # the overlay of 850
        ("+14235550100", "15:00", "01:00"),  # Chattanooga: not after New York closes
        ("+16055550100", "16:00", "02:00"),
        ("+12085550100", "17:00", "03:00"),
        ("+19285550100", "16:00", "03:00"),
        ("+19075550100", "19:00", "05:00"),
    ],
)
def test_a_number_is_called_when_all_of_its_area_is_open(number: str, opens: str, closes: str) -> None:
    open_at = utc(f"2026-11-24T{opens}")
    before = judge("voice", number, open_at - timedelta(seconds=1), marketing=True, presets=PRESETS)
    assert isinstance(before, ClosedUntil)
    assert before.until == open_at
    close_at = utc(f"2026-11-25T{closes}")
    last = judge("voice", number, close_at - timedelta(seconds=1), marketing=True, presets=PRESETS)
    assert isinstance(last, Open)
    closed = judge("voice", number, close_at, marketing=True, presets=PRESETS)
    assert isinstance(closed, ClosedUntil)
    assert closed.until == utc(f"2026-11-25T{opens}")


@pytest.mark.parametrize("number", ["+18005551212", "+15005550006", "+447700900123", "+80012345678"])
@pytest.mark.parametrize("marketing", [True, False])
def test_a_number_that_may_be_anywhere_is_not_called(*, number: str, marketing: bool) -> None:
    """Not even at the half hour at which all 42 zones of North America are open."""
    noon = utc("2026-11-24T22:15")
    assert judge("voice", number, noon, marketing=marketing, presets=PRESETS) == ZoneUnknown()


def test_a_toll_free_number_is_called_by_the_zone_that_is_known() -> None:
    known = frozenset({CHICAGO})
    found = judge(
        "voice", "+18005551212", utc("2026-11-24T15:00"), marketing=True, presets=PRESETS, known_zones=known
    )
    assert found == Open("us-strict", known)


def test_a_known_zone_is_added_for_marketing() -> None:
    """Somebody in Chicago with a number of New York: both must be open."""
    at = utc("2026-11-24T14:30")
    known = frozenset({CHICAGO})
    found = judge("voice", "+12125550100", at, marketing=True, presets=PRESETS, known_zones=known)
    assert found == ClosedUntil(utc("2026-11-24T15:00"), "us-strict", frozenset({CHICAGO, NEW_YORK}))


def test_a_known_zone_replaces_those_of_the_number_for_the_rest() -> None:
    """After New York has closed, a service call goes to where somebody is known to be."""
    at = utc("2026-11-25T01:30")
    known = frozenset({CHICAGO})
    found = judge("voice", "+12125550100", at, marketing=False, presets=PRESETS, known_zones=known)
    assert found == Open("us-strict", known)


@pytest.mark.parametrize("marketing", [True, False])
def test_a_known_zone_that_is_none_is_no_zone_to_call_by(*, marketing: bool) -> None:
    at = utc("2026-11-24T18:00")
    for name in ("Mars/Base", "UTC"):
        known = frozenset({name, NEW_YORK})
        found = judge("voice", "+12125550100", at, marketing=marketing, presets=PRESETS, known_zones=known)
        assert found == ZoneUnknown()


def test_an_older_name_of_a_known_zone_is_understood() -> None:
    known = frozenset({"Asia/Calcutta"})
    at = utc("2026-11-24T04:29")
    found = judge("sms", "+919876543210", at, marketing=True, presets=PRESETS, known_zones=known)
    assert found == ClosedUntil(utc("2026-11-24T04:30"), "in", frozenset({KOLKATA}))


def test_zones_that_are_never_open_together_are_told_apart_from_unknown_ones() -> None:
    known = frozenset({"Pacific/Auckland"})
    at = utc("2026-11-24T12:00")
    found = judge("voice", "+442079460123", at, marketing=True, presets=PRESETS, known_zones=known)
    assert isinstance(found, NeverOpen)
    assert found.zones == {"Europe/London", "Pacific/Auckland"}


def test_a_call_must_end_within_the_hours() -> None:
    at = utc("2026-11-25T00:58")
    assert isinstance(judge("voice", "+12125550100", at, marketing=True, presets=PRESETS), Open)
    found = judge("voice", "+12125550100", at, marketing=True, presets=PRESETS, reserve=timedelta(minutes=2))
    assert found == ClosedUntil(utc("2026-11-25T14:00"), "us-strict", frozenset({NEW_YORK}))


def test_federal_holidays_and_sunday_mornings_are_closed_in_the_strict_preset() -> None:
    thanksgiving = judge("voice", "+12125550100", utc("2026-11-26T18:00"), marketing=True, presets=PRESETS)
    assert thanksgiving == ClosedUntil(utc("2026-11-27T14:00"), "us-strict", frozenset({NEW_YORK}))
    sunday = judge("voice", "+12125550100", utc("2026-11-29T15:00"), marketing=True, presets=PRESETS)
    assert sunday == ClosedUntil(utc("2026-11-29T17:00"), "us-strict", frozenset({NEW_YORK}))


@pytest.mark.parametrize(
    ("number", "country", "zones", "name"),
    [
        ("+12125550100", None, [], "us-federal-and-states"),
        ("+13055550100", None, [], "us-federal-and-states and us-until-20"),
        ("+12145550100", None, [], "us-federal-and-states and us-tx"),
        ("+12125550100", "US-FL", [], "us-federal-and-states and us-until-20"),
        ("+13055550100", "US", [NEW_YORK], "us-federal-and-states and us-until-20"),
        ("+12125550100", "in", [], "in and us-federal-and-states"),
        ("+12125550100", None, ["Asia/Calcutta"], "in and us-federal-and-states"),
        ("+919876543210", None, [KOLKATA], "in"),
        ("+18005551212", None, [], "elsewhere"),
        ("+81312345678", None, [], "elsewhere"),
    ],
)
def test_the_strictest_hours_hold_of_where_the_number_is_from_and_where_its_owner_is_known_to_be(
    number: str, country: str | None, zones: list[str], name: str
) -> None:
    hours = hours_for("voice", number, known_country=country, known_zones=frozenset(zones), presets=BY_STATE)
    assert hours.name == name


def test_in_florida_calls_end_an_hour_before_the_federal_end() -> None:
    at = utc("2026-11-25T01:30")  # half past eight in the evening
    assert isinstance(judge("sms", "+12125550100", at, marketing=True, presets=BY_STATE), Open)
    assert isinstance(judge("sms", "+13055550100", at, marketing=True, presets=BY_STATE), ClosedUntil)
    moved = judge("sms", "+12125550100", at, marketing=True, presets=BY_STATE, known_country="US-FL")
    assert isinstance(moved, ClosedUntil)
