"""Which reports of apps were dealt with, by the id that the app gave: a report has its effects once."""

from datetime import timedelta

from suppression.errors import IdempotencyMismatch
from suppression.store.store import Store

KEPT = timedelta(days=35)
_DONE = b"|done"


async def begin(store: Store, report: str, body: str) -> bool:
    """Whether it is still to be dealt with. IdempotencyMismatch when its id came with another body before."""
    lane, key = store.client.stops, _key(store, report)
    await lane.execute("SET", key, body, "NX", "PX", _milliseconds())
    known = await lane.execute("GET", key)
    if known is not None and known.removesuffix(_DONE) != body.encode():
        raise IdempotencyMismatch("this id was used for another report")
    return known is None or not known.endswith(_DONE)


async def done(store: Store, report: str, body: str) -> None:
    """All its effects are stored."""
    await store.client.stops.execute("SET", _key(store, report), body + _DONE.decode(), "PX", _milliseconds())


def _key(store: Store, report: str) -> bytes:
    return store.shards.of_name(report).seen("e" + report)


def _milliseconds() -> int:
    return int(KEPT.total_seconds() * 1000)
