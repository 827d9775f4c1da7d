"""Somebody texts "delete my data": all stops at once, and the erasure is asked for once an agent says it was meant."""

from gateway.assembly.phone_ways_in import erasure_question
from gateway.confirmations.confirming import Confirmations
from gateway.roads.reviews import Decision, Reviewing
from suppression.records import RecordKind
from suppression.store.reviews import Review, Reviews
from tests.gateway.http.twilio.world import SENDERS, SHOP, Hooked
from tests.gateway.http.world import RealWorld

EVERYTHING = {("*", "*", "unsubscribed", "sms")}


async def decided(gateway: Hooked, real: RealWorld, to: str = SHOP) -> Review:
    """An agent has decided that it was meant."""
    await gateway.text("delete my data", to=to)
    reviews = Reviews(gateway.store)
    confirmations = real.doors.confirmations
    assert isinstance(confirmations, Confirmations)
    ask = erasure_question(confirmations, SENDERS, gateway.store)
    ((review,), _) = await reviews.waiting(1)
    reviewing = Reviewing(gateway.store, reviews, gateway.changes, ask)
    await reviewing.decide(review.id, Decision.DELETE, note="", actor="agent", change_id=None)
    return review


async def test_the_number_is_asked_whether_it_is_meant(gateway: Hooked, real: RealWorld) -> None:
    await decided(gateway, real)

    (purpose, text) = (await gateway.answers())[-1]
    assert purpose == "system/erasure-confirmation"
    assert "/c/" in text
    assert await gateway.stops() == EVERYTHING
    assert RecordKind.REQUESTED not in [record.kind for record in await gateway.records()]


async def test_who_was_asked_already_is_not_asked_again(gateway: Hooked, real: RealWorld) -> None:
    await decided(gateway, real)
    await decided(gateway, real)

    purposes = [purpose for purpose, _ in await gateway.answers()]
    assert purposes.count("system/erasure-confirmation") == 1


async def test_who_cannot_be_asked_is_told_to_agents(gateway: Hooked, real: RealWorld) -> None:
    """It came to a number that settings do not have: there is no sender to ask in the name of."""
    review = await decided(gateway, real, "+12025550999")

    (requested,) = [record for record in await gateway.records() if record.kind is RecordKind.REQUESTED]
    assert requested.details == {"what": "erasure", "review": review.id}
