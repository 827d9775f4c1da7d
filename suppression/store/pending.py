"""What was asked for in a recipient's name and waits for the recipient's word: sealed, in the recipient's shard.

It is no consent and no request yet, so it may be forgotten: it ends by itself, and nothing is decided on it. All of a
recipient's are fields of one hash, which goes with an erasure. What asks for that very erasure stands apart: it is
needed until the erasure is done, and so holds nothing that would have to go.
"""

from collections.abc import Mapping
from datetime import timedelta

from suppression.records import Record
from suppression.store import codec
from suppression.store.step import Step
from suppression.store.store import Store

NUMBER = 8  # bytes: which of a recipient's questions; its link carries it under a MAC
_ENDS = "ends"  # ms: a field of a hash has no time of its own to live
_CANCELLED = "cancelled"


async def put(
    store: Store,
    recipient_key: bytes,
    version: str,
    number: bytes,
    what: Mapping[str, str],
    kept: timedelta,
) -> bool:
    """Keep it for that long. False when the recipient is not of that version any more: nothing is kept."""
    now, ttl = codec.milliseconds(store.server_now()), _ms(kept)
    step = Step(store.shards.of(recipient_key), recipient_key, None, version=version)
    name = step.shard.pending(recipient_key)
    for known, sealed in await _sealed(store, recipient_key):
        if int(store.sealer.open_evidence(sealed, recipient_key)[_ENDS]) <= now:
            step.write_key("unkeep", name, known)
    sealed = store.sealer.evidence({**what, _ENDS: str(now + ttl)}, recipient_key)
    step.write_key("keep", name, number, sealed, ttl)
    return await _done(store, step)


async def put_apart(
    store: Store, recipient_key: bytes, number: bytes, what: Mapping[str, str], kept: timedelta
) -> None:
    """Keep it for that long, whatever becomes of the recipient."""
    name = store.shards.of(recipient_key).pending_apart(recipient_key, number)
    sealed = store.sealer.evidence(what, recipient_key)
    await store.client.stops.execute("SET", name, sealed, "PX", _ms(kept))


async def get(store: Store, recipient_key: bytes, number: bytes) -> dict[str, str] | None:
    """None when there is none any more."""
    shard = store.shards.of(recipient_key)
    within, apart = await store.client.stops.read(
        [
            ("HGET", shard.pending(recipient_key), number),
            ("GET", shard.pending_apart(recipient_key, number)),
        ]
    )
    if within is None:
        return None if apart is None else store.sealer.open_evidence(apart, recipient_key)
    return _open(store, recipient_key, within)


async def all_of(store: Store, recipient_key: bytes) -> list[tuple[bytes, dict[str, str]]]:
    """A recipient's, each with its number, but for those that stand apart."""
    found = [
        (number, _open(store, recipient_key, one)) for number, one in await _sealed(store, recipient_key)
    ]
    return [(number, what) for number, what in found if what is not None]


async def finish(store: Store, recipient_key: bytes, number: bytes, what: Mapping[str, str]) -> None:
    """Say in it what became of it; it ends when it would have. Nothing where it is gone already."""
    shard = store.shards.of(recipient_key)
    former = dict(await all_of(store, recipient_key)).get(number)
    if former is None:
        sealed = store.sealer.evidence(what, recipient_key)
        name = shard.pending_apart(recipient_key, number)
        await store.client.stops.execute("SET", name, sealed, "XX", "KEEPTTL")
        return
    step = Step(shard, recipient_key, None)
    sealed = store.sealer.evidence({**what, _ENDS: former[_ENDS]}, recipient_key)
    step.write_key("rekeep", shard.pending(recipient_key), number, sealed)
    await _done(store, step)


async def cancel(
    store: Store,
    recipient_key: bytes,
    number: bytes,
    left: Mapping[str, str] | None,
    record: Record,
    change_id: str,
    kept: timedelta,
) -> bool:
    """Take what `change_id` would confirm out of it, in one step with its record. `left`: the rest of it, if any.

    False when it was confirmed before; from True on it never is: the id is taken.
    """
    shard = store.shards.of(recipient_key)
    step = Step(shard, recipient_key, record, seen=change_id, attempt=_CANCELLED)
    step.write("see", _CANCELLED, "", 0, _ms(kept))
    if left is None:
        step.write_key("unkeep", shard.pending(recipient_key), number)
    else:
        sealed = store.sealer.evidence(left, recipient_key)
        step.write_key("rekeep", shard.pending(recipient_key), number, sealed)
    return await _done(store, step)


async def drop(store: Store, recipient_key: bytes, number: bytes) -> None:
    shard = store.shards.of(recipient_key)
    await store.client.stops.execute_many(
        [
            ("HDEL", shard.pending(recipient_key), number),
            ("DEL", shard.pending_apart(recipient_key, number)),
        ]
    )


async def _done(store: Store, step: Step) -> bool:
    answer = await store.steps.run(step, store.client.stops, store.client.timeout)
    return answer.word in {"done", "seen"}


async def _sealed(store: Store, recipient_key: bytes) -> list[tuple[bytes, bytes]]:
    name = store.shards.of(recipient_key).pending(recipient_key)
    flat = await store.client.stops.read_one("HGETALL", name)
    return list(zip(flat[::2], flat[1::2], strict=True))


def _open(store: Store, recipient_key: bytes, sealed: bytes) -> dict[str, str] | None:
    what = store.sealer.open_evidence(sealed, recipient_key)
    return what if int(what[_ENDS]) > codec.milliseconds(store.server_now()) else None


def _ms(kept: timedelta) -> int:
    return int(kept.total_seconds() * 1000)
