"""Filters go on being kept, whatever failed."""

import asyncio
import contextlib
from datetime import datetime

from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable
from gateway.duties.filtering import keep_filters


class FailingKeeper:
    def __init__(self) -> None:
        self.failures: list[Exception] = [ArchiveUnavailable("x"), ArchiveDamaged("x"), KeyError("x")]
        self.kept = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def keep(self, now: datetime) -> int:
        assert now.tzinfo
        if self.failures:
            raise self.failures.pop()
        self._loop.call_soon_threadsafe(self.kept.set)
        return 0


async def test_a_failure_is_not_the_end() -> None:
    keeper = FailingKeeper()
    task = asyncio.create_task(keep_filters(keeper, pause=0))
    await asyncio.wait_for(keeper.kept.wait(), 5)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
