"""A bounce is linked to the mail that came back, where the log can tell which one that was; and never to a guess."""

import pytest

from channels.carrier import Outcome, Rejected, Sent
from gateway.archive.history import History
from gateway.roads.pipeline import Ask
from suppression.address import parse_email
from suppression.model import App, Channel
from suppression.records import Record, RecordKind
from suppression.store.hand_over import HandOver
from suppression.store.permit import Permit
from tests.gateway.inbound.reports import SPENT, block, dsn
from tests.gateway.smtp.inbound_door import InboundDoor

ANN = "ann@example.net"
PROMOTIONS, ORDERS = "marketing/promotions", "transactional/orders"
QUEUED = "250 2.0.0 Ok: queued as "


async def mail(
    door: InboundDoor,
    outcome: Outcome,
    *,
    purpose: str = PROMOTIONS,
    app: str = "news",
    copies: int = 1,
    message: str = "aaaaaaaaaaaaaaaaaaaaaaa1",
) -> str:
    """One that was decided and handed over; its decision's id."""
    ask = Ask(
        App(app, "brand", default_purpose=purpose),
        Channel.EMAIL,
        door.pipeline.catalogue.find(purpose),
        parse_email(ANN),
    )
    hand_over = HandOver(f"{outcome}{purpose}{app}", message, copies=copies)
    permit = await door.pipeline.permit(ask, hand_over)
    assert isinstance(permit, Permit)
    await door.pipeline.settle(ask, permit, hand_over, outcome)
    return permit.decision_id


def received(name: str) -> bytes:
    """What the next hop's bounce returns of the mail's head."""
    return f"Received: from gw.example by hop.example with ESMTP id {name};\r\n\tnow\r\n".encode() + SPENT


async def bounce(door: InboundDoor, original: bytes = SPENT) -> Record:
    """The record of one that comes to the return path of a promotion."""
    assert (await door.take(door.back(ANN), dsn(block(ANN), original=original))).code == 250
    records = await door.store.log.of(door.pipeline.recipient(parse_email(ANN)).key)
    (found,) = [record for record in records if record.kind is RecordKind.BOUNCED]
    return found


async def test_the_next_hop_s_own_name_of_it_tells_which(door: InboundDoor) -> None:
    first = await mail(door, Sent(QUEUED + "4ZkQ1x9bCz"))
    await mail(door, Sent(QUEUED + "4ZkQ1x9bDy"))
    assert (await bounce(door, received("4ZkQ1x9bCz"))).decision == first


async def test_our_own_id_of_a_mail_of_several_copies_tells_which(door: InboundDoor) -> None:
    copy = await mail(door, Sent("250 Ok"), copies=2, message="0123456789abcdef01234567")
    await mail(door, Sent("250 OK, later"))
    record = await bounce(door, received("0123456789abcdef01234567"))
    assert (record.decision, record.message) == (copy, "0123456789abcdef01234567")


@pytest.mark.parametrize("other", [(Rejected(550, "5.7.1", "no"), PROMOTIONS), (Sent("250 Ok"), ORDERS)])
async def test_the_only_mail_that_it_can_be_is_it(door: InboundDoor, other: tuple[Outcome, str]) -> None:
    await mail(door, other[0], purpose=other[1])
    one = await mail(door, Sent("250 Ok"))
    assert (await bounce(door)).decision == one


async def test_of_two_that_it_may_be_it_is_neither(door: InboundDoor) -> None:
    await mail(door, Sent("250 Ok"))
    await mail(door, Sent("250 OK, the second"))
    assert (await bounce(door)).decision == ""


async def test_what_is_forgotten_of_a_recipient_may_have_been_it(door: InboundDoor) -> None:
    """Only the last records are led to: one mail of that kind among them need not be the only one ever."""
    await mail(door, Sent("250 Ok"))
    for number in range(3):
        await mail(door, Sent(f"250 Ok {number}"), purpose=ORDERS)
    await mail(door, Sent("250 OK, the second"))
    assert (await bounce(door)).decision == ""


@pytest.mark.parametrize("name", ["1700000000", "accepted", "mx.example.net"])
async def test_what_anybody_can_guess_is_no_name(door: InboundDoor, name: str) -> None:
    await mail(door, Sent(QUEUED + name))
    await mail(door, Sent(QUEUED + "4ZkQ1x9bDy"))
    assert (await bounce(door, received(name))).decision == ""


async def test_who_asks_for_the_bounce_is_shown_the_mail_too(door: InboundDoor) -> None:
    decision = await mail(door, Sent("250 Ok"))
    record = await bounce(door)
    found = await History(door.store.log).history(record.id)
    assert [line.kind for line in found] == [RecordKind.HANDING_OVER, RecordKind.SENT, RecordKind.BOUNCED]
    assert found[0].id == found[1].decision == found[2].decision == decision
