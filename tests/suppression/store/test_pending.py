"""What waits for a recipient's word: kept for its time, and not past what happens to the recipient."""

from datetime import timedelta

from suppression.changes import Suppress
from suppression.decision import Reason
from suppression.model import Recipient, Scope, Way
from suppression.records import Record, RecordKind
from suppression.store import pending
from suppression.store.apply import apply
from suppression.store.store import Store

ONE, TWO = b"12345678", b"abcdefgh"
WEEK = timedelta(days=7)
RECORD = Record(RecordKind.WITHDRAWN, at=1)


async def put(store: Store, ann: Recipient, number: bytes = ONE, kept: timedelta = WEEK) -> bool:
    facts = await store.facts(ann)
    return await pending.put(store, ann.key, facts.version, number, {"form": "x"}, kept)


async def test_each_ends_at_its_own_time(store: Store, ann: Recipient) -> None:
    assert await put(store, ann, ONE, timedelta(milliseconds=1))
    assert await put(store, ann, TWO)

    assert await pending.get(store, ann.key, ONE) is None
    assert [number for number, _ in await pending.all_of(store, ann.key)] == [TWO]
    assert await put(store, ann, b"87654321")
    fields = await store.client.stops.execute("HKEYS", store.shards.of(ann.key).pending(ann.key))
    assert sorted(fields) == [b"87654321", TWO], "what has ended goes with the next"
    left = await store.client.stops.execute("PTTL", store.shards.of(ann.key).pending(ann.key))
    assert 0 < left <= WEEK.total_seconds() * 1000


async def test_nothing_is_kept_of_a_recipient_that_moved(store: Store, ann: Recipient) -> None:
    version = (await store.facts(ann)).version
    await apply(store, ann, Suppress(Scope(), Reason.ERASED, Way.AGENT, "api", "agent", store.now()))

    assert not await pending.put(store, ann.key, version, ONE, {"form": "x"}, WEEK)
    assert await pending.get(store, ann.key, ONE) is None


async def test_what_stands_apart_outlasts_an_erasure(store: Store, ann: Recipient) -> None:
    await put(store, ann, ONE)
    await pending.put_apart(store, ann.key, TWO, {"kind": "erasure"}, WEEK)
    await apply(store, ann, Suppress(Scope(), Reason.ERASED, Way.AGENT, "api", "agent", store.now()))

    assert await pending.get(store, ann.key, ONE) is None
    assert await pending.get(store, ann.key, TWO) == {"kind": "erasure"}
    await pending.finish(store, ann.key, TWO, {"kind": "done"})
    assert await pending.get(store, ann.key, TWO) == {"kind": "done"}


async def test_what_is_finished_does_not_come_back(store: Store, ann: Recipient) -> None:
    await put(store, ann, ONE)
    await pending.drop(store, ann.key, ONE)
    await pending.finish(store, ann.key, ONE, {"form": "y"})

    assert await pending.get(store, ann.key, ONE) is None


async def test_what_is_cancelled_can_be_cancelled_again_and_not_confirmed(
    store: Store, ann: Recipient
) -> None:
    await put(store, ann, ONE)
    for _ in range(2):
        assert await pending.cancel(store, ann.key, ONE, None, RECORD, "id", WEEK)

    assert await pending.get(store, ann.key, ONE) is None
    assert len(await store.log.of(ann.key)) <= 1
