"""Bounces: what they say of the one recipient whom a token proves, and nothing of anybody else."""

import pytest
from structlog.testing import capture_logs

from suppression.address import parse_email
from suppression.decision import Reason
from suppression.model import Suppression, Way
from suppression.records import Record, RecordKind
from tests.channels.relay.sink import Sink
from tests.gateway.inbound.reports import (
    SPENT,
    Proof,
    arf,
    block,
    dsn,
    with_feedback_id,
    with_link,
    with_mailto,
)
from tests.gateway.smtp.inbound_door import DOMAIN, MAILBOX, SHOP, TEAM, InboundDoor

ANN, BOB = "ann@example.net", "bob@example.net"
GONE = dsn(block(ANN))


async def stops(door: InboundDoor, address: str) -> tuple[Suppression, ...]:
    return (await door.store.facts(door.pipeline.recipient(parse_email(address)))).suppressions


async def bounced(door: InboundDoor, address: str = ANN) -> list[Record]:
    records = await door.store.log.of(door.pipeline.recipient(parse_email(address)).key)
    return [record for record in records if record.kind is RecordKind.BOUNCED]


async def test_a_dead_address_is_undeliverable_and_the_app_is_told(door: InboundDoor, sink: Sink) -> None:
    assert (await door.take(door.back(ANN), GONE)).code == 250
    (entry,) = await stops(door, ANN)
    assert (entry.reason, entry.way, entry.source) == (Reason.UNDELIVERABLE, Way.PROVIDER, "bounce:5.1.1")
    assert entry.exact == door.pipeline.recipient(parse_email(ANN)).exact
    (record,) = await bounced(door)
    assert (record.status, record.code, record.sender, record.app) == ("5.1.1", 550, "brand", "news")
    assert record.purpose == "marketing/promotions"
    assert [(taken.mail_from, taken.to) for taken in sink.taken] == [("", SHOP.mail_from)]
    assert sink.taken[0].raw.endswith(GONE)


async def test_the_same_bounce_again_has_no_second_effect(door: InboundDoor, sink: Sink) -> None:
    for _ in range(3):
        assert (await door.take(door.back(ANN), GONE)).code == 250
    assert len(await bounced(door)) == 1
    assert len(sink.taken) == 1


async def test_only_the_tokens_recipient_is_touched_whoever_else_is_named(door: InboundDoor) -> None:
    await door.take(door.back(ANN), dsn(block(BOB), block("carl@example.net"), block(ANN)))
    assert await stops(door, BOB) == () == await stops(door, "carl@example.net")
    assert len(await stops(door, ANN)) == 1


async def test_what_is_said_of_others_is_not_said_of_the_tokens_recipient(door: InboundDoor) -> None:
    await door.take(door.back(ANN), dsn(block(BOB), block(ANN, "5.7.1", "550 5.7.1 Rejected by policy")))
    assert await stops(door, ANN) == () == await stops(door, BOB)


async def test_behind_a_forwarding_it_is_the_recipient_who_was_written_to(door: InboundDoor) -> None:
    await door.take(door.back(ANN), dsn(block("ann.old@elsewhere.example")))
    (entry,) = await stops(door, ANN)
    assert entry.reason is Reason.UNDELIVERABLE
    assert await stops(door, "ann.old@elsewhere.example") == ()


async def test_of_several_mailboxes_behind_a_forwarding_one_that_lives_is_enough(door: InboundDoor) -> None:
    full = block("b@elsewhere.example", "5.2.2", "552 5.2.2 Mailbox full")
    await door.take(door.back(ANN), dsn(block("a@elsewhere.example"), full))
    assert await stops(door, ANN) == ()


async def test_a_delay_a_delivery_and_an_automatic_reply_say_nothing(door: InboundDoor, sink: Sink) -> None:
    away = b"From: ann@example.net\r\nSubject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nNo such user\r\n"
    for raw in (
        dsn(block(ANN, "4.4.1", "will try again", "delayed"), id="1@x"),
        dsn(block(ANN, "2.0.0", "250 Ok", "delivered"), id="2@x"),
        away,
    ):
        assert (await door.take(door.back(ANN), raw)).code == 250
    assert await stops(door, ANN) == ()
    assert await bounced(door) == []
    assert len(sink.taken) == 3


async def test_a_mailbox_that_stays_full_counts(door: InboundDoor) -> None:
    """Each mail once, whatever number of reports there is of it."""
    for mail in ("1", "1", "2", "3"):
        assert await stops(door, ANN) == ()
        original = SPENT.replace(b"m1@", f"m{mail}@".encode())
        full = block(ANN, "5.2.2", "552 5.2.2 Mailbox full")
        number = len(await bounced(door))
        await door.take(door.back(ANN), dsn(full, original=original, id=f"{mail}-{number}@x"))
    (entry,) = await stops(door, ANN)
    assert entry.reason is Reason.UNDELIVERABLE


async def test_a_fault_of_the_sender_is_told_and_touches_nobody(door: InboundDoor) -> None:
    refused = block(ANN, "5.7.26", "550 5.7.26 Unauthenticated mail is prohibited")
    with capture_logs() as logs:
        await door.take(door.back(ANN), dsn(refused))
    assert await stops(door, ANN) == ()
    (told,) = [line for line in logs if line["log_level"] == "warning"]
    assert (told["event"], told["status"]) == ("mail_refused_for_its_sender", "5.7.26")
    assert "@" not in repr(logs)


async def test_a_complaint_that_comes_to_the_return_path_is_one(door: InboundDoor) -> None:
    await door.take(door.back(ANN), arf(to=[BOB]))
    assert [entry.reason for entry in await stops(door, ANN)] == [Reason.COMPLAINED]
    assert await stops(door, BOB) == ()


async def test_a_token_of_somebody_else_in_the_returned_mail_is_passed_over(door: InboundDoor) -> None:
    await door.take(door.back(ANN), dsn(block(BOB), original=with_link(door, BOB)))
    assert await stops(door, BOB) == ()


async def test_nothing_is_done_while_the_store_is_away_and_all_of_it_after(
    door: InboundDoor, sink: Sink
) -> None:
    client = door.store.client
    door.go_away()
    assert (await door.take(door.back(ANN), GONE))[:2] == (451, "4.4.3")
    assert sink.taken == []
    door.store.client = client
    assert (await door.take(door.back(ANN), GONE)).code == 250
    assert len(await stops(door, ANN)) == len(sink.taken) == 1


async def test_a_next_hop_that_is_busy_does_not_undo_what_was_learnt(door: InboundDoor, sink: Sink) -> None:
    sink.answer("MAIL", ["450 4.3.0 Later", "250 2.1.0 Ok"])
    assert (await door.take(door.back(ANN), GONE)).code == 451
    assert len(await stops(door, ANN)) == 1
    assert (await door.take(door.back(ANN), GONE)).code == 250
    assert len(await bounced(door)) == len(sink.taken) == 1


# Without a token in the address


@pytest.mark.parametrize("to", [MAILBOX, f"fbl@{DOMAIN}"])
@pytest.mark.parametrize("proof", [with_link, with_mailto, with_feedback_id])
async def test_a_token_in_the_returned_mail_proves_it(door: InboundDoor, to: str, proof: Proof) -> None:
    await door.take(to, dsn(block(BOB), block(ANN), original=proof(door, ANN)))
    assert [entry.reason for entry in await stops(door, ANN)] == [Reason.UNDELIVERABLE]
    assert await stops(door, BOB) == ()


@pytest.mark.parametrize("to", [MAILBOX, f"fbl@{DOMAIN}"])
async def test_a_forged_bounce_changes_nothing(door: InboundDoor, sink: Sink, to: str) -> None:
    """Every field of it can be written by anybody."""
    altered = with_link(door, ANN).replace(b"/u/", b"/u/A")
    for number, original in enumerate(
        (SPENT, b"", altered, SPENT + b"CFBL-Feedback-ID: " + b"a" * 64 + b"\r\n")
    ):
        assert (await door.take(to, dsn(block(ANN), original=original, id=f"{number}@x"))).code == 250
    assert await stops(door, ANN) == ()
    assert [taken.to for taken in sink.taken] == ([TEAM] * 4 if to == MAILBOX else [])


NAMES = {
    "4ZkQ1x9bCz": "250 2.0.0 Ok: queued as 4ZkQ1x9bCz",
    "1tAbCd-000abC-Xy": "250 OK id=1tAbCd-000abC-Xy",
    "0102018c9e-77aa-000000": "250 Ok 0102018c9e-77aa-000000",
}


@pytest.mark.parametrize("name", NAMES)
async def test_a_decision_that_matches_proves_it(door: InboundDoor, sink: Sink, name: str) -> None:
    """The next hop's name of the mail stands in the log, and in what is returned: nobody else knew it."""
    sink.answer("END", [NAMES[name], "250 2.0.0 Ok"])
    await door.take(MAILBOX, b"From: x@example.org\r\n\r\nHello\r\n", "x@example.org")
    hop = f"Received: from gw.example by hop.example with ESMTP id {name};\r\n\tnow\r\n".encode()

    await door.take(MAILBOX, dsn(block(BOB), original=hop + SPENT, id="1@x"))
    assert await stops(door, BOB) == () == await stops(door, TEAM)
    await door.take(MAILBOX, dsn(block(TEAM), original=hop + SPENT, id="2@x"))
    assert [entry.reason for entry in await stops(door, TEAM)] == [Reason.UNDELIVERABLE]


@pytest.mark.parametrize("name", ["1700000000", "accepted", "mx.example.net", "delivery"])
async def test_what_anybody_can_guess_matches_nothing(door: InboundDoor, sink: Sink, name: str) -> None:
    sink.answer("END", [f"250 2.0.0 Ok: queued as {name}", "250 2.0.0 Ok"])
    await door.take(MAILBOX, b"From: x@example.org\r\n\r\nHello\r\n", "x@example.org")
    hop = f"Received: from gw.example by hop.example with ESMTP id {name};\r\n\tnow\r\n".encode()
    await door.take(MAILBOX, dsn(block(TEAM), original=hop + SPENT, id="2@x"))
    assert await stops(door, TEAM) == ()


# Loops


async def test_a_bounce_that_is_sent_back_to_us_ends_here(door: InboundDoor, sink: Sink) -> None:
    """By an app's mail server that forwards its MAIL FROM to the return path."""
    raw = GONE
    for _ in range(6):
        await door.take(door.back(ANN), raw)
        raw = sink.taken[-1].raw
    assert len(sink.taken) <= 3
    assert len(await stops(door, ANN)) == 1
    assert await stops(door, SHOP.mail_from) == ()
