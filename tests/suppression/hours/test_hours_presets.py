"""The shipped presets, and tables that extend them."""

import pytest

from suppression.errors import ConfigurationError
from suppression.hours_presets import CHANNELS, OWN, Presets
from suppression.open_hours import Hours, has_holidays

SHIPPED = Presets.shipped()


def week(hours: Hours) -> list[str]:
    """A line for each weekday, as a lawyer would write it."""
    return [
        ", ".join(
            f"{window.start // 60}:{window.start % 60:02}-{window.end // 60}:{window.end % 60:02}"
            for window in hours.windows
            if day in window.days
        )
        for day in range(7)
    ]


@pytest.mark.parametrize(
    ("preset", "weekday", "saturday", "sunday"),
    [
        ("us-federal", "8:00-21:00", "8:00-21:00", "8:00-21:00"),
        ("us-strict", "9:00-20:00", "9:00-20:00", "12:00-20:00"),
        ("us-tx", "9:00-21:00", "9:00-21:00", "12:00-21:00"),
        ("us-until-20", "8:00-20:00", "8:00-20:00", "8:00-20:00"),
        ("in", "10:00-20:00", "10:00-20:00", "10:00-20:00"),
        ("uk", "9:00-20:00", "9:00-20:00", ""),
        ("ca", "9:00-20:00", "10:00-18:00", "10:00-18:00"),
        ("fr", "10:00-13:00, 14:00-20:00", "", ""),
        ("any", "0:00-24:00", "0:00-24:00", "0:00-24:00"),
    ],
)
def test_the_shipped_hours(preset: str, weekday: str, saturday: str, sunday: str) -> None:
    assert week(SHIPPED.presets[preset].hours) == [*[weekday] * 5, saturday, sunday]


@pytest.mark.parametrize("state", ["US-FL", "US-OK", "US-WA", "US-MD", "US-OR", "US-TX"])
def test_the_strict_preset_is_within_the_hours_of_every_state_that_has_its_own(state: str) -> None:
    by_state = Presets.from_toml('[countries]\nUS = "us-federal-and-states"').hours("voice", state)
    strict = SHIPPED.hours("voice", "US")
    assert week(strict & by_state) == week(strict)


def test_the_holidays_of_all_shipped_presets_are_known() -> None:
    named = {place for preset in SHIPPED.presets.values() for place in preset.hours.holidays} - {OWN}
    of_their_own = {
        country
        for country, names in SHIPPED.countries.items()
        if OWN in SHIPPED.presets[names["voice"]].hours.holidays
    }
    assert [place for place in sorted(named | of_their_own) if not has_holidays(place)] == []


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_preset_with_own_holidays_keeps_those_of_the_country_it_is_used_for(channel: str) -> None:
    assert SHIPPED.hours(channel, "DE").holidays == {"DE"}
    assert SHIPPED.hours(channel, "JP").holidays == {"JP"}
    assert SHIPPED.hours(channel, "XX").holidays == frozenset()
    assert SHIPPED.hours(channel, "").holidays == frozenset()


def test_texts_and_calls_may_have_presets_of_their_own() -> None:
    presets = Presets.from_toml('[countries]\nUS = { sms = "us-federal", voice = "us-strict" }')
    assert presets.hours("sms", "US-NY").name == "us-federal"
    assert presets.hours("voice", "US-NY").name == "us-strict"
    assert presets.hours("voice", "GB").name == "uk"


def test_a_company_adds_presets_and_changes_shipped_ones() -> None:
    presets = Presets.from_toml(
        """
        elsewhere = "mornings"
        [presets.mornings]
        windows = ["Mon-Fri 09:00-12:00", "Sat,Sun 10:30-12:00"]
        holidays = ["GB", "own"]
        [presets.uk]
        windows = ["Mon 09:00-10:00"]
        """
    )
    assert week(presets.hours("sms", "JP")) == [*["9:00-12:00"] * 5, *["10:30-12:00"] * 2]
    assert presets.hours("sms", "JP").holidays == {"GB", "JP"}
    assert week(presets.hours("sms", "GB")) == ["9:00-10:00", *[""] * 6]


def test_all_problems_of_a_table_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Presets.from_toml(
            """
            colour = "red"
            elsewhere = "nowhere"
            [presets.Night]
            windows = ["daily 22:00-06:00", "Fri-Mon 09:00-10:00", "Mon 9-10", "Mon 09:00-24:30", 7]
            holidays = "Atlantis"
            sound = true
            [presets.none]
            [presets.odd]
            windows = ["daily 09:00-10:00"]
            holidays = 3
            regions = { Florida = "us-ok", US-TX = "tx" }
            [countries]
            Germany = "eu-default"
            DE = "eu"
            FR = { sms = "fr" }
            IT = { sms = "fr", voice = "it" }
            """
        )
    assert str(caught.value).splitlines() == [
        "the calling hours cannot be used:",
        "  unknown key 'colour'",
        "  presets.Night: a name is 1 to 64 of a-z, 0-9 and -",
        "  presets.Night: unknown key 'sound'",
        "  presets.Night: 'daily 22:00-06:00' must end after it starts, at 24:00 at the latest",
        "  presets.Night: 'Fri-Mon 09:00-10:00' must name days in the order of the week, from Monday",
        "  presets.Night: 'Mon 9-10' is no window like \"Mon-Sat 09:00-20:00\"",
        "  presets.Night: 'Mon 09:00-24:30' must end after it starts, at 24:00 at the latest",
        '  presets.Night: 7 is no window like "Mon-Sat 09:00-20:00"',
        "  presets.Night: no holidays are known of 'Atlantis'",
        "  presets.none: `windows` must be a list of at least one",
        "  presets.odd.regions: 'Florida' is no region (ISO 3166-2, like US-FL)",
        '  presets.odd: `holidays` must be a country, a list of them, or "own"',
        "  presets.odd.regions.US-TX: there is no preset 'tx'",
        "  countries.Germany: must be a country (ISO 3166, like GB)",
        "  countries.DE: there is no preset 'eu'",
        "  countries.FR: must be a preset's name, or one for each of sms, voice",
        "  countries.IT.voice: there is no preset 'it'",
        "  elsewhere: there is no preset 'nowhere'",
    ]


@pytest.mark.parametrize("text", ["presets = 3", "countries = []", "[presets]\nuk = 1", "presets ="])
def test_what_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"must be a table|no TOML"):
        Presets.from_toml(text)
