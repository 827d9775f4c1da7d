"""Every zone that a number may be in, and the region that it was given out in."""

import subprocess
import sys

import pytest
from phonenumbers.tzdata import TIMEZONE_DATA

from suppression import zone_names
from suppression.number_zones import _area_codes, corrected, region_of, zones_of
from tests.suppression.hours import area_codes

NEW_YORK, CHICAGO, DENVER = "America/New_York", "America/Chicago", "America/Denver"
LOS_ANGELES, EDMONTON, WINNIPEG = "America/Los_Angeles", "America/Edmonton", "America/Winnipeg"
HALIFAX, TORONTO = "America/Halifax", "America/Toronto"

# Area codes on both sides of a zone's border, with the zones that libphonenumber misses for some of their numbers.
UNIONS = {
    "219 574 606 906": {NEW_YORK, CHICAGO},
    "850 448": {NEW_YORK, CHICAGO},
    "812 930": {NEW_YORK, CHICAGO},
    "270 364": {NEW_YORK, CHICAGO},
    "423 931": {NEW_YORK, CHICAGO},
    "308 620 785 605 701": {CHICAGO, DENVER},
    "541 458": {LOS_ANGELES, DENVER},
    "208 986": {LOS_ANGELES, DENVER, "America/Boise"},
    "775": {LOS_ANGELES, DENVER, "America/Boise"},
    "928": {"America/Phoenix", DENVER},
    "907": {"America/Anchorage", "America/Adak", "America/Juneau", "Pacific/Honolulu"},
    "250 778 236 672 257": {"America/Vancouver", EDMONTON},
    "807": {TORONTO, WINNIPEG},
    "867": {"America/Vancouver", "America/Whitehorse", EDMONTON, WINNIPEG, TORONTO},
    "418 581 367": {TORONTO, HALIFAX},
    "306 639 474": {"America/Regina", WINNIPEG, EDMONTON},
    "709 879": {"America/St_Johns", HALIFAX},
}
CODES = [(code, zones) for codes, zones in UNIONS.items() for code in codes.split()]


def test_the_shipped_table_is_the_one_made_of_todays_data() -> None:
    """When this fails after an upgrade of phonenumbers: python -m tests.suppression.hours.area_codes, and read it."""
    assert area_codes.TABLE.read_text("utf-8") == area_codes.table()


@pytest.mark.parametrize(("code", "zones"), CODES)
def test_an_area_code_has_the_zones_of_all_its_parts_and_overlays(code: str, zones: set[str]) -> None:
    assert zones <= zones_of(f"+1{code}5550100")


def test_a_code_of_one_zone_has_that_zone_alone() -> None:
    assert zones_of("+12125550100") == {NEW_YORK}
    assert zones_of("+16045550100") == {"America/Vancouver"}


def test_labrador_is_not_in_puerto_rico() -> None:
    assert zones_of("+18795550100") == {"America/St_Johns", HALIFAX}


@pytest.mark.parametrize(
    "number",
    [
        "+18005551212",  # toll-free
        "+18885551212",
        "+15005550006",  # personal
        "+19005551212",  # premium
        "+16005551212",  # Canada's non-geographic
        "+19995551212",  # no area code
        "+1212555010",  # too short
        "+80012345678",  # global toll-free
        "+883510001234",
        "+447700900123",  # in no numbering plan
        "+999123456789",
        "+",
        "",
    ],
)
def test_of_a_number_without_a_place_no_zone_is_known(number: str) -> None:
    assert zones_of(number) == frozenset()


@pytest.mark.parametrize(
    ("number", "zones"),
    [
        ("+919876543210", {"Asia/Kolkata"}),
        ("+9779841234567", {"Asia/Kathmandu"}),
        ("+442079460123", {"Europe/London"}),
        ("+4930901820", {"Europe/Berlin"}),
        ("+61236618300", {"Australia/Sydney", "Australia/Lord_Howe"}),
        ("+74012345678", {"Europe/Kaliningrad"}),
        ("+78452123456", {"Europe/Moscow", "Europe/Samara"}),
    ],
)
def test_outside_of_north_america_a_number_is_in_the_zones_of_its_area(number: str, zones: set[str]) -> None:
    assert zones_of(number) == zones


@pytest.mark.parametrize(
    ("number", "least"),
    [
        ("+61491570156", {"Australia/Perth", "Australia/Lord_Howe", "Indian/Cocos"}),
        ("+79161234567", {"Europe/Kaliningrad", "Asia/Kamchatka"}),
        ("+526141234567", {"America/Tijuana", "America/Mexico_City", "America/Cancun"}),
    ],
)
def test_numbers_that_move_are_in_every_zone_of_their_country(number: str, least: set[str]) -> None:
    assert least <= zones_of(number)


@pytest.mark.parametrize(
    ("number", "region"),
    [
        ("+12125550100", "US-NY"),
        ("+14485550100", "US-FL"),
        ("+17275550100", "US-FL"),
        ("+12025550100", "US-DC"),
        ("+12015550100", "US-NJ"),
        ("+15645550100", "US-WA"),
        ("+17875550100", "PR"),
        ("+16045550100", "CA"),
        ("+442079460123", "GB"),
        ("+919876543210", "IN"),
        ("+18005551212", None),
        ("+80012345678", None),
        ("+447700900123", None),
    ],
)
def test_a_number_was_given_out_in_a_region(number: str, region: str | None) -> None:
    assert region_of(number) == region


def test_every_zone_of_the_data_and_of_our_table_is_a_place_with_a_clock() -> None:
    named = {zone for zones in TIMEZONE_DATA.values() for zone in zones}
    assert {zone for zone in named if zone_names.canonical(zone) is None} == set()
    ours = {zone for place in _area_codes().values() for zone in place.zones}
    assert {zone_names.clock(zone).key for zone in ours} == ours == corrected("", ours)


def test_neither_numbers_nor_holidays_are_loaded_before_they_are_needed() -> None:
    """A gateway for mail alone, or for North America, does without them."""
    program = (
        "import sys; from suppression.calling_hours import judge; from suppression.number_zones import zones_of;"
        "zones_of('+12125550100'); print({'phonenumbers', 'holidays'} & sys.modules.keys())"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("set()\n", "")
