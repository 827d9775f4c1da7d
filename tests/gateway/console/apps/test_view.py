"""What is told of a check, an app and a sender."""

import pytest

from gateway.console.apps.set_up import SetUp
from gateway.console.apps.view import app_view, record_view, sender_view, summary, worst
from gateway.dns.checking import DnsCheck
from gateway.dns.findings import Finding, Level
from gateway.dns.records import Expected, Kind
from gateway.state.api_keys import ApiKeys
from suppression.model import App, Channel, Sender
from suppression.purposes import Catalogue
from suppression.store.store import Store

SPF = Expected(Kind.SPF, "example.com", "v=spf1 a ~all", "")


def finding(level: Level, *found: str) -> Finding:
    return Finding(SPF, level, found, "said")


@pytest.mark.parametrize(
    ("levels", "said", "kind"),
    [
        ("right right", "All of it is published as it should be.", "done"),
        ("right wrong", "Of 2 records: 1 wrong or missing and 1 right.", "wrong"),
        ("right unknown", "Of 2 records: 1 not known, as nobody answered and 1 right.", "attention"),
        ("attention", "Of 1 record: 1 to look at.", "attention"),
    ],
)
def test_a_check_is_told_in_a_sentence(levels: str, said: str, kind: str) -> None:
    findings = [finding(Level(level)) for level in levels.split()]
    assert (summary(findings), worst(findings)) == (said, kind)


def test_a_record_that_is_not_there_is_missing_rather_than_wrong() -> None:
    assert record_view(finding(Level.WRONG)).word == "missing"
    assert record_view(finding(Level.WRONG, "v=spf1 +all")).word == "wrong"
    assert record_view(SPF).word == ""


async def test_an_app_that_may_little_says_so(store: Store) -> None:
    app = App("orders", "gone", ("transactional",), frozenset({Channel.SMS}), purpose_from="header")
    set_up = SetUp(ApiKeys(store.client.stops), DnsCheck(), {})
    told = app_view(app, set_up, {}, Catalogue.shipped(), ())
    facts = dict(told.facts)
    assert told.sender_title == "gone"
    assert facts["May send"] == "Orders and transactions, by text"
    assert facts["Where it does not say the purpose"] == "refused"
    assert facts["Is told what happened"] == "nowhere"


def test_a_sender_without_anything_has_none_of_it() -> None:
    told = sender_view(Sender("bare", "Bare"))
    assert (told.domains, told.numbers) == ("none", "none")
    assert dict(told.facts)["Texts"] == "none"
