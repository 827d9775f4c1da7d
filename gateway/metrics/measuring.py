"""What nobody counts as it happens: how much waits, how old it is, how the store does. Asked when somebody scrapes."""

import asyncio
import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gateway.metrics import joined, observed
from gateway.metrics.families import Asked
from gateway.processes.connections import Row
from suppression.errors import StoreUnavailable
from suppression.store.client import Lane
from suppression.store.hot import HotLog
from suppression.store.store import Store

KEPT = 5.0  # seconds that the store is not asked again: several scrapers cost it no more than one

Found = dict[Asked, dict[tuple[str, ...], float]]


class Measuring:
    """One worker's answer to a scrape, for all of the gateway.

    counts    where all processes count; None: nobody does
    row       this worker's, of the board of all
    archived  whether there is an archive, so that the log's age in the store means anything
    """

    def __init__(self, store: Store, counts: Path | None, row: Row | None, *, archived: bool) -> None:
        self._store = store
        self._counts = counts
        self._row = row
        self._archived = archived
        self._of_store: Found = {}
        self._asked = float("-inf")
        self._asking = asyncio.Lock()

    async def scrape(self, accept: str) -> tuple[bytes, str]:
        """The text and its media type. A store that is away is a fact like others: the rest is shown."""
        found = {**_build(), **self._processes(), **await self._known_of_store()}
        return await asyncio.to_thread(joined.text, self._counts, found, accept)

    def _processes(self) -> Found:
        if self._row is None:
            return {}
        running, draining = self._row.processes()
        return {
            observed.WORKERS: {("running",): running, ("draining",): draining},
            observed.CONNECTIONS: {
                ("submission",): self._row.total_of_all(),
                ("inbound",): self._row.beside.total_of_all(),
            },
        }

    async def _known_of_store(self) -> Found:
        async with self._asking:
            if time.monotonic() - self._asked >= KEPT:
                self._of_store = await self._ask_store()
                self._asked = time.monotonic()
            return self._of_store

    async def _ask_store(self) -> Found:
        found: Found = {observed.STORE_SHORT: {(): float(self._store.full)}}
        try:
            found |= await _health(self._store.client.stops)
            found |= await self._waiting(self._store.client.bulk)
            if self._archived:
                oldest = await HotLog(self._store).oldest()
                age = 0.0 if oldest is None else max(0.0, time.time() - oldest / 1000)
                found[observed.ARCHIVE_LAG] = {(): age}
        except StoreUnavailable:
            found[observed.STORE_UP] = {(): 0.0}
        return found

    async def _waiting(self, lane: Lane) -> Found:
        shards = self._store.shards.all
        counted: list[tuple[Callable[[Any], bytes], str]] = [
            (lambda shard: shard.due, "waiting"),
            (lambda shard: shard.leased, "leased"),
            (lambda shard: shard.held, "held"),
        ]
        found: Found = {observed.OUTBOX: {}}
        for key, state in counted:
            replies = await lane.read([("ZCARD", key(shard)) for shard in shards])
            found[observed.OUTBOX][(state,)] = float(sum(replies))
        reviews = await lane.read([("ZCARD", shard.reviews) for shard in shards])
        heads = await lane.read([("ZRANGE", shard.due, 0, 0, "WITHSCORES") for shard in shards])
        first = min((float(head[1]) for head in heads if head), default=float("inf"))
        late = max(0.0, self._store.now().timestamp() - first / 1000)
        return found | {observed.REVIEWS: {(): float(sum(reviews))}, observed.OUTBOX_LATE: {(): late}}


def _build() -> Found:
    return {observed.BUILD: {(version("suppression-gateway"), platform.python_version()): 1.0}}


async def _health(lane: Lane) -> Found:
    replies = await lane.read([("INFO", "memory"), ("INFO", "persistence")])
    lines = (line.partition(":") for reply in replies for line in reply.decode().splitlines())
    info = {name: value for name, _, value in lines}
    limit = int(info.get("maxmemory", "0")) or int(info.get("total_system_memory", "0"))
    well = (info.get("aof_last_write_status"), info.get("aof_last_bgrewrite_status")) == ("ok", "ok")
    return {
        observed.STORE_UP: {(): 1.0},
        observed.STORE_MEMORY: {(): float(info.get("used_memory", "0"))},
        observed.STORE_LIMIT: {(): float(limit)},
        observed.STORE_AOF: {(): float(well and info.get("aof_enabled") == "1")},
    }
