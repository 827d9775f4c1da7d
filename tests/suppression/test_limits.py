"""Limits beside the purposes: one text for one content, old texts readable, nothing unknown passed over."""

import json
from types import MappingProxyType

import pytest

from suppression.address import parse
from suppression.errors import ConfigurationError
from suppression.hashed import digest, digests, parse_digest
from suppression.limits import Cap, Limits, Loaded, PartnerList, Register, counted_as
from suppression.purposes import Catalogue

SHIPPED = Catalogue.shipped()
ALL = Limits(
    (Cap("calls", 86_400, 3, "marketing", frozenset({"voice"}), defer=3600), Cap("plain", 60, 1)),
    (Register("us", "dnc", frozenset({"sms", "voice"}), frozenset({"US", "PR"}), 31 * 86_400),),
    (PartnerList("acme", ("marketing/partners/acme",), frozenset({"email"}), "md5", 86_400),),
    MappingProxyType({"acme": Loaded("v7", 1_700_000_000_000, 12, "md5")}),
    MappingProxyType({"countries": {"US": "us-federal"}}),
)


def test_limits_survive_the_store() -> None:
    catalogue = SHIPPED.limited(ALL)
    again = Catalogue.from_json(catalogue.to_json())
    assert again.limits == ALL
    assert again.generation == catalogue.generation
    assert again.hours.hours("sms", "US").name == "us-federal"


def test_without_limits_the_text_and_generation_are_as_before_there_were_any() -> None:
    assert set(json.loads(SHIPPED.to_json())) == {"purposes"}
    assert SHIPPED.limited(Limits()).generation == SHIPPED.generation
    assert not Catalogue.from_json(SHIPPED.to_json()).limits


@pytest.mark.parametrize(
    "part",
    [
        {"caps": ALL.caps},
        {"registers": ALL.registers},
        {"lists": ALL.lists},
        {"loaded": ALL.loaded},
        {"hours": ALL.hours},
    ],
    ids=lambda part: next(iter(part)),
)
def test_every_part_is_covered_by_the_generation(part: dict[str, object]) -> None:
    assert SHIPPED.limited(Limits(**part)).generation != SHIPPED.generation  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "table",
    [
        {"quotas": {}},
        {"caps": {"calls": {"per": 1, "count": 1, "burst": 2}}},
        {"registers": {"us": {"kind": "dnc"}}},
        {"loaded": {"us": {"version": "v1"}}},
        {"caps": []},
        [],
    ],
    ids=str,
)
def test_what_this_version_cannot_read_is_not_passed_over(table: object) -> None:
    with pytest.raises(ConfigurationError):
        Limits.from_table(table)


def test_a_message_is_counted_as_the_same_for_every_try() -> None:
    assert counted_as("m1") == counted_as("m1") != counted_as("m2")
    assert len(counted_as("m" * 400)) == 16


def test_an_address_is_matched_by_every_spelling_that_others_may_have_hashed() -> None:
    mail = digests(parse("Ann+News@Example.net"), "sha256")
    assert digest("ann+news@example.net", "sha256") in mail
    assert digest("ann@example.net", "sha256") in mail
    number = digests(parse("+12025550143"), "md5")
    assert set(number) == {digest("+12025550143", "md5"), digest("12025550143", "md5")}


@pytest.mark.parametrize("text", ["", "ann@example.net", "ab" * 20, "zz" * 32, "ab " * 16 + "ab" * 16])
def test_what_is_no_hash_is_none(text: str) -> None:
    assert parse_digest(text) is None


def test_a_hash_says_by_its_length_what_it_is() -> None:
    assert parse_digest("AB" * 32) == ("sha256", b"\xab" * 32)
    assert parse_digest("ab" * 16) == ("md5", b"\xab" * 16)
