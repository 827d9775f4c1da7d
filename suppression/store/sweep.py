"""Ends hand-overs that have had no outcome for too long (a process was killed, the store was away): unknown."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from suppression.errors import NotFound, StoreUnavailable, Unavailable
from suppression.records import Record, RecordKind
from suppression.store import codec
from suppression.store.hand_over import REMEMBERED
from suppression.store.keys import ShardKeys, record_id
from suppression.store.store import Store

Find = Callable[[str], Awaitable[Record]]

_MOST_PUT_OFF = 1000  # of a shard


async def sweep(store: Store, limit: int = 100, find: Find | None = None) -> int:
    """One pass over all shards; how many hand-overs it ended.

    find  a record by its id; of the hot log alone where nothing is archived. A hand-over that began with a record that
          cannot be read now waits for the next pass: what is logged of its end says what was sent.
    """
    swept = 0
    for shard in store.shards.all:
        now = codec.milliseconds(store.server_now())
        put_off = 0
        while put_off < _MOST_PUT_OFF:
            due = await store.client.sends.execute(
                "ZRANGEBYSCORE", shard.hand_overs, "-inf", now, "LIMIT", put_off, limit
            )
            ended = [await _end(store, shard, member.decode(), find or store.log.find) for member in due]
            swept += ended.count(True)
            put_off += ended.count(None)
            if not ended.count(None) or len(due) < limit:
                break
    return swept


async def _end(store: Store, shard: ShardKeys, member: str, find: Find) -> bool | None:
    """False: it has ended already; None: it must wait."""
    order, marker, key = member.split("|")
    decision_id = record_id(shard.number, order)
    try:
        first = await find(decision_id)
    except NotFound:  # it is kept no longer: that it ended is all that can be said
        first = Record(RecordKind.HANDING_OVER, 0)
    except StoreUnavailable:
        raise
    except Unavailable:
        return None
    outcome = replace(
        first,
        id="",
        kind=RecordKind.UNKNOWN,
        at=codec.milliseconds(store.now()),
        text="no outcome was recorded",
    )
    return await store.end(bytes.fromhex(key), decision_id, marker, outcome, REMEMBERED)
