"""Zones by name: today's, older ones, and what is no place's."""

from datetime import UTC, datetime, timedelta

import pytest

from suppression import zone_names

RENAMED = {
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Katmandu": "Asia/Kathmandu",
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "US/Eastern": "America/New_York",
}


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_an_older_name_means_the_zone_of_today(old: str, new: str) -> None:
    assert zone_names.canonical(old) == zone_names.canonical(new) == new


@pytest.mark.parametrize(
    "name", ["", "UTC", "Etc/UTC", "Etc/GMT+5", "Etc/Unknown", "Factory", "Mars/Base", "../../etc/passwd"]
)
def test_what_no_place_lives_by_is_no_zone(name: str) -> None:
    assert zone_names.canonical(name) is None
    assert zone_names.country_of(name) is None


def test_a_zone_that_iana_merged_with_a_neighbours_keeps_its_country() -> None:
    assert zone_names.country_of("Europe/Stockholm") == "SE"
    assert zone_names.country_of("Asia/Calcutta") == "IN"


def test_clocks_are_those_of_the_tzdata_package_and_not_of_the_machine() -> None:
    """British Columbia left the change of clocks in 2026; data older than that has UTC-8 here."""
    winter = datetime(2026, 12, 1, tzinfo=UTC).astimezone(zone_names.clock("America/Vancouver"))
    assert winter.utcoffset() == timedelta(hours=-7)
