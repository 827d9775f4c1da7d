"""`on_refusal = "discard"`: what a rule refuses is answered as if it were taken and goes nowhere; a webhook tells."""

import re

import pytest

from gateway.webhooks.events import drafts, type_of
from gateway.webhooks.subscriptions import EventType, Subscription, Webhooks
from suppression.address import parse_email
from suppression.store.outbox import Outbox
from tests.channels.relay.sink import Sink
from tests.gateway.smtp.front_door import FrontDoor

ANN, BOB, CID = "ann@example.net", "bob@example.net", "cid@example.net"
DISCARDED = re.compile(r"250 2\.0\.0 [0-9a-v]{16}")


def promotion(purpose: str = "") -> bytes:
    header = f"X-Gateway-Purpose: {purpose}\r\n" if purpose else ""
    return f"From: news@example.com\r\nSubject: Sale\r\nMessage-ID: <p1@example.com>\r\n{header}\r\nBuy.\r\n".encode()


@pytest.fixture
def door(door: FrontDoor) -> FrontDoor:
    names = ("quiet", "quiet-header", "shop")
    hooks = {name: Subscription(name, "brand", "https://app.example.com/", ()) for name in names}
    door.store.steps.events = drafts(Webhooks(hooks))
    return door


async def events_of(door: FrontDoor) -> list[tuple[str, str]]:
    """Which app hears of what."""
    outbox = Outbox(door.store)
    claimed = [entry for shard in door.store.shards.all for entry in await outbox.claim(shard.number, 50, 30)]
    found = [(entry.app, type_of(entry.event)) for entry in claimed if entry.event is not None]
    return sorted((app, kind.value) for app, kind in found if kind is not None)


async def test_all_discarded_at_rcpt_the_message_is_answered_with_an_id_and_goes_nowhere(
    door: FrontDoor, sink: Sink
) -> None:
    async with door.talk("quiet") as client:
        assert await client.envelope([ANN, BOB]) == ["250 2.1.5 Recipient OK"] * 2
        reply = await client.content(promotion())
        assert DISCARDED.fullmatch(reply), reply
        assert await client.say("NOOP") == "250 2.0.0 OK"
    assert sink.taken == []
    assert await door.kinds(ANN) == await door.kinds(BOB) == ["decided"]
    assert reply.split()[2] in [record.id for record in await door.store.log.of(_key(door, ANN))]
    assert await events_of(door) == [("quiet", EventType.REFUSED.value)] * 2


async def test_of_several_those_who_may_get_it_do_and_nobody_is_sent_a_report(
    door: FrontDoor, sink: Sink
) -> None:
    await door.consent(BOB)
    await events_of(door)
    async with door.talk("quiet") as client:
        reply = await client.mail([ANN, BOB, CID, ANN], promotion())
    assert reply.startswith("250 2.0.0 "), reply
    assert "queued as" in reply
    assert [(taken.mail_from, taken.to) for taken in sink.taken] == [("shop@example.com", BOB)]
    assert await door.kinds(ANN) == ["decided"]
    assert await events_of(door) == [("quiet", "refused")] * 2


async def test_what_is_refused_after_data_is_discarded_too(door: FrontDoor, sink: Sink) -> None:
    """The header names the purpose, so RCPT could not know."""
    await door.consent(BOB)
    await events_of(door)
    async with door.talk("quiet-header") as client:
        one = await client.mail([ANN], promotion("marketing/promotions"))
        some = await client.mail([ANN, BOB], promotion("marketing/promotions"))
        none = await client.mail([ANN, CID], promotion("marketing/promotions"))
    assert DISCARDED.fullmatch(one), one
    assert some.startswith("250 2.0.0 ")
    assert none.startswith("250 2.0.0 ")
    assert [(taken.mail_from, taken.to) for taken in sink.taken] == [("shop@example.com", BOB)]
    assert await events_of(door) == [("quiet-header", "refused")] * 4


async def test_what_the_next_hop_rejects_is_answered_as_ever(door: FrontDoor, sink: Sink) -> None:
    await door.consent(ANN)
    await events_of(door)
    sink.rcpt[ANN] = "550 5.1.1 no such user"
    async with door.talk("quiet") as client:
        assert (await client.mail([ANN], promotion())).startswith("550 5.1.1")
    assert await events_of(door) == [("quiet", "failed")]


async def test_nobody_is_told_that_it_was_taken_while_the_store_is_away(door: FrontDoor) -> None:
    async with door.talk("quiet") as client:
        assert (await client.say("MAIL FROM:<shop@example.com>")).startswith("250")
        door.go_away()
        assert (await client.say(f"RCPT TO:<{ANN}>")).startswith("451 4.4.3")


async def test_another_app_is_answered_with_the_refusal_and_told_too(door: FrontDoor) -> None:
    await door.stop(ANN)
    await events_of(door)
    async with door.talk("shop+marketing/promotions") as client:
        (reply,) = await client.envelope([ANN])
        assert reply.startswith("550 5.7.1")
        assert (await client.say("DATA")).startswith("503")
    assert await events_of(door) == [("shop", "refused")]


async def test_a_message_without_any_recipient_has_no_data(door: FrontDoor) -> None:
    async with door.talk("quiet") as client:
        await client.say("MAIL FROM:<shop@example.com>")
        assert (await client.say("DATA")).startswith("503")
        assert (await client.say("RCPT TO:<nobody>")).startswith("553")
        assert (await client.say("DATA")).startswith("503")


def _key(door: FrontDoor, address: str) -> bytes:
    return door.pipeline.recipient(parse_email(address)).key
