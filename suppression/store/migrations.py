"""How a store made by an older version becomes one of this version, while both run: steps in order, shard by shard.

A store's schema is in the meta record of each shard, and is raised there when that shard's step is done; the first
shard comes last, so what it says holds for all. A gateway starts on a store of its own schema or an older one that
MIGRATIONS leads away from, and on no newer one. Whoever writes a step keeps to this:

- It may be killed anywhere, begin again, and run twice at once: done again it changes nothing.
- The version before reads and writes on, during the step and after it, until the last process of it has ended: what
  the step leaves must mean the same to it. So a form goes in two versions: the first reads both and writes the new
  one beside the old, the second takes the old away. (A recipient with a field that a version does not know is not
  decided on by it.)
- What an older version wrote after its shard's step is left for the next one: each step is run again before the one
  after it, when the version that needed it cannot run any more.
"""

import secrets
from collections.abc import Awaitable, Callable, Sequence

from suppression.errors import StoreUnavailable
from suppression.store.client import Lane
from suppression.store.keys import ShardKeys
from suppression.store.meta import OLDEST
from suppression.store.store import Store

Step = Callable[[Store, ShardKeys], Awaitable[None]]

MIGRATIONS: tuple[Step, ...] = ()  # the first from OLDEST to the next, the last to SCHEMA

_LEASE = 60_000  # ms; a step that takes longer may be done by two at once
_RAISE = """#!lua
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] or redis.call('HGET', KEYS[1], 'schema') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'schema', ARGV[3])
return 1"""
_RELEASE = """#!lua
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"""


def newest(migrations: Sequence[Step] = MIGRATIONS) -> int:
    """The schema after all of them."""
    return OLDEST + len(migrations)


async def migrate(store: Store, migrations: Sequence[Step] = MIGRATIONS) -> bool:
    """Take each shard that nobody else has in hand as far as it goes; whether all are there.

    StoreUnavailable when the store is away, or is not the one that was opened: what was done is kept.
    """
    first, *others = store.shards.all
    for shard in others:
        await _take_on(store, shard, migrations)
    if not all([await _schema(store.client.bulk, shard) == newest(migrations) for shard in others]):
        return False
    await _take_on(store, first, migrations)
    return await _schema(store.client.bulk, first) == newest(migrations)


async def _take_on(store: Store, shard: ShardKeys, migrations: Sequence[Step]) -> None:
    lane, token = store.client.bulk, secrets.token_hex(8)
    schema = await _schema(lane, shard)
    if schema >= newest(migrations) or not await lane.execute(
        "SET", shard.migrating, token, "NX", "PX", _LEASE
    ):
        return
    try:
        for done in range(schema, newest(migrations)):
            await _one_on(store, shard, migrations, done)
    finally:
        await lane.execute("EVAL", _RELEASE, 1, shard.migrating, token)


async def _one_on(store: Store, shard: ShardKeys, migrations: Sequence[Step], schema: int) -> None:
    """From this schema to the next."""
    at = schema - OLDEST
    for step in migrations[max(at - 1, 0) : at + 1]:
        await step(store, shard)
    raised = (store.epoch, schema, schema + 1)
    done = await store.client.bulk.execute("EVAL", _RAISE, 1, shard.meta, *raised)
    if not done and await _schema(store.client.bulk, shard) <= schema:
        raise StoreUnavailable("the store is another one than was opened")


async def _schema(lane: Lane, shard: ShardKeys) -> int:
    found = await lane.read_one("HGET", shard.meta, "schema")
    if found is None:
        raise StoreUnavailable("the store's meta record is gone")
    return int(found)
