"""Archivers that are stopped, killed, asleep, or two: each record stays in the store until it is in the files, once."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.archive.archiver import Archiver
from gateway.archive.folder import Folder
from gateway.archive.manifest import Chain
from suppression.store.hot import Head, HotLog, LeaseLost, Line
from suppression.store.keys import ShardKeys
from suppression.store.store import Store
from tests.gateway.archive.house import STEPS, Books, archiver, begun, finish, lease_over, raw, take

pytestmark = pytest.mark.usefixtures("full_log")


class Killed(Exception):
    """Stands for the end of a process."""


@pytest.mark.parametrize("stopped_after", range(len(STEPS) + 1))
async def test_who_comes_after_one_that_was_stopped_after_any_step(
    stopped_after: int, small_store: Store, root: Path, books: Books
) -> None:
    cycle = await begun(small_store, root)
    await take(cycle, 0, stopped_after)
    await books.check()
    await raw(small_store, 20)
    await books.note()
    await finish(small_store, root)
    await books.check_all_archived()


class Fuse:
    """Kills at a call, before it has done anything or after it has done all."""

    def __init__(self, call: int, *, after: bool) -> None:
        self.left = call
        self.after = after
        self.calls = 0

    def around(self, work: Callable[[], Any]) -> Any:
        self.calls += 1
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Killed
        done = work()
        if self.left == 0:
            raise Killed
        return done


class FusedFolder(Folder):
    def __init__(self, root: Path, fuse: Fuse) -> None:
        super().__init__(root)
        self.fuse = fuse

    def create(self, name: str, content: bytes) -> bool:
        return bool(self.fuse.around(lambda: super(FusedFolder, self).create(name, content)))

    def put(self, name: str, path: Path) -> None:
        self.fuse.around(lambda: super(FusedFolder, self).put(name, path))


class FusedLog(HotLog):
    def __init__(self, store: Store, fuse: Fuse) -> None:
        super().__init__(store)
        self.fuse = fuse

    async def read(self, shard: ShardKeys, most: int, after: Line | None = None) -> list[Line]:
        lines: list[Line] = await self._fused(super().read(shard, most, after))
        return lines

    async def keep_head(self, fence: int, head: Head) -> None:
        await self._fused(super().keep_head(fence, head))

    async def remove(self, shard: ShardKeys, fence: int, lines: Any) -> None:
        await self._fused(super().remove(shard, fence, lines))

    async def _fused(self, work: Any) -> Any:
        task = asyncio.ensure_future(work)
        if self.fuse.left == 1 and not self.fuse.after:
            task.cancel()
        else:
            await task
        return self.fuse.around(task.result)


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
async def test_killed_at_any_call_of_the_place_or_of_the_store(
    after: bool,  # noqa: FBT001
    small_store: Store,
    root: Path,
    books: Books,
) -> None:
    """Call by call, until one cycle gets through."""
    call, killed = 1, True
    while killed:
        fuse = Fuse(call, after=after)
        await lease_over(small_store)
        dying = Archiver(
            FusedLog(small_store, fuse), FusedFolder(root, fuse), root.parent / "scratch", page=50
        )
        try:
            assert await dying.cycle()
            killed = False
        except Killed:
            await books.check()
            await finish(small_store, root)
            await books.check_all_archived()
        await raw(small_store, 60)
        await books.note()
        call += 1
    assert call > 15
    await finish(small_store, root)
    await books.check_all_archived()


async def test_one_archives_at_a_time(small_store: Store, root: Path, books: Books) -> None:
    first, second = archiver(small_store, root), archiver(small_store, root)
    assert await first.cycle()
    assert await second.cycle() is None
    await first.release()
    assert await second.cycle()
    assert await first.cycle() is None
    await books.check_all_archived()


@pytest.mark.slow
@pytest.mark.parametrize("asleep_after", range(len(STEPS)))
async def test_one_that_slept_past_its_lease_harms_nothing(
    asleep_after: int, small_store: Store, root: Path, books: Books
) -> None:
    """Between any two steps, while another was at any of its own."""
    lost = 0
    for other_after in range(len(STEPS) + 1):
        await raw(small_store, 40)
        await books.note()
        sleeper = await begun(small_store, root)
        await take(sleeper, 0, asleep_after)
        await lease_over(small_store)
        other = await begun(small_store, root)
        await take(other, 0, other_after)
        try:
            await take(sleeper, asleep_after, len(STEPS))
        except LeaseLost:
            lost += 1
        await books.check()
        try:
            await take(other, other_after, len(STEPS))
        except LeaseLost:
            await books.check()
        sleeper.close()
        other.close()
        await finish(small_store, root)
        await books.check_all_archived()
    assert lost


async def test_who_lost_the_lease_begins_anew(small_store: Store, root: Path, books: Books) -> None:
    class Slow(Folder):
        def put(self, name: str, path: Path) -> None:
            super().put(name, path)
            asyncio.run_coroutine_threadsafe(self.meanwhile(), loop).result()

        async def meanwhile(self) -> None:
            if not self.done:
                self.done = True
                await sleeper.release()
                await archiver(small_store, root).cycle()

        done = False

    loop = asyncio.get_running_loop()
    sleeper = archiver(small_store, root, Slow(root))
    with pytest.raises(LeaseLost):
        await sleeper.cycle()
    await books.check_all_archived()


async def test_of_two_who_publish_the_later_throws_its_files_away(
    small_store: Store, root: Path, books: Books
) -> None:
    sleeper = await begun(small_store, root)
    await take(sleeper, 0, STEPS.index("publish"))
    await lease_over(small_store)
    await finish(small_store, root)
    with pytest.raises(LeaseLost):
        await sleeper.publish()
    assert {*Folder(root).names("records/")} == {*Chain(Folder(root)).state().files}
    await books.check_all_archived()


async def test_a_lease_is_kept_while_a_thread_works(small_store: Store, root: Path, books: Books) -> None:
    class Slow(Folder):
        def put(self, name: str, path: Path) -> None:
            super().put(name, path)
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0.3), loop).result()

    loop = asyncio.get_running_loop()
    slow, other = archiver(small_store, root, Slow(root), lease=0.25), archiver(small_store, root)
    task = asyncio.create_task(slow.cycle())
    while not task.done():
        await asyncio.sleep(0.02)
        assert task.done() or await other.cycle() is None
    assert await task
    await books.check_all_archived()


async def test_many_archivers_at_once_while_records_come(
    small_store: Store, root: Path, books: Books
) -> None:
    """With leases so short that they are lost all the time."""
    lost: Counter[str] = Counter()

    async def archive() -> None:
        own = archiver(small_store, root, lease=0.01)
        for _ in range(25):
            try:
                await own.cycle()
            except LeaseLost:
                lost["lease"] += 1

    running = [asyncio.create_task(archive()) for _ in range(4)]
    await asyncio.gather(*running)
    await books.check()
    await finish(small_store, root)
    await books.check_all_archived()
