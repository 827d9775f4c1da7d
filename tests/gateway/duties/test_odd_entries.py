"""Entries that are not as they should be, or whose recipient cannot be reached now: each is dealt with by itself."""

from datetime import timedelta

from channels.carrier import Postponed
from channels.twilio.outcomes import find
from suppression.outbox import Entry, State
from tests.gateway.duties.office import Office, bodies
from tests.twilio_stand_in import StandIn

UNREACHABLE = 21214  # of a call; said at once


async def test_one_that_cannot_be_read_keeps_no_other(office: Office, twilio: StandIn) -> None:
    """A number that this version's rules for numbers know no more: it waits for one that does."""
    odd = await office.outbox.entry((await office.accept(body="odd")).id)
    shard = office.store.shards.of(odd.recipient.key)
    sealed = office.store.sealer.evidence({"to": "nobody's number", "body": "odd"}, odd.recipient.key)
    await office.store.client.sends.execute("HSET", shard.entry(odd.recipient.key, odd.number), "b", sealed)
    other = await office.accept("+12025550144", body="fine")
    async with office.dispatching():
        await office.until(other.id, State.SENT, seconds=30)
        again = await office.accept("+12025550145", body="fine again")
        await office.until(again.id, State.SENT, seconds=30)

    assert bodies(twilio) == ["fine", "fine again"]


async def attempt(office: Office, message: str) -> Entry:
    """Handed over, and answered that the recipient cannot be reached now."""
    (leased,) = [entry for entry in await office.claim() if entry.id == message]
    permit = await office.sending.submit(leased, 30)
    assert permit is not None
    row = find(UNREACHABLE)
    await office.sending.settle(leased, permit, Postponed(row.code, row.effect, row.meaning))
    return await office.outbox.entry(message)


async def test_who_cannot_be_reached_now_is_tried_once_more_and_later(office: Office) -> None:
    call = await office.call()
    first = await attempt(office, call.id)
    assert first.state is State.WAITING
    assert first.due is not None
    assert first.due - office.store.now() > timedelta(minutes=14)

    await office.outbox.release(first, office.store.now())
    second = await attempt(office, call.id)
    assert (second.state, second.reason, second.content) == (State.FAILED, str(UNREACHABLE), None)
    assert (await office.kinds(call.id))[-1] == "rejected"
