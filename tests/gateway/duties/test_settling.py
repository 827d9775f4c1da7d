"""A lost answer is found out, or stays unknown; the text is never simply sent again. Calls are cancelled there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway.duties.times import Times
from suppression.outbox import Delivery, State
from tests.gateway.duties.office import Office, until
from tests.twilio_stand_in import Answer, Fault, StandIn

LOST = [Fault.CLOSE_AFTER, Fault.CUT, Fault.GARBAGE, Fault.NOT_HTTP]
QUICK = Times(lease=0.3, settle=0.2, look_up_after=0.6, give_up_after=2.0)
PATIENT = Times(lease=0.3, settle=0.2, look_up_after=60, give_up_after=900)


@asynccontextmanager
async def lost(office: Office, twilio: StandIn, fault: Fault, times: Times = QUICK) -> AsyncIterator[str]:
    """A text whose answer was lost, while a dispatcher goes on; its id."""
    twilio.next.append(Answer(fault=fault))
    accepted = await office.accept()
    async with office.dispatching(times=times):
        await office.until(accepted.id, State.SUBMITTING, State.SENT, State.UNKNOWN)
        yield accepted.id


def posts(twilio: StandIn) -> int:
    return sum(request.method == "POST" for request in twilio.requests)


@pytest.mark.parametrize("fault", LOST)
async def test_a_lost_answer_is_found_by_asking(office: Office, twilio: StandIn, fault: Fault) -> None:
    async with lost(office, twilio, fault) as message:
        await office.until(message, State.SENT)

    entry = await office.outbox.entry(message)
    assert entry.reference == twilio.sent[0].sid
    assert posts(twilio) == 1
    assert await office.kinds(message) == ["queued", "handing_over", "sent"]


async def test_what_twilio_never_got_is_unknown_and_never_sent_again(office: Office, twilio: StandIn) -> None:
    async with lost(office, twilio, Fault.CLOSE_BEFORE) as message:
        await office.until(message, State.UNKNOWN)
        await asyncio.sleep(0.7)

    assert posts(twilio) == 1
    assert twilio.sent == []
    assert [entry.id for entry in await office.outbox.held()] == [message]
    assert (await office.kinds(message))[-1] == "unknown"


async def test_an_agent_may_say_that_it_goes_again(office: Office, twilio: StandIn) -> None:
    async with lost(office, twilio, Fault.CLOSE_BEFORE) as message:
        await office.until(message, State.UNKNOWN)
        await office.outbox.retry(message, actor="agent")
        await office.until(message, State.SENT)

    assert len(twilio.sent) == 1


async def test_the_status_callback_settles_it_before_anybody_asks(office: Office, twilio: StandIn) -> None:
    async with lost(office, twilio, Fault.CLOSE_AFTER, PATIENT) as message:
        await until(lambda: bool(twilio.sent))
        sid = twilio.sent[0].sid
        assert await office.outbox.report(message, Delivery.DELIVERED, reference=sid) is not None
        await asyncio.sleep(0.7)
        assert await office.state(message) is State.SENT

    assert len(twilio.requests) == 1


async def test_until_a_minute_has_passed_nobody_asks(office: Office, twilio: StandIn) -> None:
    async with lost(office, twilio, Fault.CLOSE_AFTER, PATIENT) as message:
        await asyncio.sleep(1)

    assert await office.state(message) is State.SUBMITTING
    assert len(twilio.requests) == 1


async def test_twilio_that_cannot_be_asked_is_asked_again(office: Office, twilio: StandIn) -> None:
    twilio.rule = lambda request: Answer(status=500) if request.method == "GET" else None
    async with lost(office, twilio, Fault.CLOSE_AFTER) as message:
        await until(lambda: len(twilio.requests) >= 2)
        twilio.rule = lambda _: None
        await office.until(message, State.SENT)

    assert posts(twilio) == 1


async def test_the_same_text_twice_is_two_texts_there_and_here(office: Office, twilio: StandIn) -> None:
    """Both answers are lost, both are found: each id is one entry's."""
    twilio.next.append(Answer(fault=Fault.CLOSE_AFTER))
    second = await office.accept()
    async with lost(office, twilio, Fault.CLOSE_AFTER) as first:
        await office.until(first, State.SENT)
        await office.until(second.id, State.SENT)

    references = {(await office.outbox.entry(message)).reference for message in (first, second.id)}
    assert references == {record.sid for record in twilio.sent}
    assert len(references) == 2


async def test_another_entry_s_text_is_not_taken_for_the_lost_one(office: Office, twilio: StandIn) -> None:
    """The same words to the same number: one was sent and recorded, the other never reached Twilio."""
    async with lost(office, twilio, Fault.CLOSE_BEFORE) as message:
        sent = await office.accept()
        await office.until(sent.id, State.SENT)
        await office.until(message, State.SENT, State.UNKNOWN)

    assert len(twilio.sent) == 1
    assert (await office.outbox.entry(sent.id)).reference == twilio.sent[0].sid
    assert await office.state(message) is State.UNKNOWN


async def test_an_answer_that_comes_when_another_dispatcher_has_the_entry_still_counts(
    office: Office, twilio: StandIn
) -> None:
    """The lease ended meanwhile: that nobody may send it again does not make the answer untrue."""
    twilio.always = Answer(delay=1.0)
    accepted = await office.accept()
    async with office.dispatching(times=PATIENT):
        await office.until(accepted.id, State.SENT)

    assert posts(twilio) == 1
    assert await office.kinds(accepted.id) == ["queued", "handing_over", "sent"]


async def test_a_call_that_waits_at_twilio_is_cancelled_there_by_a_stop(
    office: Office, twilio: StandIn
) -> None:
    call = await office.call()
    async with office.dispatching():
        await office.until(call.id, State.SENT)
        await office.outbox.cancel(call.id, actor="app", reason="app")
        await office.until(call.id, State.CANCELLED)

    assert twilio.sent[0].status == "canceled"


async def test_a_call_that_somebody_answered_is_no_longer_cancelled(office: Office, twilio: StandIn) -> None:
    call = await office.call()
    async with office.dispatching():
        await office.until(call.id, State.SENT)
        twilio.sent[0].status = "in-progress"
        await office.outbox.cancel(call.id, actor="app", reason="app")
        await until(lambda: posts(twilio) == 2)
        await office.until(call.id, State.SENT)

    assert twilio.sent[0].status == "in-progress"


async def test_a_call_s_lost_answer_is_found_by_asking(office: Office, twilio: StandIn) -> None:
    twilio.next.append(Answer(fault=Fault.CLOSE_AFTER))
    call = await office.call()
    async with office.dispatching(times=QUICK):
        await office.until(call.id, State.SENT)

    assert (await office.outbox.entry(call.id)).reference == twilio.sent[0].sid
    assert posts(twilio) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_cancellation_that_twilio_puts_off_is_tried_again(
    office: Office, twilio: StandIn, status: int
) -> None:
    call = await office.call()
    async with office.dispatching(times=QUICK):
        await office.until(call.id, State.SENT)
        twilio.next.append(Answer(status=status))
        await office.outbox.cancel(call.id, actor="app", reason="app")
        await office.until(call.id, State.CANCELLED)

    assert twilio.sent[0].status == "canceled"


async def test_a_call_that_twilio_knows_no_more_is_not_cancelled_for_ever(
    office: Office, twilio: StandIn
) -> None:
    call = await office.call()
    async with office.dispatching(times=QUICK):
        await office.until(call.id, State.SENT)
        twilio.next.append(Answer(status=404, code=20404))
        await office.outbox.cancel(call.id, actor="app", reason="app")
        await until(lambda: posts(twilio) == 2)
        await office.until(call.id, State.SENT)
        await asyncio.sleep(0.5)

    assert posts(twilio) == 2


async def test_an_account_that_twilio_does_not_know_cannot_be_asked(office: Office, twilio: StandIn) -> None:
    """That is no answer: nobody may take it for "there is no such text"."""
    twilio.rule = lambda request: Answer(status=404, code=20404) if request.method == "GET" else None
    async with lost(office, twilio, Fault.CLOSE_AFTER) as message:
        await asyncio.sleep(QUICK.give_up_after + 1)
        assert await office.state(message) is State.SUBMITTING
        twilio.rule = lambda _: None
        await office.until(message, State.SENT)
