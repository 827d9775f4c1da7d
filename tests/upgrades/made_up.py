"""A migration that does not exist: it keeps of each recipient how many fields its hash has.

By itself, `python -m tests.upgrades.made_up URL PAUSE`, it takes that long over each recipient, to be killed there.
"""

import asyncio
import sys

from gateway.duties.migrating import migrate_forward
from suppression.store.keys import ShardKeys
from suppression.store.migrations import Step
from suppression.store.opening import StoreSettings, open_store
from suppression.store.store import Store
from tests.conftest import SECRETS

SCHEMA = 2


def counts(shard: ShardKeys) -> bytes:
    return b"{%b}made-up" % shard.tag.encode()


async def recipients(store: Store, shard: ShardKeys) -> list[bytes]:
    """All in one reply: there are few."""
    found = await store.client.bulk.execute(
        "SCAN", 0, "MATCH", shard.recipient(b"") + b"*", "COUNT", 1_000_000
    )
    return list(found[1])


def counting(pause: float = 0) -> Step:
    async def count(store: Store, shard: ShardKeys) -> None:
        lane = store.client.bulk
        for key in await recipients(store, shard):
            await lane.execute("HSET", counts(shard), key, await lane.execute("HLEN", key))
            await asyncio.sleep(pause)

    return count


async def main(url: str, pause: float) -> None:
    store = await open_store(StoreSettings(url), SECRETS, SCHEMA)
    print("begun", flush=True)
    await migrate_forward(store, (counting(pause),), pause=0.1)
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
