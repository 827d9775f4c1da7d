"""Texts and calls that are due leave, decided again, once; what may not leave stays or ends as it should."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from suppression.model import CallSettings, Scope, Sender
from suppression.outbox import State
from tests.gateway.duties.office import BRAND, Office, bodies, until
from tests.twilio_stand_in import Answer, StandIn


def paced(per_second: float) -> Sender:
    return replace(BRAND, calls=CallSettings(numbers=("+12025550101",), per_second=per_second))


async def test_a_text_that_is_due_leaves_at_once(office: Office, twilio: StandIn) -> None:
    async with office.dispatching():
        await asyncio.sleep(0.2)
        accepted = await office.accept()
        loop = asyncio.get_running_loop()
        began = loop.time()
        await office.until(accepted.id, State.SENT)
        assert loop.time() - began < 1  # woken by a hint, not by the next look

    (text,) = twilio.sent
    assert text.to == "+12025550143"
    assert text.sender == "+12025550100"
    assert text.body == "Your order is on its way."
    assert (await office.outbox.entry(accepted.id)).reference == text.sid
    assert text.form["StatusCallback"].endswith(f"?m={accepted.id}&k=k#rc=5&rp=all")


async def test_what_waited_before_the_dispatcher_came_leaves_too(office: Office, twilio: StandIn) -> None:
    messages = await office.accept_many(50)
    async with office.dispatching():
        for message in messages:
            await office.until(message, State.SENT)

    assert len(twilio.sent) == 50
    assert len({text.to for text in twilio.sent}) == 50


async def test_a_text_for_later_leaves_when_it_is_due(office: Office, twilio: StandIn) -> None:
    async with office.dispatching():
        due = office.store.now() + timedelta(seconds=1.5)
        accepted = await office.accept(due=due)
        assert accepted.outcome == "deferred"
        await asyncio.sleep(1)
        assert twilio.sent == []
        await office.until(accepted.id, State.SENT)

    assert twilio.sent[0].made >= due.timestamp() - 0.01
    assert twilio.sent[0].made - due.timestamp() < 1.5


async def test_a_sender_with_a_service_texts_by_it(office: Office, twilio: StandIn) -> None:
    accepted = await office.accept(app="other")
    async with office.dispatching():
        await office.until(accepted.id, State.SENT)

    assert twilio.sent[0].form["MessagingServiceSid"].startswith("MG")
    assert "From" not in twilio.sent[0].form


async def test_a_stop_while_it_is_leased_keeps_it_from_leaving(office: Office, twilio: StandIn) -> None:
    accepted = await office.accept()
    (entry,) = await office.claim()
    await office.stop()
    desk = office.desk()
    await desk._dispatcher._deal_with(entry)

    assert twilio.requests == []
    assert await office.state(accepted.id) is State.CANCELLED


async def test_a_stop_that_came_after_acceptance_is_obeyed(office: Office, twilio: StandIn) -> None:
    """A stop of another scope does not cancel it in its own step: the decision right before sending does."""
    accepted = await office.accept(due=office.store.now() + timedelta(seconds=0.5))
    await office.stop(scope=Scope())
    async with office.dispatching():
        await asyncio.sleep(1)

    assert twilio.requests == []
    assert await office.state(accepted.id) is State.CANCELLED


async def test_a_text_that_twilio_refuses_for_good_has_failed(office: Office, twilio: StandIn) -> None:
    twilio.next.append(Answer(status=400, code=21211))
    accepted = await office.accept()
    async with office.dispatching():
        await office.until(accepted.id, State.FAILED)
        await asyncio.sleep(0.1)

    assert len(twilio.requests) == 1
    assert (await office.outbox.entry(accepted.id)).reason == "21211"


async def test_a_text_that_twilio_puts_off_is_tried_again(office: Office, twilio: StandIn) -> None:
    twilio.next.extend([Answer(status=429, code=20429)])
    accepted = await office.accept()
    async with office.dispatching():
        await office.until(accepted.id, State.SENT)

    assert len(twilio.requests) == 2
    assert await office.kinds(accepted.id) == ["queued", "handing_over", "postponed", "handing_over", "sent"]


async def test_a_text_with_an_unusable_sender_waits_and_is_not_lost(office: Office, twilio: StandIn) -> None:
    accepted = await office.accept()
    office.ways.clear()
    async with office.dispatching():
        await asyncio.sleep(0.3)

    entry = await office.outbox.entry(accepted.id)
    assert entry.state is State.WAITING
    assert entry.due is not None
    assert entry.due > office.store.now() + timedelta(seconds=30)
    assert twilio.requests == []


async def test_calls_are_begun_no_faster_than_the_account_may(office: Office, twilio: StandIn) -> None:
    office.senders = office.senders | {"brand": paced(5)}
    calls = [await office.call(f"+120255501{n:02d}") for n in range(8)]
    async with office.dispatching():
        for call in calls:
            await office.until(call.id, State.SENT)

    begun = sorted(record.made for record in twilio.sent)
    assert begun[-1] - begun[0] >= 7 * 0.2 - 0.3  # the first one had to connect
    assert max(sum(since <= other < since + 0.9 for other in begun) for since in begun) <= 6
    await until(lambda: len(twilio.sent) == 8)


async def test_slow_calls_do_not_keep_texts_waiting(office: Office, twilio: StandIn) -> None:
    office.senders = office.senders | {"brand": paced(0.5)}
    for n in range(30):
        await office.call(f"+120255501{n:02d}")
    async with office.dispatching():
        accepted = await office.accept()
        await office.until(accepted.id, State.SENT, seconds=2)

    assert bodies(twilio).count("Your order is on its way.") == 1
