"""Reading a table of calling hours, from a file or the settings: every problem is found, then told at once."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from suppression.errors import ConfigurationError
from suppression.hours_presets import CHANNELS, OWN, Preset, Presets
from suppression.open_hours import Hours, Window

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MIDNIGHT = 24 * 60

_DAY = "(?:" + "|".join(DAYS) + ")"
_WINDOW = re.compile(
    rf"(?P<days>daily|{_DAY}(?:-{_DAY})?(?:,{_DAY}(?:-{_DAY})?)*) "
    r"(?P<start>[0-2]?\d:[0-5]\d)-(?P<end>[0-2]?\d:[0-5]\d)",
    re.ASCII,
)
_NAME = re.compile(r"[a-z0-9-]{1,64}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_REGION = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")

Read = tuple[Mapping[str, Preset], Mapping[str, Mapping[str, str]], str]


def read(table: Mapping[str, Any], base: Presets, has_holidays: Callable[[str], bool]) -> Read:
    """What Presets is made of: the base with the table's own in place of, and beside, what it has."""
    reading = _Reading(has_holidays)
    result = reading.all(table, base)
    if reading.problems:
        raise ConfigurationError("the calling hours cannot be used:\n  " + "\n  ".join(reading.problems))
    return result


class _Reading:
    """Reads what it can and notes what it cannot."""

    def __init__(self, has_holidays: Callable[[str], bool]) -> None:
        self.problems: list[str] = []
        self._has_holidays = has_holidays

    def all(self, table: Mapping[str, Any], base: Presets) -> Read:
        for key in sorted(table.keys() - {"presets", "countries", "elsewhere"}):
            self.problems.append(f"unknown key {key!r}")
        own = self._table(table, "presets", "presets")
        presets = {**base.presets, **{name: self._preset(name, row) for name, row in own.items()}}
        for name in own:
            for region, other in presets[name].regions.items():
                self._check_name(other, presets, f"presets.{name}.regions.{region}")
        own = self._table(table, "countries", "countries")
        countries = {
            **base.countries, **{code: self._country(code, given, presets) for code, given in own.items()}
        }  # fmt: skip
        elsewhere = table.get("elsewhere", base.elsewhere)
        self._check_name(elsewhere, presets, "elsewhere")
        return presets, countries, elsewhere

    def _table(self, table: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
        found = table.get(key, {})
        if not isinstance(found, Mapping):
            self.problems.append(f"{where}: must be a table")
            return {}
        return found

    def _preset(self, name: str, row: Any) -> Preset:
        where = f"presets.{name}"
        if _NAME.fullmatch(name) is None:
            self.problems.append(f"{where}: a name is 1 to 64 of a-z, 0-9 and -")
        if not isinstance(row, Mapping):
            self.problems.append(f"{where}: must be a table")
            return Preset(Hours(name, ()))
        for key in sorted(row.keys() - {"windows", "holidays", "regions"}):
            self.problems.append(f"{where}: unknown key {key!r}")
        regions = self._table(row, "regions", f"{where}.regions")
        for region in regions:
            if _REGION.fullmatch(region) is None:
                self.problems.append(f"{where}.regions: {region!r} is no region (ISO 3166-2, like US-FL)")
        return Preset(Hours(name, self._windows(where, row), self._holidays(where, row)), dict(regions))

    def _windows(self, where: str, row: Mapping[str, Any]) -> tuple[Window, ...]:
        given = row.get("windows")
        if not isinstance(given, list) or not given:
            self.problems.append(f"{where}: `windows` must be a list of at least one")
            return ()
        return tuple(window for text in given if (window := self._window(where, text)))

    def _window(self, where: str, text: Any) -> Window | None:
        match = _WINDOW.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            self.problems.append(f'{where}: {text!r} is no window like "Mon-Sat 09:00-20:00"')
            return None
        window = Window(_days(match["days"]), _minutes(match["start"]), _minutes(match["end"]))
        if window.start >= window.end or window.end > MIDNIGHT:
            self.problems.append(f"{where}: {text!r} must end after it starts, at 24:00 at the latest")
        if not window.days:
            self.problems.append(f"{where}: {text!r} must name days in the order of the week, from Monday")
        return window

    def _holidays(self, where: str, row: Mapping[str, Any]) -> frozenset[str]:
        given = row.get("holidays", [])
        places = [given] if isinstance(given, str) else given
        if not isinstance(places, list) or not all(isinstance(place, str) for place in places):
            self.problems.append(f'{where}: `holidays` must be a country, a list of them, or "{OWN}"')
            return frozenset()
        for place in places:
            if place != OWN and not self._has_holidays(place):
                self.problems.append(f"{where}: no holidays are known of {place!r}")
        return frozenset(places)

    def _country(self, code: str, given: Any, presets: Mapping[str, Preset]) -> Mapping[str, str]:
        where = f"countries.{code}"
        if _COUNTRY.fullmatch(code) is None:
            self.problems.append(f"{where}: must be a country (ISO 3166, like GB)")
        if isinstance(given, str):
            self._check_name(given, presets, where)
            return dict.fromkeys(CHANNELS, given)
        if not isinstance(given, Mapping) or given.keys() != set(CHANNELS):
            self.problems.append(
                f"{where}: must be a preset's name, or one for each of {', '.join(CHANNELS)}"
            )
            return {}
        for channel, name in given.items():
            self._check_name(name, presets, f"{where}.{channel}")
        return dict(given)

    def _check_name(self, name: Any, presets: Mapping[str, Preset], where: str) -> None:
        if not isinstance(name, str) or name not in presets:
            self.problems.append(f"{where}: there is no preset {name!r}")


def _days(text: str) -> frozenset[int]:
    """Empty when a range runs backwards."""
    if text == "daily":
        return frozenset(range(len(DAYS)))
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        span = range(DAYS.index(first), DAYS.index(last or first) + 1)
        if not span:
            return frozenset()
        days.update(span)
    return frozenset(days)


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
