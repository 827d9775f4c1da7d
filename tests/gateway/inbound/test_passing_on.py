"""What is passed on: once, to whom it belongs, and never in circles."""

from collections.abc import AsyncIterator

import pytest

from suppression.store.store import Store
from suppression.store.ways_back import WayBack
from tests.channels.relay.sink import Sink
from tests.gateway.smtp.front_door import relay_to
from tests.gateway.smtp.inbound_door import DOMAIN, MAILBOX, SHOP, TEAM, InboundDoor

ANN = "ann@example.net"
NOTICE = b"From: MAILER-DAEMON@mx.example.net\r\nSubject: failed\r\n\r\nNo such user\r\n"


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with Sink() as sink:
        yield sink


@pytest.fixture
async def door(store: Store, sink: Sink) -> AsyncIterator[InboundDoor]:
    async with InboundDoor(store, relay_to(sink.port)).open() as door:
        yield door


async def sent(door: InboundDoor, to: str, mail_from: str = "", raw: bytes = NOTICE) -> str:
    client = await door.client()
    return await client.mail([to], raw, mail_from)


async def test_a_bounce_from_somebody_goes_on_from_nobody(door: InboundDoor, sink: Sink) -> None:
    """Some mail servers put a sender there; whatever comes of it must not go back and forth."""
    await sent(door, door.back(ANN), "postmaster@mx.example.net")
    assert [(taken.mail_from, taken.to) for taken in sink.taken] == [("", SHOP.mail_from)]


async def test_what_is_forgotten_is_taken_and_goes_nowhere(door: InboundDoor, sink: Sink) -> None:
    assert (await sent(door, door.back(ANN, WayBack("old@example.com", "news", "brand")))).startswith("250")
    assert sink.taken == []


@pytest.mark.parametrize("mail_from", [MAILBOX, f"fbl@{DOMAIN}", "a" * 64 + f"@b.{DOMAIN}"])
async def test_a_bounce_never_goes_to_an_address_of_ours(
    door: InboundDoor, sink: Sink, mail_from: str
) -> None:
    way = WayBack(mail_from, "news", "brand")
    await door.ways_back.keep(way)
    assert (await sent(door, door.back(ANN, way))).startswith("250")
    assert sink.taken == []


async def test_a_bounce_reaches_an_app_that_stopped_everything_else(door: InboundDoor, sink: Sink) -> None:
    """It is about mail of its own: a stop of everything does not hide it."""
    await door.stop(SHOP.mail_from)
    assert (await sent(door, door.back(ANN))).startswith("250")
    assert [taken.to for taken in sink.taken] == [SHOP.mail_from]


async def test_mail_to_the_mailbox_goes_on_from_whom_it_came(door: InboundDoor, sink: Sink) -> None:
    for mail_from in (ANN, "", "no address at all@@"):
        raw = NOTICE.replace(b"failed", b"of " + mail_from.encode())
        assert (await sent(door, MAILBOX, mail_from, raw)).startswith("250")
    assert [(taken.mail_from, taken.to) for taken in sink.taken] == [(ANN, TEAM), ("", TEAM), ("", TEAM)]
    assert all(taken.raw.endswith(b"\r\n\r\nNo such user\r\n") for taken in sink.taken)


async def test_the_log_says_what_was_passed_on(door: InboundDoor) -> None:
    await sent(door, door.back(ANN))
    assert await door.kinds(SHOP.mail_from) == ["handing_over", "sent"]
