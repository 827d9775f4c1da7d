"""What happened, in plain words: a line for every kind of record, and what others did meanwhile."""

import pytest

from gateway.console.recipients.timeline import Names, line, since
from suppression.purposes import Catalogue
from suppression.records import Record, RecordKind
from suppression.store.keys import record_id
from tests.gateway.console.recipients.test_sentence import SHOP

NAMES = Names(Catalogue.shipped(), {"shop": SHOP})
ABOUT = {"channel": "email", "purpose": "marketing/surveys", "sender": "shop", "app": "web"}


def told(kind: RecordKind, **more: object) -> tuple[str, str]:
    made = line(Record(kind, 1_000, id=record_id(3, "1-0"), **more), NAMES)  # type: ignore[arg-type]
    return made.title, made.detail


def test_a_refusal_says_why_and_of_what() -> None:
    assert told(RecordKind.DECIDED, outcome="refuse", reason="unsubscribed", **ABOUT) == (
        "Refused: stopped",
        "Surveys by mail, from The Shop (app web)",
    )


def test_a_deferral_says_until_when() -> None:
    title, _ = told(RecordKind.DECIDED, outcome="defer", reason="outside_hours", until=1_000, **ABOUT)
    assert title == "Had to wait until 1 January 1970, 00:00 UTC: outside calling hours"


def test_a_stop_says_what_and_by_which_way() -> None:
    scope = "email,sms|marketing|shop|*"
    assert told(RecordKind.SUPPRESSED, reason="unsubscribed", way="one_click", scope=scope) == (
        "Stopped",
        "All marketing, by mail and text, from The Shop · unsubscribed in a mail program",
    )
    assert told(RecordKind.SUPPRESSED, repeated=True)[0] == "Stopped again"


def test_a_bounce_says_what_the_server_said() -> None:
    title, detail = told(RecordKind.REJECTED, code=550, status="5.1.1", text="no such user", **ABOUT)
    assert title == "Rejected by the next server"
    assert detail.endswith(" · 550 5.1.1: no such user")


def test_a_link_that_was_looked_at_changed_nothing() -> None:
    assert told(RecordKind.VIEWED, **ABOUT)[0] == "A link was opened, and nothing changed"


@pytest.mark.parametrize("kind", RecordKind)
def test_every_kind_has_words(kind: RecordKind) -> None:
    title, _ = told(kind)
    assert title
    assert "_" not in title


@pytest.mark.parametrize("reason", ["retried", "no such reason", ""])
def test_words_that_are_no_reasons_are_told_as_they_are(reason: str) -> None:
    assert reason in told(RecordKind.DECIDED, outcome="refuse", reason=reason)[0]


def test_only_later_changes_of_others_are_told() -> None:
    records = [
        Record(kind, 1, id=record_id(3, order))
        for kind, order in [
            (RecordKind.SUPPRESSED, "30-0"),
            (RecordKind.LIFTED, "20-1"),
            (RecordKind.SENT, "20-0"),
            (RecordKind.CONSENTED, "10-0"),
        ]
    ]
    assert [one.kind for one in since(records, "10-0", own=record_id(3, "30-0"))] == [RecordKind.LIFTED]
    assert [one.kind for one in since(records, "", own="")] == [
        RecordKind.CONSENTED,
        RecordKind.LIFTED,
        RecordKind.SUPPRESSED,
    ]
    assert since(records, "garbage", own="") != []
