"""Which hours hold where: named presets, assigned to countries by channel. A table that settings may extend."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any, Self

from suppression.errors import ConfigurationError
from suppression.open_hours import Hours, has_holidays

CHANNELS = ("sms", "voice")  # those on which somebody is disturbed
OWN = "own"  # for holidays: of the country that the preset is used for


@dataclass(frozen=True, slots=True)
class Preset:
    """`regions`: the presets that also hold in parts of the country, "US-FL" -> "us-until-20"."""

    hours: Hours
    regions: Mapping[str, str] = field(default_factory=dict)


class Presets:
    """All presets of a company and where they hold. Immutable.

    countries   ISO 3166 code -> channel -> name of a preset
    elsewhere   the preset of countries that are not named
    """

    def __init__(
        self, presets: Mapping[str, Preset], countries: Mapping[str, Mapping[str, str]], elsewhere: str
    ) -> None:
        """Of tables that were checked: see from_table."""
        self.presets = presets
        self.countries = countries
        self.elsewhere = elsewhere

    @classmethod
    @cache
    def shipped(cls) -> Self:
        from suppression.hours_table import read  # noqa: PLC0415 - it needs the types above

        text = resources.files("suppression").joinpath("calling_hours.toml").read_text("utf-8")
        # Its holidays are checked by a test: the library takes 70 ms to load.
        return cls(*read(tomllib.loads(text), cls({}, {}, ""), lambda _: True))

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """The shipped presets with those of a file. ConfigurationError with all problems."""
        try:
            return cls.from_table(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError(f"the calling hours are no TOML: {error}") from error

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """The shipped presets, changed and extended by a table as settings hold it. ConfigurationError as above."""
        from suppression.hours_table import read  # noqa: PLC0415 - it needs the types above

        return cls(*read(table, cls.shipped(), has_holidays))

    def hours(self, channel: str, region: str) -> Hours:
        """What holds in a country ("GB") or a part of one ("US-FL"); "" for a number of no country."""
        country = region.partition("-")[0]
        names = self.countries.get(country) or dict.fromkeys(CHANNELS, self.elsewhere)
        preset = self.presets[names[channel]]
        hours = _resolved(preset.hours, country)
        stricter = preset.regions.get(region)
        return hours & _resolved(self.presets[stricter].hours, country) if stricter else hours


def _resolved(hours: Hours, country: str) -> Hours:
    """With the country's own holidays where it says so, as far as they are known."""
    if OWN not in hours.holidays:
        return hours
    own = {country} if has_holidays(country) else set[str]()
    return replace(hours, holidays=hours.holidays - {OWN} | own)
