"""Ids of records while the store's clock is behind its log."""

from suppression.address import parse
from suppression.changes import Suppress
from suppression.decision import Reason
from suppression.model import Recipient, Scope, Way
from suppression.store.apply import apply
from suppression.store.keys import parse_record_id
from suppression.store.store import Store

AHEAD = 4_000_000_000_000  # ms: many years from now


async def test_a_clock_that_was_set_back_stops_nothing_when_a_millisecond_is_full(store: Store) -> None:
    """After 65,536 records of one shard the next millisecond begins: stops are taken, and ids still sort."""
    ann = store.keyring.recipient(parse("ann@example.net"))
    shard = store.shards.of(ann.key)
    await store.client.bulk.execute("XADD", shard.log, f"{AHEAD}-65534", "r", b"{}")
    for number in range(3):
        await stopped(store, ann, f"marketing/p{number}")
    found = [record.id for record in await store.log.of(ann.key)][::-1]
    assert [parse_record_id(text)[1] for text in found] == [
        *(f"{AHEAD}-65535", f"{AHEAD + 1}-0", f"{AHEAD + 1}-1")
    ]
    facts = await store.facts(ann)
    assert [record.id for record in await store.log.records(found)] == found
    assert list(facts.recent) == [parse_record_id(text)[1] for text in found]
    assert len(facts.suppressions) == 3


async def stopped(store: Store, recipient: Recipient, purpose: str) -> None:
    scope = Scope(frozenset(), purpose)
    change = Suppress(scope, Reason.UNSUBSCRIBED, Way.AGENT, "test", "tester", store.now())
    await apply(store, recipient, change)
