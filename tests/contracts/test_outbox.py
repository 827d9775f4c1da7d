"""The outbox on a real store: who is first at an entry, and that nobody is second."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from channels.carrier import Postponed, Rejected, Sent, Unknown
from gateway.phones.sending import MOST_ATTEMPTS, Sending
from gateway.roads.pipeline import Ask
from suppression.address import parse
from suppression.errors import Conflict, IdempotencyMismatch, NotFound
from suppression.model import App, Channel, Scope, Way
from suppression.outbox import Delivery, Draft, State
from suppression.records import RecordKind
from suppression.store.permit import Permit
from suppression.store.store import Store
from tests.conftest import APP, SENDER
from tests.contracts.outbox_house import CATALOGUE, NUMBER, PROMOTIONS, House


@pytest.fixture
def house(store: Store) -> House:
    return House(store)


async def test_an_accepted_text_waits_sealed_and_is_handed_out_once(house: House) -> None:
    accepted = await house.accept()

    assert accepted.outcome == "accepted"
    assert (await house.outbox.entry(accepted.id)).state is State.WAITING
    one, other = await asyncio.gather(house.claim(), House(house.store).claim())
    (entry,) = one + other
    assert entry.id == accepted.id
    assert entry.state is State.LEASED
    assert entry.content == {"body": "Your order is on its way."}
    assert entry.recipient.address is not None
    assert entry.recipient.address.text == NUMBER


async def test_a_text_is_sent_on_a_permit_and_leaves_nothing_but_its_state(house: House) -> None:
    accepted = await house.accept()
    (entry,) = await house.claim()

    permit = await house.sending.submit(entry, 30)
    assert isinstance(permit, Permit)
    assert permit.message == accepted.id
    await house.sending.settle(entry, permit, Sent("queued", "SM1"))

    after = await house.outbox.entry(accepted.id)
    assert (after.state, after.reference, after.content) == (State.SENT, "SM1", None)
    assert await house.outbox.waiting(entry.recipient) == []
    assert await house.claim() == []
    assert await house.kinds(accepted.id) == [RecordKind.QUEUED, RecordKind.HANDING_OVER, RecordKind.SENT]


async def test_the_same_number_and_body_get_the_same_answer(house: House) -> None:
    first = await house.accept(body="b1", repeats=True)
    await house.stop(Scope())
    again = await house.accept(body="b1", repeats=True)

    assert (again.id, again.outcome, again.decision_id) == (first.id, first.outcome, first.decision_id)
    assert again.repeated
    with pytest.raises(IdempotencyMismatch):
        await house.accept(body="b2", repeats=True)


async def test_a_refusal_is_repeated_too(house: House) -> None:
    first = await house.accept(purpose=PROMOTIONS, repeats=True)
    await house.consent()
    again = await house.accept(purpose=PROMOTIONS, repeats=True)

    assert first.outcome == again.outcome == "refused"
    assert (first.id, first.reason) == (again.id, again.reason) == (first.decision_id, "no_consent")


@pytest.mark.parametrize("leased", [False, True])
async def test_a_stop_cancels_what_waits_in_its_own_step(house: House, *, leased: bool) -> None:
    accepted = await house.accept()
    entry = (await house.claim())[0] if leased else None
    await house.stop(Scope(frozenset({Channel.SMS})))

    after = await house.outbox.entry(accepted.id)
    assert (after.state, after.reason, after.content) == (State.CANCELLED, "stopped", None)
    assert (await house.kinds(accepted.id))[-1] is RecordKind.CANCELLED
    if entry is not None:
        assert await house.sending.submit(entry, 30) is None
    assert await house.claim() == []


@pytest.mark.parametrize(
    "scope",
    [
        Scope(frozenset({Channel.VOICE})),
        Scope(purpose="marketing"),
        Scope(purpose="transactional/order"),
        Scope(sender="another"),
        Scope(app="another"),
    ],
)
async def test_a_stop_of_something_else_cancels_nothing(house: House, scope: Scope) -> None:
    accepted = await house.accept()
    await house.stop(scope)

    assert (await house.outbox.entry(accepted.id)).state is State.WAITING


async def test_a_password_reset_passes_a_stop_of_everything_but_no_erasure(house: House) -> None:
    accepted = await house.accept(purpose="transactional/security")
    await house.stop(Scope())
    assert (await house.outbox.entry(accepted.id)).state is State.WAITING

    recipient = house.pipeline.recipient(parse(NUMBER, "sms"))
    await house.changes.erase(recipient, way=Way.AGENT, source="test", actor="agent")
    after = await house.outbox.entry(accepted.id)
    assert (after.state, after.content) == (State.CANCELLED, None)


async def test_a_stop_between_lease_and_submit_is_seen_by_the_second_decision(house: House) -> None:
    await house.consent()
    accepted = await house.accept(purpose=PROMOTIONS)
    entries = await house.claim()
    if not entries:  # outside the hours for marketing: it waits
        assert accepted.outcome == "deferred"
        return
    await house.stop(Scope(purpose="marketing"))
    assert await house.sending.submit(entries[0], 30) is None


async def test_who_lost_the_lease_cannot_submit(house: House) -> None:
    accepted = await house.accept()
    (slow,) = await house.claim(lease=0)
    (quick,) = await house.claim()

    assert quick.id == slow.id == accepted.id
    assert await house.sending.submit(slow, 30) is None
    assert await house.sending.submit(quick, 30) is not None


async def test_an_answer_that_was_lost_is_settled_by_the_report(house: House) -> None:
    accepted = await house.accept()
    (entry,) = await house.claim()
    permit = await house.sending.submit(entry, 0)
    assert permit is not None
    await house.sending.settle(entry, permit, Unknown("no answer"))
    assert (await house.outbox.entry(accepted.id)).state is State.SUBMITTING
    (again,) = await house.claim()
    assert again.state is State.SUBMITTING

    assert await house.outbox.report(accepted.id, Delivery.DELIVERED, reference="SM1") is not None
    after = await house.outbox.entry(accepted.id)
    assert (after.state, after.delivery, after.reference) == (State.SENT, Delivery.DELIVERED, "SM1")
    assert await house.claim() == []
    with pytest.raises(Conflict):
        await house.outbox.report(accepted.id, Delivery.READ, reference="SM2")


async def test_late_and_repeated_reports_change_nothing(house: House) -> None:
    accepted = await house.accept()
    (entry,) = await house.claim()
    permit = await house.sending.submit(entry, 30)
    assert permit is not None
    await house.sending.settle(entry, permit, Sent("queued", "SM1"))
    for delivery in (Delivery.DELIVERED, Delivery.SENT, Delivery.DELIVERED, Delivery.QUEUED):
        await house.outbox.report(accepted.id, delivery, reference="SM1")

    assert (await house.outbox.entry(accepted.id)).delivery is Delivery.DELIVERED
    assert (await house.kinds(accepted.id)).count(RecordKind.DELIVERED) == 1


async def test_one_id_of_the_next_hop_settles_one_entry(house: House) -> None:
    for number in (1, 2):
        await house.accept(number)
    entries = await house.claim()
    for entry in entries:
        permit = await house.sending.submit(entry, 0)
        assert permit is not None
    lost = await house.claim()

    assert [await house.sending.found(entry, "SM9") for entry in lost] == [True, False]


async def test_what_nobody_can_find_out_is_for_agents_who_may_send_it_again(house: House) -> None:
    accepted = await house.accept()
    (entry,) = await house.claim()
    assert await house.sending.submit(entry, 0) is not None
    (lost,) = await house.claim()
    await house.sending.give_up(lost)

    (held,) = await house.outbox.held()
    assert (held.id, held.state) == (accepted.id, State.UNKNOWN)
    assert await house.claim() == []
    await house.outbox.retry(accepted.id, actor="agent")
    assert await house.outbox.held() == []
    (entry,) = await house.claim()
    assert entry.content is not None
    with pytest.raises(Conflict):
        await house.outbox.retry(accepted.id, actor="agent")


async def test_what_was_stopped_meanwhile_leaves_nothing_to_be_sent_again(house: House) -> None:
    """Whoever is erased while an answer is lost: number and words go when nobody can find it out."""
    accepted = await house.accept()
    (entry,) = await house.claim()
    assert await house.sending.submit(entry, 0) is not None
    recipient = house.pipeline.recipient(parse(NUMBER, "sms"))
    await house.changes.erase(recipient, way=Way.AGENT, source="test", actor="agent")
    (lost,) = await house.claim()
    await house.sending.give_up(lost)

    after = await house.outbox.entry(accepted.id)
    assert (after.state, after.content) == (State.UNKNOWN, None)
    assert [held.id for held in await house.outbox.held()] == [accepted.id]
    assert await house.outbox.waiting(recipient) == []
    with pytest.raises(Conflict):
        await house.outbox.retry(accepted.id, actor="agent")


async def test_a_later_try_waits_and_at_last_it_is_dead(house: House) -> None:
    accepted = await house.accept()
    for attempt in range(1, MOST_ATTEMPTS + 1):
        (entry,) = await house.claim()
        permit = await house.sending.submit(entry, 30)
        assert permit is not None
        after = await house.sending.settle(entry, permit, Postponed(429, "", "slow down"))
        if attempt < MOST_ATTEMPTS:
            assert after.state is State.WAITING
            assert after.due is not None
            assert after.due > house.store.now()
            await house.store.set_clock(after.due + timedelta(seconds=1))
    assert after.state is State.DEAD
    assert after.content is not None
    assert [entry.id for entry in await house.outbox.held()] == [accepted.id]


async def test_what_the_next_hop_refuses_is_over(house: House) -> None:
    accepted = await house.accept()
    (entry,) = await house.claim()
    permit = await house.sending.submit(entry, 30)
    assert permit is not None
    after = await house.sending.settle(entry, permit, Rejected(21211, "", "invalid"))

    assert (after.state, after.reason, after.content) == (State.FAILED, "21211", None)
    assert (await house.kinds(accepted.id))[-1] is RecordKind.REJECTED


async def test_a_stop_cancels_a_call_that_the_next_hop_has(house: House) -> None:
    security = "transactional/security"
    accepted = await house.accept(purpose=security, channel="voice")
    (entry,) = await house.claim()
    permit = await house.sending.submit(entry, 30)
    assert permit is not None
    await house.sending.settle(entry, permit, Sent("queued", "CA1"))
    await house.outbox.cancel(accepted.id, actor="app", reason="app")

    (entry,) = await house.claim()
    assert (entry.state, entry.reference) == (State.CANCELLING, "CA1")
    await house.sending.cancelled_at_hop(entry, done=True)
    assert (await house.outbox.entry(accepted.id)).state is State.CANCELLED
    assert await house.claim() == []


async def test_a_call_that_could_not_be_cancelled_any_more_was_sent_once(house: House) -> None:
    accepted = await house.accept(purpose="transactional/security", channel="voice")
    (entry,) = await house.claim()
    permit = await house.sending.submit(entry, 30)
    assert permit is not None
    await house.sending.settle(entry, permit, Sent("queued", "CA1"))
    await house.outbox.cancel(accepted.id, actor="app", reason="app")
    (entry,) = await house.claim()
    await house.sending.cancelled_at_hop(entry, done=False, text="completed")

    assert (await house.outbox.entry(accepted.id)).state is State.SENT
    assert (await house.kinds(accepted.id)).count(RecordKind.SENT) == 1


async def test_cancelled_by_the_app_only_before_it_left(house: House) -> None:
    accepted = await house.accept()
    assert (await house.outbox.cancel(accepted.id, actor="app", reason="app")).state is State.CANCELLED
    with pytest.raises(Conflict):
        await house.outbox.cancel(accepted.id, actor="app", reason="app")
    with pytest.raises(NotFound):
        await house.outbox.entry("msg_" + "0" * 39)


async def test_due_later_is_handed_out_later(house: House) -> None:
    later = house.store.now() + timedelta(hours=2)
    accepted = await house.accept(due=later)

    assert (accepted.outcome, accepted.until) == ("deferred", accepted.until)
    assert accepted.until is not None
    assert abs(accepted.until - later) < timedelta(milliseconds=2)
    assert await house.claim() == []
    await house.store.set_clock(later + timedelta(seconds=1))
    assert len(await house.claim()) == 1


async def test_a_confirmation_that_comes_too_late_is_not_sent(house: House) -> None:
    now = house.store.now()
    accepted = await house.accept(deadline=now + timedelta(minutes=5))
    await house.store.set_clock(now + timedelta(minutes=6))
    (entry,) = await house.claim()

    assert await house.sending.submit(entry, 30) is None
    assert (await house.outbox.entry(accepted.id)).reason == "too_late"


async def test_many_at_once_are_answered_in_order_and_equal_ones_are_one(house: House) -> None:
    draft = Draft(b"12345678", {"body": "Hello"}, repeats=True)
    numbers = [f"+1202555{n:04}" for n in range(100, 150)] * 2
    answers = await house.sending.accept_many([(house.ask(number=number), draft) for number in numbers])

    assert [answer.id for answer in answers[:50]] == [answer.id for answer in answers[50:]]
    assert len({answer.id for answer in answers}) == 50


async def test_the_earliest_entry_of_a_shard_wakes_who_listens(house: House) -> None:
    wakes = house.outbox.wakes()
    first = asyncio.ensure_future(anext(wakes))
    await asyncio.sleep(0.2)
    await house.accept()

    shard = house.store.shards.of(house.pipeline.recipient(parse(NUMBER, "sms")).key)
    assert await asyncio.wait_for(first, 2) == shard.number
    await wakes.aclose()  # type: ignore[attr-defined]


async def test_an_app_that_left_the_settings_sends_nothing_more(house: House) -> None:
    accepted = await house.accept()
    (entry,) = await house.claim()
    without = Sending(house.pipeline, house.outbox, {"other": replace(APP, name="other")})

    assert await without.submit(entry, 30) is None
    assert (await house.outbox.entry(accepted.id)).state is State.REFUSED


async def test_the_gateways_own_answer_passes_the_stop_that_it_confirms(house: House) -> None:
    stop = await house.stop(Scope(frozenset({Channel.SMS})))
    ask = Ask(
        App("gateway", SENDER.name),
        Channel.SMS,
        CATALOGUE.find("system/stop-confirmation"),
        parse(NUMBER, "sms"),
        system=True,
        answers=stop,
    )
    accepted = await house.sending.accept(ask, Draft(b"confirm1", {"body": "Stopped."}, answers=stop))
    (entry,) = await house.claim()

    assert (accepted.outcome, entry.system, entry.answers) == ("accepted", True, stop)
    assert await house.sending.submit(entry, 30) is not None
