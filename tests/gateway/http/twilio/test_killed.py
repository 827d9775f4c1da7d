"""The gateway is killed at every script of a webhook, and Twilio comes again: all that was to happen has, once."""

from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from gateway.roads.reviews import Decision, Reviewing
from suppression.store.reviews import Reviews
from tests.gateway.http.twilio.test_texts import STOPPED
from tests.gateway.http.twilio.world import FREE, Hooked, hooked
from tests.gateway.http.world import RealWorld
from tests.model.mortal_lane import Killed, MortalLane

MOST_SCRIPTS = 7


@pytest.fixture
async def mortal(real: RealWorld) -> AsyncIterator[tuple[Hooked, MortalLane]]:
    """One lane for all: each script of the webhook counts."""
    client = real.store.client
    lane = MortalLane(client.stops)
    client.stops = client.sends = lane
    made = await hooked(real)
    async with made.client:
        yield made, lane


async def die(gateway: Hooked, lane: MortalLane, text: str, sid: str, script: int, *, late: bool) -> bool:
    """Whether it died before its answer: nobody is answered with success then."""
    lane.left, lane.late = script, late
    try:
        answer = await gateway.text(text, to=FREE, sid=sid)
        died = answer.status_code != 200
    except Killed:
        died = True
    await lane.revive()
    return died


@pytest.mark.parametrize("late", ["before", "after"])
@pytest.mark.parametrize("script", range(1, MOST_SCRIPTS))
async def test_a_stop_is_stored_and_confirmed_once(
    mortal: tuple[Hooked, MortalLane], script: int, late: str
) -> None:
    gateway, lane = mortal
    died = await die(gateway, lane, "please stop texting me", "SM1", script, late=late == "after")
    if not died:
        assert await gateway.stops() == STOPPED
    for _ in range(2):
        assert (await gateway.text("please stop texting me", to=FREE, sid="SM1")).status_code == 200

    assert await gateway.stops() == STOPPED
    assert len(await gateway.answers()) == 1


@pytest.mark.parametrize("late", ["before", "after"])
@pytest.mark.parametrize("script", range(1, 6))
async def test_what_is_unclear_is_queued_and_paused_once(
    mortal: tuple[Hooked, MortalLane], script: int, late: str
) -> None:
    gateway, lane = mortal
    await die(gateway, lane, "how do I stop this?", "SM1", script, late=late == "after")
    queued, _ = await Reviews(gateway.store).waiting(10)
    assert len(queued) == len(await gateway.entries()), "never one without the other"
    await gateway.text("how do I stop this?", to=FREE, sid="SM1")

    queued, _ = await Reviews(gateway.store).waiting(10)
    assert len(queued) == len(await gateway.entries()) == 1


@pytest.mark.parametrize("late", ["before", "after"])
@pytest.mark.parametrize("script", range(1, 8))
async def test_a_decision_that_was_begun_is_finished_by_saying_it_again(
    mortal: tuple[Hooked, MortalLane], script: int, late: str
) -> None:
    gateway, lane = mortal
    await gateway.text("how do I stop this?", to=FREE, sid="SM1")
    ((review,), _) = await Reviews(gateway.store).waiting(10)
    reviewing = Reviewing(gateway.store, Reviews(gateway.store), gateway.changes)

    async def decide() -> None:
        await reviewing.decide(review.id, Decision.STOP, note="", actor="agent", change_id="k1")

    lane.left, lane.late = script, late == "after"
    with suppress(Killed):
        await decide()
    await lane.revive()
    await decide()

    assert await gateway.stops() == STOPPED
    assert (await Reviews(gateway.store).waiting(10))[0] == []
