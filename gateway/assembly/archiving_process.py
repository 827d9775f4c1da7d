"""The process that archives: one of a gateway, beside its workers. It knows the store and the archive, and no message.

Every host has one; the store lets one of them work at a time.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvloop

from gateway.archive.archiver import Archiver, this_process
from gateway.archive.compacting import compact
from gateway.archive.filter_keeping import FilterKeeper
from gateway.archive.keeping import retire, sweep
from gateway.archive.places import Place
from gateway.assembly.archives import filters_of, make_own_folder, place_of, scratch_of
from gateway.assembly.ports import OPERATIONS
from gateway.assembly.store_access import open_store
from gateway.config.archive_place import days_of
from gateway.config.settings import Settings
from gateway.duties.archiving import archive_forever
from gateway.duties.filtering import keep_filters
from gateway.processes.draining import told_to_drain
from gateway.processes.worker_process import WorkerContext
from suppression.errors import ConfigurationError
from suppression.store.hot import HotLog
from suppression.store.store import Store

_SWEPT_EVERY = timedelta(hours=1)
_AT_A_TIME = 20.0  # seconds: with the last merge that it begins, and the pause, less than the log may lag


def run(settings: Settings, context: WorkerContext, counts: Path | None = None) -> None:
    """Until it is told to drain. Blocking.

    counts  the folder where all processes of this gateway count, if there are no workers to tell of it: then this one
            answers on the operations port
    """
    uvloop.run(_archive(settings, context, counts))


async def _archive(settings: Settings, context: WorkerContext, counts: Path | None) -> None:
    make_own_folder(settings)
    place, filters = place_of(settings), filters_of(settings)
    if place is None or filters is None:
        raise ConfigurationError("archive: no folder and no bucket")
    async with open_store(settings) as store:
        archiver = Archiver(HotLog(store), place, scratch_of(settings))
        keep = {name: days_of(period) for name, period in settings.archive.keep.items()}
        tidy = Housekeeping(archiver, place, keep)
        duty = archive_forever(archiver, housekeeping=[tidy], pause=settings.archive.every)
        keeper = FilterKeeper(place, filters, scratch_of(settings))
        running = [asyncio.create_task(work) for work in (duty, keep_filters(keeper))]
        async with _asked_on_its_port(store, context, counts):
            context.ready()
            await told_to_drain(context)
            context.row.drain()
        for task in running:
            task.cancel()
        for task in running:
            with contextlib.suppress(asyncio.CancelledError):
                await task


@contextlib.asynccontextmanager
async def _asked_on_its_port(
    store: Store, context: WorkerContext, counts: Path | None
) -> AsyncIterator[None]:
    """Health and metrics, where it is alone to tell of them."""
    if counts is None:
        yield
        return
    # Beside workers, who answer there, it has no use for these.
    from gateway.http import server  # noqa: PLC0415
    from gateway.http.app import create_operations_app  # noqa: PLC0415
    from gateway.metrics.measuring import Measuring  # noqa: PLC0415
    from gateway.roads.reading import Reading  # noqa: PLC0415

    measuring = Measuring(store, counts, context.row, archived=True)
    app = create_operations_app(Reading(store), measuring.scrape)
    sockets = [made for name, made in context.sockets.items() if name.partition(":")[0] == OPERATIONS]
    serving = await server.serve(app, sockets)
    try:
        yield
    finally:
        await serving.drain()


class Housekeeping:
    """After a cycle: days whose time is over go, what nobody names is deleted, and small files become one.

    keep  for how many days, by class
    most  seconds after which the rest of the small files waits for the next time: the log waits meanwhile
    """

    def __init__(
        self,
        archiver: Archiver,
        place: Place,
        keep: Mapping[str, int],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        most: float = _AT_A_TIME,
    ) -> None:
        self._archiver = archiver
        self._place = place
        self._keep = keep
        self._clock = clock
        self._most = most
        self._next_sweep = clock()

    def __call__(self) -> None:
        """What has to go goes first: a file that is damaged ends the rest."""
        chain, epoch = self._archiver.chain, self._archiver.hot.epoch
        now, by, ends = self._clock(), this_process(), time.monotonic() + self._most
        while retire(chain, self._keep, now=now, by=by, epoch=epoch) is not None:
            pass
        if now >= self._next_sweep:
            sweep(chain, self._place, now=now)
            self._next_sweep = now + _SWEPT_EVERY
        while compact(chain, self._place, self._archiver.scratch, now=now, by=by, epoch=epoch) is not None:
            if time.monotonic() >= ends:
                return
