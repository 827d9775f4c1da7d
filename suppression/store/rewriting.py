"""The append-only file holds what was erased until it is rewritten: when that is due, and doing it.

An erasure leaves in its shard when it was the first since the last rewrite (key `x`). A rewrite first sets these
aside (`y`), so that an erasure that comes while it runs waits for the next one, and removes them when it is done.
"""

import asyncio
import secrets
from datetime import timedelta

from suppression.errors import StoreUnavailable
from suppression.store import codec
from suppression.store.client import Lane
from suppression.store.keys import ShardKeys
from suppression.store.store import Store

AFTER = timedelta(hours=12)  # DESIGN: within a day; as many erasures as may come share one rewrite
_LONGEST = 3600.0  # seconds that a rewrite may take
_POLL = 0.2


async def rewrite_if_due(store: Store, after: timedelta = AFTER) -> bool:
    """Rewrite the append-only file when an erasure is older than that; whether it was done, by this process.

    StoreUnavailable when it failed: what is due stays due.
    """
    lane, shards = store.client.stops, store.shards.all
    oldest = await _oldest(lane, shards)
    now = codec.milliseconds(store.server_now())
    if oldest is None or now - oldest < after.total_seconds() * 1000:
        return False
    token, lock = secrets.token_hex(8), shards[0].rewrite_lock
    if await lane.execute("SET", lock, token, "NX", "PX", int(_LONGEST * 2000)) is None:
        return False
    try:
        await _rewrite(lane, shards)
    finally:
        await _unlock(lane, lock, token)
    return True


async def _oldest(lane: Lane, shards: tuple[ShardKeys, ...]) -> int | None:
    """Milliseconds; None when nothing was erased since the last rewrite."""
    keys = [key for shard in shards for key in (shard.erased, shard.being_rewritten)]
    found = await lane.read([["GET", key] for key in keys])
    return min((int(value) for value in found if value is not None), default=None)


async def _rewrite(lane: Lane, shards: tuple[ShardKeys, ...]) -> None:
    await _idle(lane)  # one that runs already began before some erasure
    for shard in shards:
        if await lane.execute("EXISTS", shard.erased):
            await lane.execute("RENAME", shard.erased, shard.being_rewritten)
    await lane.execute("BGREWRITEAOF")
    if await _idle(lane) != "ok":
        raise StoreUnavailable("the append-only file could not be rewritten")
    for shard in shards:
        await lane.execute("DEL", shard.being_rewritten)


async def _idle(lane: Lane) -> str:
    """Once no rewrite runs or waits: how the last one ended."""
    deadline = asyncio.get_running_loop().time() + _LONGEST
    while asyncio.get_running_loop().time() < deadline:
        info = _fields(await lane.execute("INFO", "persistence"))
        if info["aof_rewrite_in_progress"] == info["aof_rewrite_scheduled"] == "0":
            return info["aof_last_bgrewrite_status"]
        await asyncio.sleep(_POLL)
    raise StoreUnavailable("the append-only file is being rewritten for too long")


async def _unlock(lane: Lane, lock: bytes, token: str) -> None:
    if await lane.execute("GET", lock) == token.encode():
        await lane.execute("DEL", lock)


def _fields(reply: bytes) -> dict[str, str]:
    pairs = (line.partition(":") for line in reply.decode().splitlines())
    return {name: value.strip() for name, _, value in pairs}
