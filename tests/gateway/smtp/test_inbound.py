"""The port for mail that comes back, against clients that vanish, smuggle, guess, hurry and make noise."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.smtp.limits import Limits, Rates
from suppression.address import parse_email
from suppression.store.keys import handle
from suppression.store.store import Store
from tests.channels.relay.sink import Sink
from tests.gateway.smtp.certificate import client_context, server_context
from tests.gateway.smtp.front_door import relay_to, until
from tests.gateway.smtp.inbound_door import MAILBOX, TEAM, InboundDoor

ANN, BOB = "ann@example.net", "bob@example.net"
STOP = b"From: ann@example.net\r\nMessage-ID: <1@example.net>\r\nSubject: unsubscribe\r\n\r\n"


@pytest.fixture(params=[False, True], ids=["smtp", "lmtp"])
def lmtp(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
async def door(store: Store, sink: Sink, lmtp: bool) -> AsyncIterator[InboundDoor]:  # noqa: FBT001
    async with InboundDoor(store, relay_to(sink.port), lmtp=lmtp).open() as door:
        yield door


async def suppressed(door: InboundDoor, address: str = ANN) -> list[dict[str, str]]:
    key = door.pipeline.recipient(parse_email(address)).key
    records = await door.store.log.of(key)
    kept = [record for record in records if record.kind == "suppressed"]
    return [{"way": one.way, "source": one.source, "actor": one.actor, "scope": one.scope} for one in kept]


async def test_a_stop_says_by_which_way_it_came(door: InboundDoor) -> None:
    client = await door.client()
    await client.mail([door.mailto(ANN)], STOP, ANN)

    assert await suppressed(door) == [
        {
            "way": "mailto",
            "source": "mail",
            "actor": "recipient",
            "scope": "email|marketing/promotions|brand|*",
        }
    ]
    assert await door.would(ANN, "marketing/surveys") == "would_send"


async def test_the_same_mail_again_has_one_effect(door: InboundDoor) -> None:
    """As a mail server repeats what it thinks was not answered; also after somebody lifted the stop."""
    client = await door.client()
    for _ in range(3):
        assert (await client.mail([door.mailto(ANN)], STOP, ANN)).startswith("250")
    assert len(await suppressed(door)) == 1
    recipient = door.pipeline.recipient(parse_email(ANN))
    (stop,) = (await door.store.facts(recipient)).suppressions
    await door.changes.lift(
        handle("sup_", recipient.key, stop.id), actor="agent", reason="asked", evidence={}
    )

    await client.mail([door.mailto(ANN)], STOP, ANN)
    assert await door.would(ANN) == "would_send"
    await client.mail([door.mailto(ANN)], STOP.replace(b"<1@", b"<2@"), ANN)
    assert await door.would(ANN) == "unsubscribed"


async def test_another_mail_under_a_message_id_that_was_used_before_stops(door: InboundDoor) -> None:
    """Promise 3: it is answered 250, so it is done."""
    client = await door.client()
    await client.mail([door.mailto(ANN)], STOP, ANN)
    recipient = door.pipeline.recipient(parse_email(ANN))
    (stop,) = (await door.store.facts(recipient)).suppressions
    lifted = handle("sup_", recipient.key, stop.id)
    await door.changes.lift(lifted, actor="agent", reason="asked", evidence={})

    assert (await client.mail([door.mailto(ANN)], STOP + b"Once more.\r\n", ANN)).startswith("250")
    assert await door.would(ANN) == "unsubscribed"


async def test_a_client_that_is_gone_before_its_reply_has_stopped_all_the_same(door: InboundDoor) -> None:
    client = await door.client()
    await client.envelope([door.mailto(ANN)], ANN)
    await client.say("DATA")
    client.write(STOP + b".\r\n")
    await client.writer.drain()
    client.abort()

    async def stopped() -> bool:
        return await door.would(ANN) == "unsubscribed"

    await until(stopped)


@pytest.mark.parametrize(
    "end",
    [b"\n.\n", b"\r.\r", b"\r.\n", b"\n.\r", b"\n.\r\n", b"\r\n.\n", b"\r.\r\n", b"\r\n.\r", b"\r\n\0.\r\n",
     b"\r\n.\0\r\n", b"\r\n.\r\r\n", b"\r\r\n.\r\r\n"],
)  # fmt: skip
async def test_no_second_message_is_smuggled_in(door: InboundDoor, sink: Sink, end: bytes) -> None:
    """Content ends at CRLF.CRLF alone; what is passed on has sound lines."""
    inner = (
        f"MAIL FROM:<eve@example.com>\r\nRCPT TO:<{door.mailto(BOB)}>\r\nDATA\r\nFrom: eve\r\n\r\nx".encode()
    )
    client = await door.client()
    await client.envelope([MAILBOX], ANN)
    await client.say("DATA")
    reply = await client.final(STOP + b"a" + end + inner + b"\r\n")
    assert (await client.say("NOOP")).startswith("250 2.0.0 OK")

    assert reply[:9] in {"250 2.0.0", "550 5.6.0"}
    assert [taken.to for taken in sink.taken] == [TEAM] * (reply[:3] == "250")
    for taken in sink.taken:
        assert taken.raw.count(b"\n") == taken.raw.count(b"\r\n") == taken.raw.count(b"\r")
    assert await door.would(BOB) == "would_send"


async def test_random_bytes_never_break_the_server(door: InboundDoor, sink: Sink) -> None:
    """Every kind of noise is answered or cut off; nothing of it stops anybody or is relayed."""
    dice = random.Random(1)
    words = [b"EHLO x", b"LHLO x", b"MAIL FROM:<a@example.com>", b"MAIL FROM:<>", b"RCPT TO:<b@example.net>",
             b"RCPT TO:<x@u.in.example.com>", b"RCPT TO:<fbl@in.example.com>", b"DATA", b"\r\n", b"\n", b"\0", b".",
             b"\xff\xfe", b"<>", b"RSET", b" ", b"STARTTLS", b"AUTH PLAIN "]  # fmt: skip
    with capture_logs() as logs:
        for _ in range(60):
            client = await door.client()
            client.write(b"".join(dice.choice([*words, dice.randbytes(5)]) for _ in range(40)) + b"\r\n")
            client.writer.write_eof()
            await asyncio.wait_for(client.reader.read(), 20)
            assert [entry for entry in logs if entry["log_level"] == "error"] == []
    assert sink.taken == []
    assert await door.would(ANN) == "would_send"


async def test_a_fault_of_ours_is_451_for_its_recipient_and_its_words_stay_here(
    door: InboundDoor, sink: Sink
) -> None:
    """The others keep what they were answered."""
    address = parse_email("shop@example.com")
    door.ways_back.find = broken  # type: ignore[method-assign, assignment]
    client = await door.client()
    with capture_logs() as logs:
        await client.envelope([door.back(BOB), door.mailto(ANN)], ANN)
        reply = await client.content(STOP)
        replies = [reply, await client.reply()] if door.lmtp else [reply]
    assert replies == ["451 4.3.0 Local error, try again later", "250 2.0.0 OK"][: len(replies)]
    assert [entry["cause"] for entry in logs if "cause" in entry] == ["RuntimeError"]
    assert address.text not in str(logs)
    assert await door.would(ANN) == "unsubscribed"
    assert sink.taken == []


async def broken(_number: bytes) -> None:
    raise RuntimeError("secret of shop@example.com")


async def test_no_word_of_a_mail_and_no_address_is_logged(door: InboundDoor) -> None:
    client = await door.client()
    with capture_logs() as logs:
        await client.mail([door.mailto(ANN)], STOP, "")
        await client.mail([door.back(ANN)], STOP, "")
        await client.mail([door.mailto(ANN)], STOP, ANN)
        await client.say("MAIL FROM:<ann@example.net>")
        await client.say("RCPT TO:<bob@example.net>")
    assert "example.net" not in str(logs)
    assert door.mailto(ANN).partition("@")[0] not in str(logs)


async def test_tls_is_offered_to_mail_servers(store: Store, sink: Sink, tmp_path: Path) -> None:
    door = InboundDoor(store, relay_to(sink.port), tls=server_context(tmp_path))
    async with door.open():
        client = await door.client()
        assert "STARTTLS" in await client.say("EHLO mx.example.net")
        assert (await client.say("STARTTLS")).startswith("220")
        await client.writer.start_tls(client_context(tmp_path), server_hostname="localhost")
        assert (await client.say("MAIL FROM:<ann@example.net>")).startswith("503")
        assert "STARTTLS" not in await client.say("EHLO mx.example.net")
        assert (await client.mail([MAILBOX], STOP, ANN)).startswith("250")
        assert b"with ESMTPS id" in sink.taken[0].raw


async def test_slow_and_silent_servers_are_cut_off(store: Store, sink: Sink) -> None:
    door = InboundDoor(store, relay_to(sink.port))
    door = InboundDoor(store, relay_to(sink.port), limits=replace(door.limits, idle=0.2, data_grace=0.2))
    async with door.open():
        client = await door.client()
        assert (await client.reply()).startswith("421 4.4.2")
        client = await door.client()
        await client.envelope([MAILBOX], ANN)
        await client.say("DATA")
        assert (await client.reply()).startswith("421 4.4.2")
    assert sink.taken == []


async def test_going_down_finishes_what_is_under_way(store: Store) -> None:
    async with Sink(delay={"END": 0.3}) as sink, InboundDoor(store, relay_to(sink.port)).open() as door:
        client = await door.client()
        sending = asyncio.create_task(client.mail([MAILBOX], STOP, ANN))
        await sink.event("END").wait()
        await door.inbound.drain(10)
        assert (await sending).startswith("250")


def test_rates_are_of_one_client_and_one_minute() -> None:
    rates = Rates(Limits(mails_a_minute=2))
    assert [rates.take("192.0.2.1") for _ in range(3)] == [True, True, False]
    assert rates.take("192.0.2.2")
    assert all(Rates(Limits()).take("192.0.2.1") for _ in range(1000))
    free = Rates(Limits(mails_a_minute=1, free_loopback=True))
    assert [free.take("127.0.0.1") for _ in range(3)] == [True, True, True]
