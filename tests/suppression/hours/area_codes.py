"""Makes suppression/number_zones.csv of libphonenumber's data and our own: python -m tests.suppression.hours.area_codes

A row for each geographic area code of +1: the region it was given out in, and the union of the zones of all of its
prefixes and of all codes of the same territory.
"""

import csv
import io
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import phonenumbers
from phonenumbers.geodata import GEOCODE_DATA
from phonenumbers.tzdata import TIMEZONE_DATA

from suppression.number_zones import corrected, facts

TABLE = Path(__file__).parents[3] / "suppression" / "number_zones.csv"
LEAST_PREFIX = 4  # "1" and the area code: what is shorter says nothing about one


def table() -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("area_code", "region", "zones"))
    for code in area_codes():
        rows.writerow((code, region_of(code), " ".join(sorted(zones_of(code)))))
    return text.getvalue()


def area_codes() -> list[str]:
    return sorted(
        {prefix[1:4] for prefix in TIMEZONE_DATA if prefix[0] == "1" and len(prefix) >= LEAST_PREFIX}
    )


def zones_of(code: str) -> frozenset[str]:
    territory = next((codes for codes in facts()["same_territory"] if code in codes), [code])
    return frozenset[str]().union(*(corrected(f"1{each}", _zones_of_prefixes(each)) for each in territory))


def _zones_of_prefixes(code: str) -> set[str]:
    return {
        zone for prefix, zones in TIMEZONE_DATA.items() if prefix.startswith(f"1{code}") for zone in zones
    }


def region_of(code: str) -> str:
    country = phonenumbers.region_code_for_number(phonenumbers.parse(f"+1{code}2345678"))
    assert country, f"{code} has zones and is in no country"
    return f"US-{_state_of(code)}" if country == "US" else country


def _state_of(code: str) -> str:
    """By the name of the whole code's place, "Florida" or "Chicago, IL", else by those of its exchanges."""
    name = _name_of(code)
    if name in _states():
        return _states()[name]
    (state,) = _ends(name) or _ends_of_exchanges(code)
    return state


@cache
def _states() -> dict[str, str]:
    """Florida -> FL, learnt of codes of that name whose exchanges say "Town, FL"."""
    ends: dict[str, Counter[str]] = defaultdict(Counter)
    for code in area_codes():
        ends[_name_of(code)].update(_ends_of_exchanges(code))
    learnt = {
        name: found.most_common(1)[0][0] for name, found in ends.items() if found and name and "," not in name
    }
    return {**learnt, "Washington D.C.": "DC"}


def _name_of(code: str) -> str:
    return GEOCODE_DATA.get(f"1{code}", {}).get("en", "")


def _ends_of_exchanges(code: str) -> frozenset[str]:
    return frozenset(_ends_by_code()[code])


@cache
def _ends_by_code() -> dict[str, set[str]]:
    ends: dict[str, set[str]] = defaultdict(set)
    for prefix, names in GEOCODE_DATA.items():
        if prefix[0] == "1" and len(prefix) >= LEAST_PREFIX:
            ends[prefix[1:4]].update(_ends(names.get("en", "")))
    return ends


def _ends(place: str) -> list[str]:
    """The XX of "Town, XX"."""
    town, _, end = place.rpartition(", ")
    return [end] if town and len(end) == len("XX") else []


if __name__ == "__main__":
    TABLE.write_text(table(), "utf-8")
