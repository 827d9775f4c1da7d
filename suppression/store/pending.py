"""What was asked for in a recipient's name and waits for the recipient's word: sealed, in the recipient's shard.

It is no consent and no request yet, so it may be forgotten: it ends by itself, and nothing is decided on it.
"""

from collections.abc import Mapping
from datetime import timedelta

from suppression.store.store import Store

NUMBER = 8  # bytes: which of a recipient's questions; its link carries it under a MAC


async def put(
    store: Store, recipient_key: bytes, number: bytes, what: Mapping[str, str], kept: timedelta
) -> None:
    """Keep it for that long. StoreUnavailable."""
    sealed = store.sealer.evidence(what, recipient_key)
    ttl = int(kept.total_seconds() * 1000)
    await store.client.stops.execute("SET", _key(store, recipient_key, number), sealed, "PX", ttl)


async def get(store: Store, recipient_key: bytes, number: bytes) -> dict[str, str] | None:
    """None when there is none any more."""
    sealed = await store.client.stops.read_one("GET", _key(store, recipient_key, number))
    return None if sealed is None else store.sealer.open_evidence(sealed, recipient_key)


async def finish(store: Store, recipient_key: bytes, number: bytes, what: Mapping[str, str]) -> None:
    """Say in it what became of it; it ends when it would have."""
    sealed = store.sealer.evidence(what, recipient_key)
    await store.client.stops.execute("SET", _key(store, recipient_key, number), sealed, "XX", "KEEPTTL")


async def drop(store: Store, recipient_key: bytes, number: bytes) -> None:
    await store.client.stops.execute("DEL", _key(store, recipient_key, number))


def _key(store: Store, recipient_key: bytes, number: bytes) -> bytes:
    return store.shards.of(recipient_key).pending(recipient_key, number)
