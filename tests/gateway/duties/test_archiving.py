"""The duty that empties the store goes on, whatever happens to the archive."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.archive.archiver import Archiver
from gateway.archive.folder import Folder
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable
from gateway.duties.archiving import LONGEST, Progress, _Duty, archive_forever
from suppression.errors import StoreUnavailable
from suppression.store.hot import HotLog, LeaseLost
from suppression.store.keys import ShardKeys
from suppression.store.store import Store


class Failing(Folder):
    """Of its next uses, each fails in the way that comes next."""

    def __init__(self, root: Path, errors: list[Exception]) -> None:
        super().__init__(root)
        self.errors = errors

    def names(self, prefix: str) -> list[str]:
        if self.errors:
            raise self.errors.pop(0)
        return super().names(prefix)


class Away(HotLog):
    """Reads fail for a while."""

    times = 1

    async def read(self, shard: ShardKeys, most: int, after: object = None) -> list[object]:  # type: ignore[override]
        if self.times:
            self.times -= 1
            raise StoreUnavailable("away")
        return list(await super().read(shard, most, after))  # type: ignore[arg-type]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "archive"
    path.mkdir()
    return path


def archiver(store: Store, root: Path, *errors: Exception, **options: int) -> Archiver:
    return Archiver(HotLog(store), Failing(root, list(errors)), root.parent / "scratch", **options)  # type: ignore[arg-type]


async def log(store: Store, count: int) -> None:
    for _ in range(count):
        shard = random.choice(store.shards.all)
        await store.client.bulk.execute("XADD", shard.log, "*", "r", '{"n":1,"kind":"sent","at":5}')


@asynccontextmanager
async def running(
    own: Archiver, progress: Progress, *housekeeping: Callable[[], object]
) -> AsyncIterator[None]:
    task = asyncio.create_task(archive_forever(own, progress, housekeeping=housekeeping, pause=0.02))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - the duty does it
            await asyncio.sleep(0.01)


async def test_what_is_logged_is_archived_again_and_again(store: Store, root: Path) -> None:
    progress, own = Progress(), archiver(store, root)
    async with running(own, progress):
        for number in (1, 2, 3):
            await log(store, 5)
            await until(lambda: progress.records == number * 5)  # noqa: B023 - it is waited for here
    assert progress.active
    assert progress.last_success is not None
    assert (progress.oldest, progress.lag) == (None, 0.0)


async def test_a_full_cycle_is_followed_at_once(store: Store, root: Path) -> None:
    await log(store, 35)
    progress = Progress()
    duty = _Duty(archiver(store, root, most=10), progress, (), 30.0)
    assert 0 < await duty.turn() <= 30
    assert progress.records == 35


async def test_the_lag_is_of_the_oldest_that_waits(store: Store, root: Path) -> None:
    shard = store.shards.all[5]
    ms = round(time.time() * 1000) - 90_000
    await store.client.bulk.execute("XADD", shard.log, f"{ms}-0", "r", '{"n":1,"kind":"sent","at":5}')
    progress = Progress()
    other = archiver(store, root)
    assert await other.begin()
    await _Duty(archiver(store, root), progress, (), 30.0).turn()
    assert not progress.active
    assert progress.oldest == ms
    assert 89 < progress.lag < 120


async def test_a_failing_place_is_tried_again_after_growing_pauses(store: Store, root: Path) -> None:
    await log(store, 5)
    progress, own = Progress(), archiver(store, root, *[ArchiveUnavailable("disk full")] * 7)
    duty = _Duty(own, progress, (), 30.0)
    assert [await duty.turn() for _ in range(7)] == [30, 60, 120, 240, LONGEST, LONGEST, LONGEST]
    assert progress.failing == "unavailable"
    assert round(await duty.turn()) == 30
    assert (progress.failing, progress.records) == ("", 5)


async def test_a_fault_of_ours_does_not_end_it(store: Store, root: Path) -> None:
    await log(store, 5)
    progress = Progress()
    duty = _Duty(archiver(store, root, ValueError("ours")), progress, (), 30.0)
    assert await duty.turn() == 30
    assert progress.failing == "unknown"
    await duty.turn()
    assert (progress.failing, progress.records) == ("", 5)


async def test_a_damaged_archive_is_told_and_looked_at_again(store: Store, root: Path) -> None:
    await log(store, 5)
    hot, progress = HotLog(store), Progress()
    await store.client.bulk.execute("HSET", hot.shards[0].archiver, "head", "7|abcd")
    duty = _Duty(archiver(store, root), progress, (), 30.0)
    assert [await duty.turn() for _ in range(2)] == [30, 60]
    assert progress.failing == "damaged"
    assert progress.last_success is None
    await store.client.bulk.execute("HDEL", hot.shards[0].archiver, "head")
    await duty.turn()
    assert (progress.failing, progress.records) == ("", 5)


async def test_a_store_that_is_away_is_tried_again(store: Store, root: Path) -> None:
    await log(store, 5)
    progress = Progress()
    duty = _Duty(Archiver(Away(store), Folder(root), root.parent), progress, (), 30.0)
    assert [round(await duty.turn()) for _ in range(2)] == [30, 30]
    assert progress.records == 5


async def test_a_lost_lease_ends_nothing(store: Store, root: Path) -> None:
    progress = Progress()
    assert await _Duty(archiver(store, root, LeaseLost()), progress, (), 30.0).turn() == 30
    assert not progress.active


async def test_housekeeping_is_of_who_archives(store: Store, root: Path) -> None:
    done: list[str] = []
    first, second = archiver(store, root), archiver(store, root)
    assert await first.begin()
    one = _Duty(first, Progress(), (lambda: done.append("first"), lambda: done.append("again")), 30.0)
    two = _Duty(second, Progress(), (lambda: done.append("second"),), 30.0)
    await two.turn()
    await one.turn()
    assert done == ["first", "again"]


@pytest.mark.parametrize(
    "error",
    [ArchiveUnavailable("no room"), ArchiveDamaged("a file"), LeaseLost(), ValueError("ours")],
    ids=lambda error: type(error).__name__,
)
async def test_failing_housekeeping_keeps_nothing_from_being_archived(
    error: Exception, store: Store, root: Path
) -> None:
    def fails() -> None:
        raise error

    progress, done = Progress(), list[str]()
    duty = _Duty(archiver(store, root), progress, (fails, lambda: done.append("next")), 30.0)
    for _ in range(3):
        await log(store, 5)
        assert 0 < await duty.turn() <= 30
    assert (progress.records, progress.failing, done) == (15, "", ["next"] * 3)


async def test_what_housekeeping_takes_is_no_pause_more(store: Store, root: Path) -> None:
    for pause, left in ((0.3, 0.0), (30.0, 29.5)):
        duty = _Duty(archiver(store, root), Progress(), (lambda: time.sleep(0.4),), pause)
        assert 0 <= await duty.turn() <= left + 0.15
        await duty._archiver.release()


async def test_what_waits_meanwhile_is_seen_while_the_archive_is_away(store: Store, root: Path) -> None:
    progress = Progress()
    duty = _Duty(archiver(store, root, ArchiveUnavailable("away")), progress, (), 30.0)
    await log(store, 1)
    await duty.turn()
    assert progress.oldest is not None


async def test_who_ends_lets_another_begin_at_once(store: Store, root: Path) -> None:
    progress = Progress()
    async with running(archiver(store, root), progress):
        await until(lambda: progress.active)
        assert await archiver(store, root).cycle() is None
    assert await archiver(store, root).cycle()
