"""Rule 9, partner lists: whom they keep out of what, and that an unknown content is no yes."""

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from suppression.decision import SKIP, Reason, Refuse
from suppression.limits import Limits, Loaded, PartnerList
from suppression.model import Facts
from suppression.rules.lists import lists
from tests.suppression.cases import AUDIENCE, CATALOGUE, EMAIL, NOW, ask

ACME = PartnerList("acme", ("marketing/partners/acme",), hashed="sha256")
IN_IT = Facts(listed=frozenset({"acme"}))
OFFER = "marketing/partners/acme"


def judged(known: Facts, request: Any = None, entry: PartnerList = ACME, **loaded: Any) -> Any:
    at = NOW - timedelta(days=loaded.get("age", 1))
    content = Loaded("v1", round(at.timestamp() * 1000), 10, loaded.get("form", "sha256"))
    known_lists = {} if "never" in loaded else {entry.name: content}
    limits = Limits(lists=(entry,), loaded=MappingProxyType(known_lists))
    return lists(request or ask(OFFER), known, CATALOGUE.limited(limits))


def test_who_is_in_it_is_kept_out() -> None:
    assert judged(IN_IT) == Refuse(Reason.LISTED, "lists", "acme")
    assert judged(Facts()) is None


@pytest.mark.parametrize("path", ["marketing/partners/other", "marketing/promotions", "service/feedback"])
def test_of_its_purposes_only(path: str) -> None:
    assert judged(IN_IT, ask(path)) is SKIP


def test_on_its_channels_only() -> None:
    entry = replace(ACME, purposes=("marketing",), channels=frozenset({AUDIENCE}))
    assert judged(IN_IT, ask("marketing/remarketing", AUDIENCE), entry) == Refuse(
        Reason.LISTED, "lists", "acme"
    )
    assert judged(IN_IT, ask("marketing/promotions", EMAIL), entry) is SKIP


@pytest.mark.parametrize("loaded", [{"never": True}, {"form": ""}, {"age": 15}], ids=str)
def test_one_that_is_not_loaded_or_old_refuses_everybody(loaded: dict[str, Any]) -> None:
    entry = replace(ACME, max_age=14 * 86_400)
    assert judged(Facts(), None, entry, **loaded) == Refuse(Reason.REGISTER_STALE, "lists", "acme")


def test_a_legal_notice_passes_it() -> None:
    entry = replace(ACME, purposes=("*",))
    assert judged(IN_IT, ask("service/policy-changes", legal_notice="terms 2027"), entry) is SKIP


def test_without_lists_the_rule_is_skipped() -> None:
    assert lists(ask(OFFER), IN_IT, CATALOGUE) is SKIP
