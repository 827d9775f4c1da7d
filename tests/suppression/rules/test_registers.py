"""Rule 8, external registers: whom they concern, that their age fails closed, and what passes them."""

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from suppression.address import Address, parse
from suppression.decision import SKIP, Reason, Refuse
from suppression.limits import Limits, Loaded, Register
from suppression.model import Basis, Facts
from suppression.rules.registers import registers
from tests.suppression.cases import (
    AGO,
    AHEAD,
    CATALOGUE,
    EMAIL,
    NOW,
    OTHER,
    PHONE,
    SMS,
    VOICE,
    ask,
    facts,
    yes,
)

DAY = 86_400
DNC = Register("dnc", "dnc", frozenset({"sms", "voice"}), frozenset({"US"}), 31 * DAY)
BRITISH, IN_NO_PLAN = parse("+447400123456"), parse("+447700900123")
TOLL_FREE, GLOBAL = parse("+18005550143"), parse("+80012345678")
LISTED = Facts(listed=frozenset({"dnc"}))
REGISTERED = Refuse(Reason.REGISTERED, "registers", "dnc")
STALE = Refuse(Reason.REGISTER_STALE, "registers", "dnc")


def judged(
    known: Facts, request: Any = None, age: float | None = 1, register: Register = DNC, form: str = ""
) -> Any:
    """`age`: of its content, in days; None when nothing was ever loaded."""
    loaded = {}
    if age is not None:
        at = NOW - timedelta(days=age)
        loaded[register.name] = Loaded("v1", round(at.timestamp() * 1000), 1000, form)
    limits = Limits(registers=(register,), loaded=MappingProxyType(loaded))
    return registers(request or ask(channel=SMS), known, CATALOGUE.limited(limits))


def test_a_registered_number_is_refused() -> None:
    assert judged(LISTED) == REGISTERED
    assert judged(Facts()) is None


@pytest.mark.parametrize("age", [None, 31, 400])
def test_a_register_that_is_old_or_was_never_loaded_refuses_everybody(age: float | None) -> None:
    assert judged(Facts(), age=age) == STALE


def test_of_a_register_that_is_old_who_is_in_it_is_registered_all_the_same() -> None:
    assert judged(LISTED, age=40) == REGISTERED


def test_without_a_limit_of_age_only_content_is_needed() -> None:
    ageless = replace(DNC, max_age=None)
    assert judged(Facts(), age=4000, register=ageless) is None
    assert judged(Facts(), age=None, register=ageless) == STALE


def test_content_of_another_form_than_the_register_has_says_nothing() -> None:
    assert judged(Facts(), form="md5") == STALE


@pytest.mark.parametrize(
    ("path", "channel", "concerned"),
    [
        ("marketing/promotions", SMS, True),
        ("marketing/promotions", VOICE, True),
        ("marketing/promotions", EMAIL, False),
        ("service/feedback", VOICE, True),
        ("service/notifications", SMS, False),
        ("transactional/payments", VOICE, False),
        ("transactional/security", VOICE, False),
    ],
)
def test_registers_concern_marketing_and_calls_of_service(path: str, channel: Any, concerned: bool) -> None:  # noqa: FBT001 - a row's
    assert judged(LISTED, ask(path, channel)) == (REGISTERED if concerned else SKIP)


@pytest.mark.parametrize(
    ("number", "country", "answer"),
    [
        (PHONE, None, REGISTERED),
        (BRITISH, None, SKIP),
        (BRITISH, "US", REGISTERED),
        (IN_NO_PLAN, None, SKIP),
        (TOLL_FREE, None, REGISTERED),
        (GLOBAL, None, REGISTERED),
    ],
    ids=["its own", "another's", "another's who lives there", "of no plan", "of a shared code", "global"],
)
def test_a_register_is_of_its_countries(number: Address, country: str | None, answer: Any) -> None:
    assert judged(replace(LISTED, country=country), ask(channel=SMS, address=number)) == answer


def test_a_signed_permission_to_this_sender_passes_it_listed_or_stale() -> None:
    signed = facts(yes(basis=Basis.OPT_IN_WRITTEN), listed=frozenset({"dnc"}))
    assert judged(signed) is None
    assert judged(signed, age=None) is None


@pytest.mark.parametrize(
    "other",
    [
        {"basis": Basis.OPT_IN},
        {"basis": Basis.DOUBLE_OPT_IN},
        {"sender": "other"},
        {"exact": OTHER},
        {"expires": AGO},
        {"withdrawn": AGO},
        {"purpose": "service"},
    ],
    ids=str,
)
def test_no_other_consent_does(other: dict[str, Any]) -> None:
    given = {"basis": Basis.OPT_IN_WRITTEN} | other
    assert judged(facts(yes(**given), listed=frozenset({"dnc"}))) == REGISTERED


def test_one_that_was_withdrawn_since_does_not() -> None:
    signed = yes(basis=Basis.OPT_IN_WRITTEN, order="5-0", expires=AHEAD)
    withdrawn = yes(id="no", basis=Basis.OPT_IN, order="6-0", withdrawn=AGO)
    assert judged(facts(signed, withdrawn, listed=frozenset({"dnc"}))) == REGISTERED


def test_without_registers_the_rule_is_skipped() -> None:
    assert registers(ask(channel=SMS), LISTED, CATALOGUE) is SKIP
