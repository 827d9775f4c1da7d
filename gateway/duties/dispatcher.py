"""Finds what is due in the outbox and has it dealt with: one a process, any number on any number of hosts.

What one has leased, no other gets before the lease ends. At idle it sleeps: it is woken by hints (an entry became
its shard's earliest) and by timers, and looks at the heads of all shards every five seconds, for hints get lost.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol

import structlog

from gateway.duties.agenda import Agenda
from gateway.duties.times import TIMES
from suppression.errors import StoreUnavailable
from suppression.outbox import Entry, State

IN_HAND = 192  # entries at once, of all senders
BATCH = 8  # entries of one shard in its turn
CLAIMERS = 4
LOOK_EVERY = 5.0
LOOK_PAUSE = 1.0  # seconds between looks, however many hints lead nowhere
TROUBLE = 1.0  # seconds without claims after the store was away

_log = structlog.get_logger(__name__)

Deal = Callable[[Entry], Awaitable[None]]


class Outbox(Protocol):
    """What a dispatcher asks of suppression.store.outbox."""

    async def heads(self) -> dict[int, tuple[datetime | None, datetime | None]]: ...
    async def claim(
        self, shard: int, limit: int, lease: float, unreadable: Callable[[str], None]
    ) -> list[Entry]: ...
    def wakes(self) -> AsyncIterator[int]: ...


class Clock(Protocol):
    def now(self) -> datetime: ...
    def server_now(self) -> datetime: ...
    async def follow_clock(self) -> None: ...


class Dispatcher:
    """`deal`: what is done with an entry, by its state."""

    def __init__(
        self,
        outbox: Outbox,
        clock: Clock,
        deal: Mapping[State, Deal],
        *,
        lease: float = TIMES.lease,
        in_hand: int = IN_HAND,
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._deal = deal
        self._lease = lease
        self._agenda = Agenda()
        self._free = in_hand
        self._room = asyncio.Event()
        self._look = asyncio.Event()
        self._in_hand: set[asyncio.Task[None]] = set()
        self._trouble_until = 0.0

    async def run(self) -> None:
        """Until cancelled; what is in hand then goes on: `drain`."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._look_forever())
                tasks.create_task(self._listen_forever())
                for _ in range(CLAIMERS):
                    tasks.create_task(self._claim_forever())
        finally:
            self._agenda.close()

    def look(self) -> None:
        """At the heads of all shards, soon."""
        self._look.set()

    async def drain(self, seconds: float) -> None:
        """After `run`: wait for what is in hand; what does not end is left to its lease's end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._in_hand:
                    await asyncio.wait(self._in_hand)
        if late := list(self._in_hand):
            _log.warning("dispatcher_left_in_hand", entries=len(late))
            for task in late:
                task.cancel()
            await asyncio.wait(late)

    # Finding.

    async def _look_forever(self) -> None:
        while True:
            self._look.clear()
            try:
                await self._look_at_heads()
            except StoreUnavailable as error:
                _log.warning("outbox_out_of_sight", cause=str(error))
            await asyncio.sleep(LOOK_PAUSE)
            try:
                async with asyncio.timeout(LOOK_EVERY - LOOK_PAUSE):
                    await self._look.wait()
            except TimeoutError:
                continue

    async def _look_at_heads(self) -> None:
        await self._clock.follow_clock()
        heads = await self._outbox.heads()
        now, server_now = self._clock.now(), self._clock.server_now()
        for shard, (due, lease_ends) in heads.items():
            waits = [(due - now).total_seconds()] if due else []
            waits += [(lease_ends - server_now).total_seconds()] if lease_ends else []
            if waits:
                self._agenda.expect(shard, min(waits))

    async def _listen_forever(self) -> None:
        while True:
            try:
                async for shard in self._outbox.wakes():
                    self._agenda.now(shard)
            except StoreUnavailable as error:
                _log.warning("outbox_unheard", cause=str(error))
            self._look.set()  # for what was said meanwhile
            await asyncio.sleep(random.uniform(0.5, 1.5))  # noqa: S311 - no secret

    # Claiming.

    async def _claim_forever(self) -> None:
        while True:
            await self._until_there_is_room()
            shard = await self._agenda.next()
            # Not cancelled with this task: what was claimed is to be dealt with, or put back.
            await asyncio.shield(self._start(self._claim(shard)))

    async def _claim(self, shard: int) -> None:
        taken = min(BATCH, self._free)
        if taken <= 0:  # another claimer was faster
            self._agenda.now(shard)
            return
        self._free -= taken
        entries: list[Entry] = []
        try:
            entries = await self._outbox.claim(shard, taken, self._lease, _unreadable)
        except StoreUnavailable as error:
            self._in_trouble(error)
            self._agenda.expect(shard, TROUBLE)
        finally:
            self._give_back(taken - len(entries))
        for entry in entries:
            self._start(self._deal_with(entry))
        if len(entries) == taken:
            self._agenda.now(shard)
        else:
            self._look.set()  # when is the next one due?

    async def _until_there_is_room(self) -> None:
        loop = asyncio.get_running_loop()
        while self._free <= 0 or loop.time() < self._trouble_until:
            if self._free <= 0:
                self._room.clear()
                await self._room.wait()
            else:
                await asyncio.sleep(self._trouble_until - loop.time())

    def _give_back(self, places: int) -> None:
        self._free += places
        if self._free > 0:
            self._room.set()

    def _in_trouble(self, error: StoreUnavailable) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._trouble_until:
            _log.warning("dispatcher_waits_for_store", cause=str(error))
        self._trouble_until = now + TROUBLE

    # In hand.

    def _start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._in_hand.add(task)
        task.add_done_callback(self._in_hand.discard)
        return task

    async def _deal_with(self, entry: Entry) -> None:
        """Whatever goes wrong, the entry is not forgotten: its lease ends by itself."""
        try:
            await self._deal[entry.state](entry)
        except StoreUnavailable as error:
            self._in_trouble(error)
        except Exception as error:  # noqa: BLE001 - one entry's trouble must not end the others
            _log.error("entry_failed", message=entry.id, state=entry.state.value, error=type(error).__name__)
        finally:
            self._give_back(1)


def _unreadable(message: str) -> None:
    """Its sealing key may be missing here: it waits until it can be read."""
    _log.error("entry_unreadable", message=message)
