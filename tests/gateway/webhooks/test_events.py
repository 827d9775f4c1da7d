"""Which record is which event, who hears of it, and what it says: a table. Pure."""

import json
from dataclasses import replace

import pytest

from gateway.webhooks import events
from gateway.webhooks.subscriptions import EventType, Subscription, Webhooks
from suppression.records import Record, RecordKind

K, T = RecordKind, EventType
ANN = "ab" * 16


def record(kind: RecordKind, **given: object) -> Record:
    return replace(Record(kind, 1_795_543_200_123, id="0eq3b2c4d5e6f7g8", recipient=ANN), **given)  # type: ignore[arg-type]


TABLE = [
    (record(K.SUPPRESSED, reason="unsubscribed"), T.SUPPRESSED),
    (record(K.SUPPRESSED, reason="complained"), T.COMPLAINED),
    (record(K.SUPPRESSED, reason="unsubscribed", repeated=True), None),
    (record(K.ERASED, reason="erased"), T.SUPPRESSED),
    (record(K.LIFTED), T.LIFTED),
    (record(K.SUPPRESSED, reason="unsubscribed", way="import"), None),
    (record(K.LIFTED, reason="unsubscribed", way="import"), None),
    (record(K.DECIDED, outcome="refuse"), T.REFUSED),
    (record(K.DECIDED, outcome="defer"), None),
    (record(K.DECIDED, outcome="send"), None),
    (record(K.DECIDED, outcome="refuse", purpose="system/dsn"), None),
    (record(K.BOUNCED), T.BOUNCED),
    (record(K.DELIVERED), T.DELIVERED),
    (record(K.DELIVERED, purpose="system/help"), None),
    (record(K.UNDELIVERED), T.FAILED),
    (record(K.REJECTED), T.FAILED),
    (record(K.DEAD), T.FAILED),
    (record(K.CONSENTED), T.CONSENTED),
    (record(K.CONSENTED, repeated=True), None),
    (record(K.WITHDRAWN), T.WITHDRAWN),
    (record(K.REQUESTED, details={"what": "erasure"}), T.ERASURE_REQUESTED),
    (record(K.REQUESTED, details={"what": "change"}), T.CHANGE_REQUESTED),
    (record(K.REQUESTED, details={"what": "export"}), None),
    (record(K.SUPPRESSED, recipient="", person=ANN), None),  # its members' own records are told
    *((record(kind), None) for kind in (K.SENT, K.POSTPONED, K.UNKNOWN, K.QUEUED, K.HANDING_OVER, K.VIEWED)),
    *(
        (record(kind), None)
        for kind in (K.LINKED, K.UNLINKED, K.CHECKED, K.EXPORTED, K.CANCELLED, K.RETURNED)
    ),
]


@pytest.mark.parametrize(("logged", "kind"), TABLE, ids=lambda value: getattr(value, "kind", value))
def test_a_record_is_this_event_or_none(logged: Record, kind: EventType | None) -> None:
    assert events.type_of(logged) is kind


def test_every_type_there_is_comes_of_some_record() -> None:
    assert {kind for _, kind in TABLE} - {None} == set(EventType)


def subscription(app: str = "shop", sender: str = "brand", **given: frozenset[EventType]) -> Subscription:
    return Subscription(app, sender, "https://app.example.com/", (), **given)


APPS = [subscription(), subscription("crm"), subscription("partner", "other")]


@pytest.mark.parametrize(
    ("logged", "apps"),
    [
        (record(K.REJECTED, sender="brand", app="shop"), ["shop"]),
        (record(K.BOUNCED, sender="brand"), ["shop", "crm"]),
        (record(K.BOUNCED), []),  # whose it was is not known
        (record(K.SUPPRESSED, scope="email|marketing|brand|*"), ["shop", "crm"]),
        (record(K.SUPPRESSED, scope="email|marketing|brand|crm"), ["crm"]),
        (record(K.SUPPRESSED, scope="*|*|*|*"), ["shop", "crm", "partner"]),
        (record(K.SUPPRESSED, scope="*|*|*|partner"), ["partner"]),
        (record(K.SUPPRESSED, scope="email|marketing|other|*", sender="brand"), ["partner"]),
        (record(K.SUPPRESSED, scope="email|marketing|third|*"), []),
    ],
)
def test_an_app_hears_what_is_its_own_and_nothing_else(logged: Record, apps: list[str]) -> None:
    drafts = events.drafts(Webhooks({each.app: each for each in APPS}))
    assert drafts is not None
    assert [draft.app for draft in drafts(logged)] == apps


def test_an_app_hears_only_of_the_types_that_it_wants() -> None:
    wanting = subscription(events=frozenset({T.LIFTED}))
    everything = "*|*|*|*"
    assert events.wants(wanting, record(K.LIFTED, scope=everything), T.LIFTED)
    assert not events.wants(wanting, record(K.SUPPRESSED, scope=everything), T.SUPPRESSED)


def test_without_webhooks_nothing_is_asked() -> None:
    assert events.drafts(Webhooks()) is None


def test_a_payload_says_what_is_set_and_whom_it_is_about() -> None:
    said = record(
        K.SUPPRESSED,
        scope="email,sms|marketing/promotions|brand|*",
        reason="unsubscribed",
        way="one_click",
        source="link",
        actor="recipient",
        entry="0123456789ab",
        until=1_795_546_800_000,
    )
    told = json.loads(events.body(said, "ann@example.net"))
    entry = told["data"].pop("entry")
    assert entry.startswith("sup_")
    assert told == {
        "type": "suppressed",
        "timestamp": "2026-11-24T18:00:00.123Z",
        "data": {
            "record": "0eq3b2c4d5e6f7g8",
            "recipient": "ann@example.net",
            "reason": "unsubscribed",
            "way": "one_click",
            "source": "link",
            "actor": "recipient",
            "scope": {
                "channels": ["email", "sms"],
                "purpose": "marketing/promotions",
                "sender": "brand",
                "app": "*",
            },
            "until": "2026-11-24T19:00:00.000Z",
        },
    }


def test_a_payload_never_has_the_keyed_hashes() -> None:
    said = record(K.BOUNCED, exact="cd" * 8, person="ef" * 16, sender="brand", writes={"s00": "+x"})
    body = events.body(said, None)
    assert json.loads(body)["data"]["recipient"] is None
    for hashed in (ANN, "cd" * 8, "ef" * 16, "writes"):
        assert hashed.encode() not in body
