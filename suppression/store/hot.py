"""The log's streams as an archiver has them: read from their start, and emptied of exactly what it read.

Who archives is settled by a lease of the whole store. Each new holder gets a higher number, and a shard that has
seen a higher one gives nothing away: who slept through the end of a lease removes nothing.
"""

import hashlib
from collections.abc import Sequence
from importlib import resources
from typing import Any, NamedTuple

from suppression.errors import StoreUnavailable
from suppression.store.client import Argument, ScriptMissing
from suppression.store.keys import ShardKeys
from suppression.store.store import Store

_SCRIPT = resources.files("suppression.store").joinpath("archiving.lua").read_bytes()
_SHA = hashlib.sha1(_SCRIPT, usedforsecurity=False).hexdigest()
MOST_REMOVED = 2000  # ids a call: some milliseconds for whoever waits behind it


class LeaseLost(Exception):
    """Somebody else archives now."""


class Line(NamedTuple):
    """One entry of a shard's stream. `fields`: name and value by turns, as Redis has them."""

    ms: int
    seq: int
    fields: tuple[bytes, ...]

    @property
    def order(self) -> str:
        return f"{self.ms}-{self.seq}"


class Head(NamedTuple):
    """The archive's latest manifest, as the store remembers it."""

    number: int
    digest: str


class HotLog:
    """The streams of one store; in the lane for much at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lane = store.client.bulk

    @property
    def shards(self) -> tuple[ShardKeys, ...]:
        return self._store.shards.all

    @property
    def epoch(self) -> str:
        """Tells this store from all others."""
        return self._store.steps.epoch

    async def lease(self, holder: str, seconds: float) -> int | None:
        """The number under which `holder` archives for so many seconds; None while somebody else does."""
        first = self.shards[0]
        answer = await self._run(first.meta, first.archiver, first.log, "lease", holder, int(seconds * 1000))
        return int(answer[1]) if answer[0] == b"done" else None

    async def head(self) -> Head | None:
        """None: nothing was archived yet."""
        told = await self._store.log.archived()
        return None if told is None else Head(*told)

    async def keep_head(self, fence: int, head: Head) -> None:
        """LeaseLost."""
        first = self.shards[0]
        kept = f"{head.number}|{head.digest}"
        _done(await self._run(first.meta, first.archiver, first.log, "head", fence, kept))

    async def read(self, shard: ShardKeys, most: int, after: Line | None = None) -> list[Line]:
        """The oldest entries of a shard's stream; of those after one, where that is given."""
        start = "-" if after is None else "(" + after.order
        reply = await self._lane.read_one("XRANGE", shard.log, start, "+", "COUNT", most)
        return [line(stream_id, fields) for stream_id, fields in reply]

    async def oldest(self) -> int | None:
        """When the oldest entry of any stream was logged, in ms; None when all are empty."""
        return await self._store.log.oldest()

    async def remove(self, shard: ShardKeys, fence: int, lines: Sequence[Line]) -> None:
        """These, and no others. LeaseLost."""
        for first in range(0, len(lines), MOST_REMOVED):
            orders = [entry.order for entry in lines[first : first + MOST_REMOVED]]
            _done(await self._run(shard.meta, shard.archived, shard.log, "remove", fence, *orders))

    async def _run(self, meta: bytes, key: bytes, log: bytes, what: str, *args: Argument) -> list[Any]:
        asked: list[Argument] = [3, meta, key, log, self._store.steps.epoch, what, *args]
        try:
            answer = await self._lane.execute("EVALSHA", _SHA, *asked)
        except ScriptMissing:
            await self._lane.execute("SCRIPT", "LOAD", _SCRIPT)
            answer = await self._lane.execute("EVALSHA", _SHA, *asked)
        if answer[0] == b"foreign":
            raise StoreUnavailable("the store is not the one that was opened")
        return list(answer)


def line(stream_id: bytes, fields: Sequence[bytes]) -> Line:
    ms, _, seq = stream_id.decode().partition("-")
    return Line(int(ms), int(seq), tuple(fields))


def _done(answer: Sequence[Any]) -> None:
    if answer[0] != b"done":
        raise LeaseLost
