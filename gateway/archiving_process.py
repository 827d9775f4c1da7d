"""The process that archives: one of a gateway, beside its workers. It knows the store and the archive, and no message.

Every host has one; the store lets one of them work at a time.
"""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import uvloop

from gateway.archive.archiver import Archiver, this_process
from gateway.archive.compacting import compact
from gateway.archive.keeping import retire, sweep
from gateway.archive.places import Place
from gateway.archives import make_own_folder, place_of, scratch_of
from gateway.config.archive_place import days_of
from gateway.config.settings import Settings
from gateway.draining import told_to_drain
from gateway.duties.archiving import archive_forever
from gateway.store_access import open_store
from gateway.worker_process import WorkerContext
from suppression.errors import ConfigurationError
from suppression.store.hot import HotLog

_SWEPT_EVERY = timedelta(hours=1)


def run(settings: Settings, context: WorkerContext) -> None:
    """Until it is told to drain. Blocking."""
    uvloop.run(_archive(settings, context))


async def _archive(settings: Settings, context: WorkerContext) -> None:
    make_own_folder(settings)
    place = place_of(settings)
    if place is None:
        raise ConfigurationError("archive: no folder and no bucket")
    async with open_store(settings) as store:
        archiver = Archiver(HotLog(store), place, scratch_of(settings))
        duty = archive_forever(
            archiver, housekeeping=[Housekeeping(archiver, place, settings)], pause=settings.archive.every
        )
        running = asyncio.create_task(duty)
        context.ready()
        await told_to_drain(context)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


class Housekeeping:
    """After a cycle: small files become one, days whose time is over go, and what nobody names is deleted."""

    def __init__(
        self,
        archiver: Archiver,
        place: Place,
        settings: Settings,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._archiver = archiver
        self._place = place
        self._keep = {name: days_of(period) for name, period in settings.archive.keep.items()}
        self._clock = clock
        self._next_sweep = clock()

    def __call__(self) -> None:
        chain, epoch = self._archiver.chain, self._archiver.hot.epoch
        now, by = self._clock(), this_process()
        while compact(chain, self._place, self._archiver.scratch, now=now, by=by, epoch=epoch) is not None:
            pass
        while retire(chain, self._keep, now=now, by=by, epoch=epoch) is not None:
            pass
        if now >= self._next_sweep:
            sweep(chain, self._place, now=now)
            self._next_sweep = now + _SWEPT_EVERY
