"""How often messages to a recipient failed in a way that says something of the recipient once it comes again.

A sorted set for each kind of failure, whose members are the messages: a repeat of a report counts once.
"""

from suppression.errors import StoreUnavailable
from suppression.store import codec
from suppression.store.step import Step
from suppression.store.store import Store


async def count(store: Store, recipient_key: bytes, code: int, message: str, days: int) -> int:
    """Count this message; how many there were in so many days, it included. StoreUnavailable."""
    shard, lane = store.shards.of(recipient_key), store.client.stops
    key, per = shard.failures(recipient_key, code), days * 86_400_000
    now = codec.milliseconds(store.server_now())
    step = Step(shard, recipient_key, None)
    step.write_key("count", key, message, now, per)
    await store.steps.run(step, lane, store.client.timeout)
    epoch, counted, _ = await lane.execute_many(
        [
            ("HGET", shard.meta, "epoch"),
            ("ZCOUNT", key, now - per, "+inf"),
            ("ZREMRANGEBYSCORE", key, "-inf", now - per),
        ]
    )
    if epoch != store.steps.epoch.encode():
        raise StoreUnavailable("the store is not the one that was opened")
    return int(counted)
