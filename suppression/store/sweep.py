"""Ends hand-overs that have had no outcome for too long (a process was killed, the store was away): unknown."""

from dataclasses import replace

from suppression.records import RecordKind
from suppression.store import codec
from suppression.store.hand_over import REMEMBERED
from suppression.store.keys import ShardKeys, record_id
from suppression.store.store import Store


async def sweep(store: Store, limit: int = 100) -> int:
    """One pass over all shards; how many hand-overs it ended."""
    swept = 0
    for shard in store.shards.all:
        now = codec.milliseconds(store.server_now())
        due = await store.client.sends.execute(
            "ZRANGEBYSCORE", shard.hand_overs, "-inf", now, "LIMIT", 0, limit
        )
        for member in due:
            swept += await _end(store, shard, member.decode())
    return swept


async def _end(store: Store, shard: ShardKeys, member: str) -> bool:
    order, marker, key = member.split("|")
    decision_id = record_id(shard.number, order)
    first = await store.log.find(decision_id)
    outcome = replace(
        first,
        id="",
        kind=RecordKind.UNKNOWN,
        at=codec.milliseconds(store.now()),
        text="no outcome was recorded",
    )
    return await store.end(bytes.fromhex(key), decision_id, marker, outcome, REMEMBERED)
