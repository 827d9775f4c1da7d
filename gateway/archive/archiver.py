"""Moves the log from the store's streams into the archive: every record exactly once, whenever it is stopped or killed.

A cycle is a row of steps. What the streams gave is removed from them only when a manifest names files that have it,
when those files were read again and are what they should be, and when the store remembers that manifest. Whoever comes
after a cycle that ended early begins at its beginning, and passes over what the files have already.
"""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from gateway.archive import places
from gateway.archive.manifest import Chain, File, State
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable, Place
from gateway.archive.scratch import Scratch
from gateway.archive.writing import Batch, Draft, write
from suppression.errors import StoreUnavailable
from suppression.store.hot import Head, HotLog, LeaseLost, Line
from suppression.store.keys import ShardKeys

LEASE = 60.0  # seconds; it is renewed while there is work, so this is what a killed archiver costs
PAGE = 1_000  # lines that one command reads: the store serves nobody else meanwhile
MOST = 200_000  # lines a cycle

Step = Callable[[], Awaitable[None]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Moved:
    """What a cycle did.

    read      lines of the streams, which are gone from them now
    archived  how many of them were new to the archive
    full      there may be more: it took as many as it may
    """

    read: int
    archived: int
    full: bool


def this_process() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


class Archiver:
    """One process's, for one store and one place. `scratch`: a folder on a disk of this host."""

    def __init__(
        self,
        hot: HotLog,
        place: Place,
        scratch: Path,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        lease: float = LEASE,
        page: int = PAGE,
        most: int = MOST,
    ) -> None:
        self.hot = hot
        self.place = place
        self.chain = Chain(place)
        self.scratch = scratch
        self.clock = clock
        self.page = page
        self.most = most
        self._lease = lease
        self._holder = f"{this_process()}:{os.urandom(8).hex()}"
        self._fence: int | None = None
        self._renewed = 0.0

    async def begin(self) -> "Cycle | None":
        """None: somebody else archives. StoreUnavailable."""
        self._fence = await self.hot.lease(self._holder, self._lease)
        self._renewed = time.monotonic()
        return None if self._fence is None else Cycle(self, self._fence)

    async def cycle(self) -> Moved | None:
        """None: somebody else archives. LeaseLost, StoreUnavailable, ArchiveUnavailable, ArchiveDamaged."""
        cycle = await self.begin()
        if cycle is None:
            return None
        try:
            for step in cycle.steps:
                await self.renew()
                await step()
        finally:
            cycle.close()
        return cycle.moved

    async def adopt(self) -> None:
        """Go on with an archive that another store began: this one was filled from it. LeaseLost."""
        if await self.begin() is None or self._fence is None:
            raise LeaseLost
        state = await asyncio.to_thread(self.chain.state)
        if state.number:
            await self.hot.keep_head(self._fence, Head(state.number, state.digest))

    async def renew(self) -> None:
        """LeaseLost."""
        if await self.hot.lease(self._holder, self._lease) != self._fence:
            raise LeaseLost
        self._renewed = time.monotonic()

    async def renew_if_due(self) -> None:
        if time.monotonic() - self._renewed > self._lease / 3:
            await self.renew()

    async def while_held(self, work: Callable[[], T]) -> T:
        """Do what blocks, in a thread. The lease is renewed meanwhile; whether it was lost, the next step finds out."""
        task = asyncio.ensure_future(asyncio.to_thread(work))
        try:
            while not (await asyncio.wait({task}, timeout=self._lease / 3))[0]:
                with contextlib.suppress(LeaseLost, StoreUnavailable):
                    await self.renew()
            return task.result()
        finally:
            task.cancel()

    async def release(self) -> None:
        """Let another begin at once."""
        if self._fence is not None:
            await self.hot.lease(self._holder, 0)
            self._fence = None

    def checked(self, files: Sequence[File]) -> list[Path]:
        """Where they are here, with the content that their manifests tell. ArchiveUnavailable, ArchiveDamaged."""
        paths = [self.place.local(file) for file in files]
        for path, file in zip(paths, files, strict=True):
            places.check(path, file)
        return paths


class Cycle:
    """One time from the streams to the files, step by step. It may end after any step, and in any."""

    def __init__(self, archiver: Archiver, fence: int) -> None:
        self._archiver = archiver
        self._hot = archiver.hot
        self._chain = archiver.chain
        self._fence = fence
        self._head: Head | None = None
        self._state = State()
        self._scratch: Scratch | None = None
        self._batch: Batch | None = None
        self._lines: dict[ShardKeys, list[Line]] = {}
        self._drafts: tuple[Draft, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return (
            self.look,
            self.read,
            self.write,
            self.place,
            self.publish,
            self.confirm,
            self.remember,
            self.remove,
        )

    @property
    def moved(self) -> Moved:
        read = sum(len(lines) for lines in self._lines.values())
        archived = sum(draft.file.records for draft in self._drafts)
        return Moved(read, archived, full=read >= self._archiver.most)

    def close(self) -> None:
        if self._scratch is not None:
            self._scratch.close()

    async def look(self) -> None:
        """Whether the archive is the one that this store left. ArchiveDamaged."""
        self._head = await self._hot.head()  # before the chain, which can only be newer
        self._state = await self._archiver.while_held(self._chain.state)
        await self._archiver.while_held(self._insist_on_ours)

    def _insist_on_ours(self) -> None:
        """What the store remembers must be in the chain, and what follows it there must be of this store."""
        state, head = self._state, self._head
        number = 0 if head is None else head.number
        if state.number < number:
            raise ArchiveDamaged(f"the archive ends at manifest {state.number}, and {number} was written")
        if head is not None and self._chain.digest_of(number) != head.digest:
            raise ArchiveDamaged(f"manifest {number} is not the one that was written")
        if state.number > number and state.epoch != self._hot.epoch:
            raise ArchiveDamaged("another store archives here")

    async def read(self) -> None:
        """Of all shards by turns, so that none waits for a long one."""
        begin: dict[ShardKeys, Line | None] = dict.fromkeys(self._hot.shards)
        left = self._archiver.most
        while begin and left:
            for shard, after in list(begin.items()):
                most = min(self._archiver.page, left)
                lines = await self._hot.read(shard, most, after) if most else []
                await self._gather(shard, lines)
                left -= len(lines)
                if len(lines) < most:
                    del begin[shard]
                elif lines:
                    begin[shard] = Line(lines[-1].ms, lines[-1].seq, ())

    async def _gather(self, shard: ShardKeys, lines: Sequence[Line]) -> None:
        """On the disk; of them only the ids are kept here."""
        if not lines:
            return
        if self._scratch is None:
            self._scratch = await asyncio.to_thread(Scratch, self._archiver.scratch)
            self._batch = Batch(self._scratch.path)
        if self._batch is not None:
            await asyncio.to_thread(self._batch.add, shard.number, lines)
        self._lines.setdefault(shard, []).extend(Line(line.ms, line.seq, ()) for line in lines)
        await self._archiver.renew_if_due()

    async def write(self) -> None:
        if self._batch is not None:
            self._drafts = await self._archiver.while_held(partial(self._written, self._batch))

    def _written(self, batch: Batch) -> tuple[Draft, ...]:
        known = self._archiver.checked(self._state.between(batch.first, batch.last))
        return write(batch, known, self._state.number + 1).drafts

    async def place(self) -> None:
        try:
            for draft in self._drafts:
                put = partial(self._archiver.place.put, draft.file.name, draft.path)
                await self._archiver.while_held(put)
        except ArchiveUnavailable:
            await self._take_back()  # a disk that is full is not made fuller by each try
            raise

    async def publish(self) -> None:
        """From here on the files are part of the archive. LeaseLost."""
        if not self._drafts:
            return
        state = await self._archiver.while_held(self._published)
        if state is None:
            await self._take_back()
            raise LeaseLost
        self._state = state

    def _published(self) -> State | None:
        added, at = [draft.file for draft in self._drafts], self._archiver.clock()
        return self._chain.publish(self._state, added, at=at, by=this_process(), epoch=self._hot.epoch)

    async def _take_back(self) -> None:
        """Files that no manifest names, nor ever will."""
        for draft in self._drafts:
            with contextlib.suppress(ArchiveUnavailable):
                await asyncio.to_thread(self._archiver.place.delete, draft.file.name)

    async def confirm(self) -> None:
        """What is about to be removed from the store is where the manifest says. ArchiveDamaged."""
        await self._archiver.while_held(
            lambda: self._archiver.checked([draft.file for draft in self._drafts])
        )

    async def remember(self) -> None:
        """LeaseLost."""
        head = Head(self._state.number, self._state.digest)
        if self._lines and head != self._head:
            await self._hot.keep_head(self._fence, head)

    async def remove(self) -> None:
        """LeaseLost."""
        for shard, lines in self._lines.items():
            await self._archiver.renew_if_due()
            await self._hot.remove(shard, self._fence, lines)
