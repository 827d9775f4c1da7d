"""Events in the outbox, on every store: made with their record or not at all, and nobody else's to end."""

import asyncio
from dataclasses import replace

import pytest

from gateway.webhooks.events import drafts
from gateway.webhooks.subscriptions import Subscription, Webhooks
from suppression.address import parse
from suppression.decision import Reason
from suppression.errors import Conflict, NotFound
from suppression.model import Channel, Recipient, Scope, Way
from suppression.outbox import Entry, EventDraft, State
from suppression.records import Record, RecordKind
from suppression.store import codec
from suppression.store.event_entries import EventEntries
from suppression.store.store import Store
from suppression.store.transitions import Lost
from tests.contracts.outbox_house import NUMBER, House

SHOP = Subscription("shop", "brand", "https://app.example.com/", ())
CRM = replace(SHOP, app="crm")
OF_BRAND = Scope(frozenset({Channel.SMS}), "marketing", "brand")


@pytest.fixture
def house(store: Store) -> House:
    store.steps.events = drafts(Webhooks({"shop": SHOP, "crm": CRM}))
    return House(store)


@pytest.fixture
def entries(store: Store) -> EventEntries:
    return EventEntries(store)


async def keys(store: Store) -> int:
    return int(await store.client.sends.execute("DBSIZE"))


async def test_a_stop_makes_an_event_for_each_app_in_its_own_step(house: House) -> None:
    await house.stop(OF_BRAND)
    claimed = await house.claim()
    assert {entry.app for entry in claimed} == {"shop", "crm"}
    ann = house.pipeline.recipient(parse(NUMBER, "sms"))
    (logged,) = await house.store.log.of(ann.key)
    for entry in claimed:
        assert (entry.state, entry.sender, entry.decision_id) == (State.LEASED, "brand", logged.id)
        assert entry.event == logged
        assert entry.event is not None
        assert entry.event.kind is RecordKind.SUPPRESSED


async def test_a_repeat_of_the_stop_makes_none(house: House) -> None:
    await house.stop(OF_BRAND)
    assert len(await house.claim()) == 2
    await house.stop(OF_BRAND)
    assert await house.claim() == []


async def test_the_same_record_logged_twice_by_its_id_is_told_once(house: House, ann: Recipient) -> None:
    record = Record(RecordKind.BOUNCED, 1, recipient=ann.key.hex(), sender="brand", app="shop")
    for _ in range(3):
        await house.store.log_record(ann.key, record, seen="told-before")
    assert len(await house.claim()) == 1


async def test_steps_that_come_at_once_make_as_many_events_as_records(house: House) -> None:
    """Some of them find the recipient moved, and are run again."""
    scopes = [Scope(frozenset({Channel.SMS}), purpose, "brand") for purpose in ("marketing", "service", "*")]
    await asyncio.gather(*(house.stop(scope) for scope in scopes * 4))
    ann = house.pipeline.recipient(parse(NUMBER, "sms"))
    new = [record for record in await house.store.log.of(ann.key) if not record.repeated]
    claimed = [*await house.claim(), *await house.claim()]
    assert len(new) == 3
    assert sorted(entry.decision_id for entry in claimed) == sorted(2 * [record.id for record in new])


async def test_a_stop_of_everything_and_an_erasure_leave_events_alone(house: House) -> None:
    """They are no messages to the recipient; and they do not count as such."""
    await house.stop(OF_BRAND)
    await house.stop(Scope())
    ann = house.pipeline.recipient(parse(NUMBER, "sms"))
    await house.changes.erase(ann, way=Way.AGENT, source="test", actor="agent", change_id="e1")
    claimed = [*await house.claim(), *await house.claim()]
    assert len(claimed) == 6
    assert all(entry.state is State.LEASED for entry in claimed)
    assert (await house.store.facts(ann)).waiting == 0


async def test_whoever_is_erased_is_named_to_the_apps_once_and_then_nothing_is_left(
    house: House, entries: EventEntries
) -> None:
    await house.stop(OF_BRAND)
    ann = house.pipeline.recipient(parse(NUMBER, "sms"))
    await house.changes.erase(ann, way=Way.AGENT, source="test", actor="agent", change_id="e1")
    told = {entry.event.kind: entry for entry in await house.claim() if entry.event and entry.app == "shop"}
    named = {kind: await entries.address(entry) for kind, entry in told.items()}
    assert named[RecordKind.SUPPRESSED] is None  # of before the erasure: not any more
    assert named[RecordKind.ERASED] == ann.address
    shard = house.store.shards.of(ann.key)
    await house.store.client.sends.execute("DEL", shard.erased)
    await entries.told(told[RecordKind.ERASED])
    assert await house.store.client.sends.execute("EXISTS", shard.erased)  # the file is to be rewritten again


async def test_an_event_that_was_told_leaves_nothing_in_memory(house: House, entries: EventEntries) -> None:
    await house.stop(OF_BRAND)
    before = await keys(house.store)
    for entry in await house.claim():
        await entries.told(entry)
    shards = house.store.shards.all
    waiting = await house.store.client.sends.read(
        [("EXISTS", key) for shard in shards for key in (shard.due, shard.leased, shard.held)]
    )
    assert sum(waiting) == 0
    assert before - await keys(house.store) == 3  # two entries, and their shard's leases


async def test_what_is_put_off_comes_back_when_it_is_due(house: House, entries: EventEntries) -> None:
    await house.stop(OF_BRAND)
    first, second = await house.claim()
    await entries.put_off(first, 60, attempts=1)
    await entries.put_off(second, 0, attempts=2)
    (again,) = await house.claim()
    assert (again.id, again.attempts) == (second.id, 2)


async def test_a_lease_that_ended_is_somebody_elses_and_told_again(
    house: House, entries: EventEntries
) -> None:
    """As when a process is killed between its claim and the receiver's answer."""
    await house.stop(OF_BRAND)
    lost = await house.claim(lease=0.01)
    await asyncio.sleep(0.05)
    again = await house.claim()
    assert {entry.id for entry in again} == {entry.id for entry in lost}
    assert [entry.decision_id for entry in again] == [entry.decision_id for entry in lost]
    with pytest.raises(Lost):
        await entries.told(lost[0])
    with pytest.raises(Lost):
        await entries.put_off(lost[0], 1, attempts=1)
    for entry in again:
        await entries.told(entry)
    await entries.told(again[0])  # its first answer was lost: no harm


async def test_what_nobody_took_is_held_for_agents_who_may_have_it_tried_again(
    house: House, entries: EventEntries
) -> None:
    await house.stop(OF_BRAND)
    records = len(await house.store.log.of(house.pipeline.recipient(parse(NUMBER, "sms")).key))
    entry, _ = await house.claim()
    await entries.give_up(entry, "500", attempts=10)
    (held,) = await house.outbox.held()
    assert (held.id, held.state, held.reason, held.attempts) == (entry.id, State.DEAD, "500", 10)
    assert await house.claim() == []
    await house.outbox.retry(entry.id, actor="agent")
    (again,) = await house.claim()
    assert (again.id, again.attempts, again.decision_id) == (entry.id, 0, entry.decision_id)
    assert len(await house.store.log.of(entry.recipient.key)) == records  # the log is of messages and people


async def test_an_event_is_no_message_that_could_be_cancelled(house: House) -> None:
    await house.stop(OF_BRAND)
    entry, _ = await house.claim()
    with pytest.raises(NotFound):
        await house.outbox.cancel(entry.id, actor="agent", reason="cancelled")
    with pytest.raises(Conflict):
        await house.outbox.retry(entry.id, actor="agent")


async def test_what_is_told_again_has_the_same_record_and_waits_once(
    house: House, entries: EventEntries
) -> None:
    await house.stop(OF_BRAND)
    for entry in await house.claim():
        await entries.told(entry)
    (record,) = await house.store.log.of(house.pipeline.recipient(parse(NUMBER, "sms")).key)
    draft = EventDraft("shop", "brand")
    assert await entries.put_again(record, draft)
    assert not await entries.put_again(record, draft)
    (again,) = await house.claim()
    assert (again.event, again.decision_id, again.app) == (record, record.id, "shop")


async def test_events_come_when_they_are_due_beside_texts(house: House) -> None:
    text = await house.accept()
    await house.stop(OF_BRAND)
    claimed: list[Entry] = await house.claim()
    assert sum(entry.event is None for entry in claimed) == 1
    assert text.id in {entry.id for entry in claimed}
    assert len(claimed) == 3


async def test_a_store_of_which_no_app_wants_to_hear_makes_none(store: Store) -> None:
    house = House(store)
    await house.stop(OF_BRAND)
    assert await house.claim() == []


async def test_the_sandbox_clock_holds_no_event_back(house: House) -> None:
    await house.store.set_clock(codec.moment(codec.milliseconds(house.store.server_now()) + 86_400_000))
    await house.stop(OF_BRAND)
    assert len(await house.claim()) == 2


async def test_a_refusal_that_an_app_may_repeat_is_told_once(house: House) -> None:
    """A text refused under an Idempotency-Key, asked for again."""
    await house.store.follow_clock()
    ann = house.pipeline.recipient(parse(NUMBER, "sms"))
    await house.changes.suppress(
        ann, Scope(), reason=Reason.UNSUBSCRIBED, way=Way.SMS, source="test", actor="recipient"
    )
    before = len(await house.claim())
    for _ in range(2):
        assert (await house.accept(7, repeats=True)).outcome == "refused"
    refused = await house.claim()
    assert (before, [entry.app for entry in refused]) == (2, ["shop"])
