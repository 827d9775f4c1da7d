"""An app whose receiver is away for days: its events are bounded, the oldest go, and it is told of."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from gateway.duties.bounding import bound
from gateway.roads.changes import Changes
from gateway.webhooks.events import drafts
from gateway.webhooks.subscriptions import Subscription, Webhooks
from suppression.address import parse
from suppression.decision import Reason
from suppression.model import Scope, Way
from suppression.outbox import Entry, State
from suppression.store.event_backlog import EventBacklog
from suppression.store.event_entries import EventEntries
from suppression.store.keys import record_id
from suppression.store.outbox import Outbox
from suppression.store.store import Store

NO_PAUSE = timedelta(milliseconds=1)


@pytest.fixture
def told(store: Store) -> Store:
    """Two apps hear of all."""
    apps = ("shop", "crm")
    hearing = Webhooks(
        {app: Subscription(app, "brand", "https://app.example.com/", (b"k" * 24,)) for app in apps}
    )
    store.steps.events = drafts(hearing)
    return store


async def stop(store: Store, number: int) -> None:
    recipient = store.keyring.recipient(parse(f"n{number}@example.net"))
    await Changes(store).suppress(
        recipient, Scope(), reason=Reason.UNSUBSCRIBED, way=Way.LINK, source="link", actor="recipient"
    )


async def waiting(store: Store) -> list[Entry]:
    """As a dispatcher finds them."""
    outbox = Outbox(store)
    return [entry for shard in store.shards.all for entry in await outbox.claim(shard.number, 100, 30)]


def records(entries: list[Entry], app: str) -> list[str]:
    return sorted(entry.decision_id for entry in entries if entry.app == app)


async def test_of_too_many_about_the_oldest_go_and_of_others_none(told: Store) -> None:
    for number in range(40):
        await stop(told, number)
    backlog = EventBacklog(told)
    assert await backlog.at_most() == 80
    with capture_logs() as logged:
        await bound(backlog, 30, NO_PAUSE)
    assert {(line["event"], line["app"], line["events"]) for line in logged} == {
        ("events_dropped", "crm", 10),
        ("events_dropped", "shop", 10),
    }
    assert await backlog.at_most() == 60
    found = await waiting(told)
    assert {app: len(records(found, app)) for app in ("shop", "crm")} == {"shop": 30, "crm": 30}
    dropped = await backlog.dropped()
    assert {app: one.events for app, one in dropped.items()} == {"shop": 10, "crm": 10}
    assert all(one.last for one in dropped.values())


async def test_in_each_shard_what_is_left_is_newer_than_what_went(told: Store) -> None:
    for number in range(30):
        await stop(told, number)
    await EventBacklog(told).bound(10)
    left = records(await waiting(told), "shop")
    assert len(left) == 10
    for shard in told.shards.all:
        lines = await told.client.bulk.read_one("XRANGE", shard.log, "-", "+")
        logged = [record_id(shard.number, order.decode()) for order, _ in lines]
        kept = [record for record in left if record in logged]
        assert kept == logged[len(logged) - len(kept) :]


async def test_what_somebody_has_in_hand_is_left_to_him_and_what_is_held_counts(told: Store) -> None:
    for number in range(10):
        await stop(told, number)
    entries = EventEntries(told)
    in_hand = await waiting(told)
    for entry in in_hand[:12]:
        await entries.give_up(entry, "503", attempts=10)
    backlog = EventBacklog(told)
    gone = await backlog.bound(1)
    assert sum(gone.values()) == 10
    assert await backlog.at_most() == 2
    outbox = Outbox(told)
    assert [(await outbox.entry(entry.id)).state for entry in in_hand[12:]] == [State.LEASED] * 8


async def test_fewer_than_the_bound_are_not_even_looked_at_and_one_process_at_a_time_looks(
    told: Store,
) -> None:
    for number in range(10):
        await stop(told, number)
    backlog = EventBacklog(told)
    await bound(backlog, 20, timedelta(hours=1))
    assert await backlog.is_my_turn(timedelta(hours=1))
    await bound(backlog, 5, timedelta(hours=1))
    assert await backlog.dropped() == {}
    assert await backlog.at_most() == 20
