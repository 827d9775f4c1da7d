"""What aiosmtpd leaves to us, and what clients do wrong on purpose (FAULTS.md "aiosmtpd 1.4.6", "SMTP")."""

import asyncio
import base64
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.roads.pipeline import Ask, Pipeline, Refused
from gateway.smtp.mail_server import REFUSAL
from suppression.store.hand_over import HandOver
from suppression.store.store import Store
from tests.channels.relay.sink import Sink
from tests.gateway.smtp.front_door import FrontDoor, Talker, order, relay_to, until

ANN = "ann@example.net"
SECRET = "redis://secret@store ann@example.net"

Limited = Callable[..., Any]


@pytest.fixture
def limited(store: Store, sink: Sink) -> Limited:
    """The front with other limits."""

    @asynccontextmanager
    async def make(**limits: Any) -> AsyncIterator[FrontDoor]:
        door = FrontDoor(store, relay_to(sink.port))
        door = FrontDoor(store, relay_to(sink.port), limits=replace(door.limits, **limits))
        async with door.open():
            yield door

    return make


class BrokenPipeline(Pipeline):
    """Fails with words that nobody may read."""

    at = "peek"

    async def peek(self, ask: Ask) -> Refused | None:
        if self.at == "peek":
            raise RuntimeError(SECRET)
        return await super().peek(ask)

    async def permit(self, ask: Ask, hand_over: HandOver) -> Any:
        if self.at == "permit":
            raise RuntimeError(SECRET)
        return await super().permit(ask, hand_over)


@pytest.mark.parametrize("at", ["peek", "permit"])
async def test_exception_of_ours_is_451_and_its_words_stay_here(store: Store, sink: Sink, at: str) -> None:
    """1: no 500, no text of it to the client, no address of it in the log; the session goes on."""
    door = FrontDoor(store, relay_to(sink.port))
    door.pipeline.__class__ = BrokenPipeline
    assert isinstance(door.pipeline, BrokenPipeline)
    door.pipeline.at = at
    with capture_logs() as logs:
        async with door.open(), door.talk("shop") as client:
            await client.say("MAIL FROM:<shop@example.com>")
            reply = await client.say(f"RCPT TO:<{ANN}>")
            if at == "permit":
                reply = await client.content(order())
            assert reply == "451 4.3.0 Local error, try again later"
            assert (await client.say("NOOP")).startswith("250")

    assert [entry["cause"] for entry in logs] == ["RuntimeError"]
    assert "example.net" not in str(logs)
    assert "test_faults.py" in logs[0]["where"]


async def test_slow_content_has_time_as_long_as_it_keeps_the_rate(limited: Limited, sink: Sink) -> None:
    """3: longer than the idle time and the grace, in small steps."""
    async with limited(idle=0.4, data_grace=0.4, data_rate=50) as door, door.talk("shop") as client:
        await client.envelope([ANN])
        await client.say("DATA")
        for _ in range(12):
            client.write(b"x" * 20 + b"\r\n")
            await asyncio.sleep(0.1)

        assert (await client.final(b"")).startswith("250")
    assert len(sink.taken) == 1


@pytest.mark.parametrize("drop", [b"x", b""])
async def test_dripping_and_silent_content_is_cut_off(limited: Limited, sink: Sink, drop: bytes) -> None:
    """3: below the rate, or nothing at all: 421."""
    async with limited(data_grace=0.3, data_rate=1000) as door, door.talk("shop") as client:
        await client.envelope([ANN])
        await client.say("DATA")

        async def drip() -> None:
            while True:
                client.write(drop)
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        assert (await client.reply()).startswith("421 4.4.2")
        assert await client.closed()
        dripping.cancel()
    assert sink.taken == []


async def test_idle_client_is_told_goodbye(limited: Limited) -> None:
    """Also in the middle of AUTH."""
    async with limited(idle=0.2) as door:
        async with door.talk() as client:
            assert (await client.reply()).startswith("421 4.4.2")
        async with door.talk() as client:
            await client.say("AUTH LOGIN")
            assert (await client.reply()).startswith("421 4.4.2")


async def test_relaying_is_not_idling(store: Store) -> None:
    """The clock stands still while it is our turn."""
    async with Sink(delay={"END": 0.6}) as sink:
        door = FrontDoor(store, relay_to(sink.port))
        quick = replace(door.limits, idle=0.2, data_grace=0.2)
        async with (
            FrontDoor(store, relay_to(sink.port), limits=quick).open() as door,
            door.talk("shop") as client,
        ):
            assert (await client.mail([ANN], order())).startswith("250")


async def test_endless_line_is_not_waited_for(door: FrontDoor) -> None:
    """500, closed; nothing of it is kept."""
    async with door.talk() as client:
        client.write(b"x" * 300_000)

        assert (await client.reply()).startswith("500 5.5.2")


async def test_long_auth_lines(door: FrontDoor) -> None:
    """RFC 4954 4: 12,288 octets are a line; more are none."""
    async with door.talk() as client:
        fits = base64.b64encode(b"\0shop\0" + b"x" * 9000).decode()
        assert (await client.say(f"AUTH PLAIN {fits}")).startswith("535")
        assert (await client.say("AUTH PLAIN " + "A" * 12_400)).startswith("500")
        assert (await client.say("AUTH PLAIN")).startswith("334")
        assert (await client.say("A" * 12_400)).startswith("500")
        assert await client.closed()


async def test_guessing_is_slowed_down_and_locked_out(limited: Limited) -> None:
    """4: by address, over connections; the right password does not help while it lasts."""
    async with limited(auth_failures=4, auth_delay=0.05, auth_failures_of_connection=2) as door:
        started = asyncio.get_running_loop().time()
        for _ in range(2):
            async with door.talk() as client:
                assert (await client.auth("shop", "wrong")).startswith("535")
                assert (await client.auth("shop", "wrong")).startswith("421")
        assert asyncio.get_running_loop().time() - started > 0.05 * (1 + 2 + 4 + 8)
        async with door.talk() as client:
            assert (await client.auth("shop")).startswith("421 4.7.0")


async def test_loopback_is_not_locked_out_in_dev(limited: Limited) -> None:
    """INTERFACE.md: no rate limits or lock-outs for loopback in dev."""
    async with limited(auth_failures=1, auth_delay=60, free_loopback=True) as door, door.talk() as client:
        assert (await client.auth("shop", "wrong")).startswith("535")
        assert (await client.auth("shop")).startswith("235")


async def test_right_password_ends_the_count(limited: Limited) -> None:
    """A person who mistyped is no guesser."""
    async with limited(auth_failures=2) as door:
        for _ in range(3):
            async with door.talk() as client:
                assert (await client.auth("shop", "wrong")).startswith("535")
                assert (await client.auth("shop")).startswith("235")


async def test_memory_of_all_messages_is_bounded(limited: Limited, sink: Sink) -> None:
    """11: 452 for what does not fit now; it is given back."""
    async with limited(memory=100_000) as door, door.talk("shop") as client:
        assert (await client.mail([ANN], order() + b"x" * 99_990 + b"\r\n")).startswith("452 4.3.1")
        assert (await client.mail([ANN], order("2@example.com"))).startswith("250")
        await client.envelope([ANN])
        await client.say("DATA")
        client.write(b"x" * 90_000)
        client.abort()
        await until(door.empty)
        assert door.server.memory.take(100_000)
    assert len(sink.taken) == 1


async def test_large_messages(door: FrontDoor, sink: Sink) -> None:
    """20 MiB go through; 30 MiB are read to the end and refused; a header block of 2 MB is relayed."""
    line = b"x" * 998 + b"\r\n"
    async with door.talk("shop") as client:
        assert (await client.mail([ANN], order() + line * 20_972)).startswith("250")
        assert (await client.mail([ANN], order("2@example.com") + line * 31_457)).startswith("552 5.3.4")
        fields = b"".join(b"X-Field-%d: %s\r\n" % (number, b"y" * 80) for number in range(20_000))
        assert (await client.mail([ANN], fields + order("3@example.com"))).startswith("250")
        long = b"X-Long: " + b"z" * 2_000_000 + b"\r\n"
        assert (await client.mail([ANN], long + order("4@example.com"))).startswith("250")

    assert sink.taken[0].raw.endswith(line * 20_972)
    assert long in sink.taken[2].raw


@pytest.mark.parametrize(
    "end",
    [b"\n.\n", b"\r.\r", b"\r.\n", b"\n.\r", b"\n.\r\n", b"\r\n.\n", b"\r.\r\n", b"\r\n.\r", b"\r\n\0.\r\n",
     b"\r\n.\0\r\n", b"\r\n.\r\r\n", b"\r\r\n.\r\r\n"],
)  # fmt: skip
async def test_no_second_message_is_smuggled_in(door: FrontDoor, sink: Sink, end: bytes) -> None:
    """5: content ends at CRLF.CRLF alone; inside it such an end is made harmless or the message is refused."""
    inner = (
        b"MAIL FROM:<eve@example.com>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\nFrom: eve@example.com\r\n\r\nx"
    )
    async with door.talk("shop") as client:
        await client.envelope([ANN])
        await client.say("DATA")
        reply = await client.final(order() + b"a" + end + inner + b"\r\n")
        assert (await client.say("NOOP")).startswith("250 2.0.0 OK")

    assert reply[:9] in {"250 2.0.0", "550 5.6.0"}
    assert [taken.to for taken in sink.taken] == [ANN] * (reply[:3] == "250")
    for taken in sink.taken:
        assert taken.raw.count(b"\n") == taken.raw.count(b"\r\n") == taken.raw.count(b"\r")


async def test_disconnect_at_every_step(door: FrontDoor, sink: Sink) -> None:
    """The server lives on, with nothing left of it."""
    steps = [b"EHLO x\r\n", b"MAIL FROM:<shop@example.com>\r\n", b"RCPT TO:<ann@example.net>\r\n", b"DATA\r\n",
             b"From: shop@example.com\r\n", b"\r\nHi\r\n", b"."]  # fmt: skip
    for many in range(len(steps) + 1):
        for end in (Talker.abort, Talker.close):
            async with door.talk("shop") as client:
                client.write(b"".join(steps[:many]))
                await asyncio.sleep(0)
                end(client)
    await until(door.empty)
    assert sink.taken == []


async def test_random_bytes_never_break_the_server(door: FrontDoor) -> None:
    """Every kind of noise is answered or cut off."""
    dice = random.Random(1)
    words = [b"EHLO x", b"MAIL FROM:<a@example.com>", b"RCPT TO:<b@example.net>", b"DATA", b"\r\n", b"\n", b"\0", b".",
             b"AUTH PLAIN ", b"\xff\xfe", b"<>", b"RSET", b" ", b"STARTTLS"]  # fmt: skip
    with capture_logs() as logs:
        for _ in range(60):
            async with door.talk("shop") as client:
                noise = b"".join(dice.choice([*words, dice.randbytes(5)]) for _ in range(40))
                client.write(noise + b"\r\n")
                client.writer.write_eof()
                await asyncio.wait_for(client.reader.read(), 20)
        async with door.talk("shop") as client:
            assert (await client.mail([ANN], order())).startswith("250")
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == []


async def test_going_down_finishes_what_is_under_way(store: Store) -> None:
    """Idle clients hear 421 at once; a message being relayed gets its reply first."""
    async with Sink(delay={"END": 0.3}) as sink, FrontDoor(store, relay_to(sink.port)).open() as door:
        async with door.talk("shop") as idle, door.talk("shop") as busy:
            sending = asyncio.create_task(busy.mail([ANN], order()))
            await sink.event("END").wait()
            draining = asyncio.create_task(door.server.drain(10))

            assert (await idle.reply()).startswith("421 4.3.2")
            assert (await sending).startswith("250")
            assert (await busy.reply()).startswith("421 4.3.2")
            await draining
        assert await door.kinds(ANN) == ["handing_over", "sent"]


async def test_going_down_does_not_wait_for_ever(store: Store) -> None:
    """A hop that hangs is left; the copy's record ends as unknown by the sweeper."""
    async with Sink({"END": "<hang>"}) as sink, FrontDoor(store, relay_to(sink.port)).open() as door:
        async with door.talk("shop") as client:
            await client.envelope([ANN])
            await client.say("DATA")
            client.write(order() + b".\r\n")
            await sink.event("END").wait()
            await asyncio.wait_for(door.server.drain(0.2), 5)
        assert await door.kinds(ANN) == ["handing_over"]


def test_refusal_for_the_acceptor_is_a_reply() -> None:
    """4: what a client over a cap of connections is told."""
    assert REFUSAL.startswith(b"421 4.7.0 ")
    assert REFUSAL.endswith(b"\r\n")
