"""What a bounce, a complaint or a provider's event does to its recipient, on a real store."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from channels.email.inbound.bounce_codes import Kind
from channels.email.providers.events import EventKind
from gateway.inbound.applying import Applying, Finding, SoftLimit
from gateway.roads.changes import Changes
from suppression.address import parse_email
from suppression.decision import Reason
from suppression.errors import StoreUnavailable
from suppression.model import Basis, Channel, Recipient, Scope, Suppression, Way
from suppression.records import Record, RecordKind
from suppression.store.store import Store

K = EventKind


@pytest.fixture
def applying(store: Store) -> Applying:
    return Applying(store, Changes(store), SoftLimit(3, 14))


def finding(recipient: Recipient, kind: EventKind, id: str = "e1", **more: str) -> Finding:  # noqa: A002
    told = Finding(recipient, kind, "ses:bounce", "ses", id, status="5.1.1", said="550 no such user")
    return replace(told, **more)  # type: ignore[arg-type]  # all of them are text


async def stops(store: Store, recipient: Recipient) -> tuple[Suppression, ...]:
    return (await store.facts(recipient)).suppressions


async def records(store: Store, recipient: Recipient) -> Sequence[Record]:
    return (await store.log.of(recipient.key))[::-1]


async def test_a_dead_address_is_undeliverable_and_no_other_of_the_same_person(
    store: Store, applying: Applying, ann: Recipient
) -> None:
    await applying.apply(finding(ann, K.ADDRESS_FAULT))
    (entry,) = await stops(store, ann)
    assert (entry.reason, entry.exact, entry.way) == (Reason.UNDELIVERABLE, ann.exact, Way.PROVIDER)
    assert entry.scope == Scope(frozenset({Channel.EMAIL}))
    assert (entry.source, entry.actor) == ("ses:bounce", "ses")


async def test_it_is_logged_with_status_and_kind_and_without_an_address(
    store: Store, applying: Applying, ann: Recipient
) -> None:
    await applying.apply(finding(ann, K.ADDRESS_FAULT, sender="shop", app="demo"))
    bounced, suppressed = await records(store, ann)
    assert (bounced.kind, bounced.status, bounced.details) == (
        RecordKind.BOUNCED,
        "5.1.1",
        {"kind": "address_fault"},
    )
    assert (bounced.sender, bounced.app, bounced.source) == ("shop", "demo", "ses:bounce")
    assert suppressed.kind is RecordKind.SUPPRESSED
    assert "example" not in repr([bounced, suppressed])


@pytest.mark.parametrize("kind", [K.ADDRESS_FAULT, K.SOFT, K.SENDER_FAULT, K.COMPLAINT, K.UNSUBSCRIBED])
async def test_what_is_told_again_has_no_second_effect(
    store: Store, applying: Applying, ann: Recipient, kind: EventKind
) -> None:
    await applying.apply(finding(ann, kind))
    before = await records(store, ann)
    for _ in range(5):
        await applying.apply(finding(ann, kind))
    assert await records(store, ann) == before


async def test_soft_failures_of_several_mails_make_an_address_undeliverable(
    store: Store, applying: Applying, ann: Recipient
) -> None:
    for number in range(2):
        await applying.apply(finding(ann, K.SOFT, f"e{number}"))
    assert await stops(store, ann) == ()
    await applying.apply(finding(ann, K.SOFT, "e2"))
    assert [(stop.reason, stop.exact) for stop in await stops(store, ann)] == [
        (Reason.UNDELIVERABLE, ann.exact)
    ]
    bounced = [record for record in await records(store, ann) if record.kind is RecordKind.BOUNCED]
    assert [record.details["counted"] for record in bounced] == ["1", "2", "3"]


async def test_reports_of_one_mail_count_once(store: Store, applying: Applying, ann: Recipient) -> None:
    for number in range(9):
        await applying.apply(finding(ann, K.SOFT, f"e{number}", mail="m1"))
    assert await stops(store, ann) == ()


@pytest.mark.parametrize("kind", [K.SENDER_FAULT, K.UNEXPLAINED])
async def test_what_is_not_the_addresss_fault_never_suppresses(
    store: Store, applying: Applying, ann: Recipient, kind: EventKind
) -> None:
    for number in range(30):
        await applying.apply(finding(ann, kind, f"e{number}"))
    assert await stops(store, ann) == ()
    assert len(await records(store, ann)) == 30


async def test_somebody_is_told_of_a_fault_of_the_sender(applying: Applying, ann: Recipient) -> None:
    with capture_logs() as lines:
        await applying.apply(finding(ann, K.SENDER_FAULT, sender="shop"))
    assert [(line["event"], line["log_level"], line["sender"]) for line in lines] == [
        ("mail_refused_for_its_sender", "warning", "shop")
    ]
    assert "example" not in repr(lines)
    assert "550" not in repr(lines)


async def test_a_campaign_of_a_broken_sender_writes_some_lines_and_not_one_a_mail(
    store: Store, applying: Applying, ann: Recipient
) -> None:
    with capture_logs() as lines:
        for number in range(30):
            await applying.apply(finding(ann, K.SENDER_FAULT, f"e{number}", sender="shop"))
        await applying.apply(finding(ann, K.SENDER_FAULT, "other", sender="other"))
    assert [line["sender"] for line in lines] == ["shop"] * 5 + ["other"]
    assert len(await records(store, ann)) == 31


@pytest.mark.parametrize("kind", [K.DELIVERED, K.DELAYED])
async def test_what_is_no_failure_leaves_nothing(
    store: Store, applying: Applying, ann: Recipient, kind: EventKind
) -> None:
    await applying.apply(finding(ann, kind))
    assert await records(store, ann) == []


async def test_a_complaint_is_recorded_for_all_mail_and_not_lifted_by_a_later_yes(
    store: Store, applying: Applying, ann: Recipient
) -> None:
    changes = Changes(store)
    await applying.apply(finding(ann, K.COMPLAINT))
    await changes.consent(
        ann,
        Scope(frozenset({Channel.EMAIL}), "marketing", "shop"),
        basis=Basis.OPT_IN,
        source="t",
        actor="t",
        at=store.now(),
        evidence={},
        direct=True,
    )
    (entry,) = await stops(store, ann)
    assert (entry.reason, entry.scope) == (Reason.COMPLAINED, Scope(frozenset({Channel.EMAIL})))
    assert entry.exact is None  # stops hold for the folded address


@pytest.mark.parametrize(
    ("more", "purposes"),
    [
        ({}, {("marketing", "*")}),
        ({"sender": "shop"}, {("marketing", "shop")}),
        ({"sender": "shop", "purpose": "marketing/surveys"}, {("marketing", "shop")}),
        (
            {"sender": "shop", "purpose": "service/feedback"},
            {("marketing", "shop"), ("service/feedback", "shop")},
        ),
        ({"purpose": "transactional/orders"}, {("marketing", "*")}),
    ],
)
async def test_an_unsubscription_stops_marketing_and_the_service_mail_it_was_said_of(
    store: Store, applying: Applying, ann: Recipient, more: dict[str, str], purposes: set[tuple[str, str]]
) -> None:
    await applying.apply(finding(ann, K.UNSUBSCRIBED, **more))
    found = await stops(store, ann)
    assert {(stop.scope.purpose, stop.scope.sender) for stop in found} == purposes
    assert {(stop.reason, stop.way) for stop in found} == {(Reason.UNSUBSCRIBED, Way.PROVIDER)}


async def test_who_a_token_is_about_is_found_by_what_the_report_names(
    store: Store, applying: Applying
) -> None:
    tagged = store.keyring.recipient(parse_email("bob+news@example.net"))
    assert (
        await applying.recipient(tagged.key, ["", "x@y@z", "eve@example.net", "bob+news@example.net"])
        == tagged
    )


async def test_who_a_token_is_about_is_found_sealed_in_the_store(applying: Applying, ann: Recipient) -> None:
    await applying.apply(finding(ann, K.COMPLAINT))
    assert (await applying.recipient(ann.key)).exact == ann.exact


async def test_an_address_that_nobody_knows_is_undeliverable_by_its_key(
    store: Store, applying: Applying, ann: Recipient
) -> None:
    nobody = await applying.recipient(ann.key, ["somebody.else@example.net"])
    assert nobody == Recipient(ann.key, "")
    await applying.apply(finding(nobody, K.ADDRESS_FAULT))
    assert [stop.exact for stop in await stops(store, ann)] == [None]


async def test_without_the_store_nothing_is_said_to_be_done(
    store: Store, applying: Applying, ann: Recipient
) -> None:
    await store.close()
    with pytest.raises(StoreUnavailable):
        await applying.apply(finding(ann, K.ADDRESS_FAULT))


def test_every_kind_of_bounce_is_an_event() -> None:
    assert {kind: EventKind.of(kind).value for kind in Kind} == {
        Kind.ADDRESS: "address_fault",
        Kind.MAILBOX_FULL: "soft",
        Kind.TEMPORARY: "soft",
        Kind.SENDER: "sender_fault",
        Kind.NETWORK: "unexplained",
        Kind.UNKNOWN: "unexplained",
        Kind.DELAYED: "delayed",
        Kind.DELIVERED: "delivered",
    }
