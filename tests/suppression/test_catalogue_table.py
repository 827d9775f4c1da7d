"""Reading a catalogue: a company's own, and all that can be wrong with one."""

import json
from collections.abc import Mapping

import pytest

from suppression.errors import ConfigurationError
from suppression.purposes import Catalogue, ConsentNeed, WayOut

NONE, OPT_OUT, OPT_IN = ConsentNeed.NONE, ConsentNeed.OPT_OUT, ConsentNeed.OPT_IN
NO, HEADER, FOOTER = WayOut.NONE, WayOut.HEADER, WayOut.FOOTER


def catalogue(**rows: object) -> Catalogue:
    """Of paths written with __ for a slash."""
    return Catalogue.from_table({path.replace("__", "/"): row for path, row in rows.items()})


def problems_of(table: Mapping[str, object]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        Catalogue.from_table(table)
    return str(caught.value)


def test_a_class_gives_what_a_leaf_does_not_say() -> None:
    """A class nobody knows is taken for marketing."""
    row = {"channels": ["email", "sms"]}
    found = catalogue(transactional__a=row, service__a=row, marketing__a=row, club__a=row)

    assert {leaf.class_: (leaf.channels["sms"], leaf.way_out) for leaf in found.purposes.values()} == {
        "transactional": (NONE, NO),
        "service": (OPT_OUT, FOOTER),
        "marketing": (OPT_IN, FOOTER),
        "club": (OPT_IN, FOOTER),
    }
    assert found.find("club/a").title == "A"


LEAF: dict[str, object] = {"channels": ["email"]}


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({}, "no purposes"),
        ({"marketing/A": LEAF}, "1 to 6 segments"),
        ({"marketing/a b": LEAF}, "1 to 6 segments"),
        ({"marketing//a": LEAF}, "1 to 6 segments"),
        ({"marketing/a\n": LEAF}, "1 to 6 segments"),
        ({"": LEAF}, "1 to 6 segments"),
        ({"*": LEAF}, "1 to 6 segments"),
        ({"a/*/b": LEAF}, "1 to 6 segments"),
        ({"a/b/c/d/e/f/g": LEAF}, "1 to 6 segments"),
        ({"a/b/c/d/e/f/*": LEAF}, "6 segments at most"),
        ({"marketing/" + "a" * 55: LEAF}, "64 bytes"),
        ({"system/help": LEAF}, "the gateway's own"),
        ({"marketing/a": []}, "must be a table"),
        ({"marketing/a": {}}, "at least one channel"),
        ({"marketing/a": {"channels": []}}, "at least one channel"),
        ({"marketing/a": {"channels": "email"}}, "at least one channel"),
        ({"marketing/a": {"channels": [1]}}, "at least one channel"),
        ({"marketing/a": {"channels": ["fax"]}}, "unknown channel 'fax'"),
        (
            {"marketing/a": {"channels": {"email": "maybe"}}},
            "consent for email: 'maybe' is none of none, opt-out",
        ),
        ({"marketing/a": {"channels": {"email": 1}}}, "consent for email: 1"),
        ({"marketing/a": LEAF | {"way_out": "door"}}, "way_out: 'door'"),
        ({"marketing/a": LEAF | {"way_out": "header"}}, "marketing mail needs"),
        ({"newsletter": LEAF | {"way_out": "none"}}, "marketing mail needs"),
        ({"marketing/a": LEAF | {"required": True}}, "marketing cannot be `required`"),
        ({"service/a": LEAF | {"required": "yes"}}, "`required` must be true or false"),
        ({"service/a": LEAF | {"legal_notice": True}}, "set `required` too"),
        ({"service/a": LEAF | {"title": ""}}, "`title` must be"),
        ({"service/a": LEAF | {"title": "a\r\nb"}}, "`title` must be"),
        ({"service/a": LEAF | {"title": 3}}, "`title` must be"),
        ({"service/a": LEAF | {"color": "red"}}, "unknown key 'color'"),
        ({"service/a": LEAF, "service/a/b": LEAF}, "'service/a/b': below the leaf 'service/a'"),
        ({"service/a": LEAF, "service/a/*": LEAF}, "'service/a/*': below the leaf 'service/a'"),
        ({"service/*": LEAF, "service/a/b": LEAF}, "'service/a/b': below the leaf 'service/a'"),
        ({"service/*": LEAF, "service/a/*": LEAF}, "'service/a/*': below the leaf 'service/a'"),
        ({"service/a": LEAF | {"replaces": "b"}}, "must be a list"),
        ({"service/a": LEAF | {"replaces": ["B"]}}, "'B' is no path"),
        ({"service/a": LEAF | {"replaces": ["system/help"]}}, "'system/help' is no path"),
        ({"service/a": LEAF | {"replaces": ["service/a"]}}, "which is in the catalogue"),
        ({"service/a": LEAF | {"replaces": ["service"]}}, "which is in the catalogue"),
        ({"service/a": LEAF | {"replaces": ["service/b/*"]}}, "only a path that ends in *"),
        ({"service/a/*": LEAF | {"replaces": ["service/b"]}}, "only a path that ends in *"),
        (
            {
                "service/a": LEAF | {"replaces": ["service/b"]},
                "service/b": LEAF | {"replaces": ["service/a"]},
            },
            "'service/b': `replaces` names 'service/a'",
        ),
        (
            {"service/a": LEAF | {"replaces": ["x"]}, "service/b": LEAF | {"replaces": ["x"]}},
            "more than once",
        ),
        ({"marketing/p/*": LEAF, "service/b": LEAF | {"replaces": ["marketing/p/x"]}}, "is in the catalogue"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_catalogue_is_refused_for(table: Mapping[str, object], problem: str) -> None:
    assert problem in problems_of(table)


def test_all_problems_are_told_at_once() -> None:
    told = problems_of({"Marketing": LEAF, "service/a": {"channels": ["fax"], "color": 1}, "system/x": LEAF})

    assert all(word in told for word in ("Marketing", "fax", "color", "system/x"))


@pytest.mark.parametrize("text", ["", "x = 1", "[purposes", "purposes = 1", '[other]\na=1\n[purposes."a/b"]'])
def test_a_file_that_is_no_catalogue_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        Catalogue.from_toml(text)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", json.dumps({"purposes": []})])
def test_a_text_that_is_no_catalogue_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        Catalogue.from_json(text)
