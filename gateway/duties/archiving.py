"""Moves the log out of the store, again and again. Every worker may do it: the store lets one at a time."""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from gateway.archive.archiver import Archiver
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable
from gateway.metrics import observed
from suppression.errors import Unavailable
from suppression.store.hot import LeaseLost

PAUSE = 30.0  # seconds between cycles, more or less
LONGEST = 300.0  # seconds between tries of a place that is away

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Progress:
    """How the archive keeps up, for operators.

    active        this process archives, as of its last cycle
    last_success  when a cycle last ended well
    records       new to the archive, by this process
    oldest        when the oldest record was logged that is in the store still, in ms of Unix time; None: there is none
    failing       why nothing is archived now: "unavailable", "damaged", "unknown"; "" while all is well
    """

    active: bool = False
    last_success: datetime | None = None
    records: int = 0
    oldest: int | None = None
    failing: str = ""

    @property
    def lag(self) -> float:
        """Seconds from when the oldest record was logged that waits in the store."""
        return 0.0 if self.oldest is None else max(0.0, time.time() - self.oldest / 1000)


async def archive_forever(
    archiver: Archiver,
    progress: Progress | None = None,
    *,
    housekeeping: Sequence[Callable[[], object]] = (),
    pause: float = PAUSE,
) -> None:
    """Until cancelled. `housekeeping`: done after each cycle by who archives, in a thread: it may block."""
    duty = _Duty(archiver, progress or Progress(), housekeeping, pause)
    try:
        while True:  # noqa: ASYNC110 - work, not a wait for something
            await asyncio.sleep(await duty.turn() * random.uniform(0.8, 1.2))  # noqa: S311 - no secret
    finally:
        with contextlib.suppress(Unavailable):
            await archiver.release()


class _Duty:
    def __init__(
        self,
        archiver: Archiver,
        progress: Progress,
        housekeeping: Sequence[Callable[[], object]],
        pause: float,
    ) -> None:
        self._archiver = archiver
        self._progress = progress
        self._housekeeping = housekeeping
        self._pause = pause
        self._failures = 0

    async def turn(self) -> float:
        """Seconds until the next."""
        pause = await self._archived()
        if not self._progress.active or self._progress.failing:
            return pause
        began = time.monotonic()
        await self._keep_house()
        return max(0.0, pause - (time.monotonic() - began))

    async def _archived(self) -> float:
        try:
            await self._cycles()
        except ArchiveDamaged as error:
            _log.error("archive_damaged", cause=str(error))
            return await self._failed("damaged")
        except ArchiveUnavailable as error:
            _log.warning("archive_unavailable", cause=str(error))
            return await self._failed("unavailable")
        except LeaseLost:
            _log.info("archiving_taken_over")
            self._progress.active = False
        except Unavailable as error:
            _log.warning("archiving_put_off", cause=str(error))
        except Exception:  # noqa: BLE001 - a fault of ours must not end what empties the store
            _log.exception("archiving_failed")
            return await self._failed("unknown")
        else:
            self._failures, self._progress.failing = 0, ""
        return self._pause

    async def _cycles(self) -> None:
        """Until one was not full."""
        full = True
        while full:
            moved = await self._archiver.cycle()
            self._progress.active = moved is not None
            await self._look()
            if moved is None:
                return
            self._progress.last_success = datetime.now(UTC)
            self._progress.records += moved.archived
            observed.archived(moved.archived, time.time())
            full = moved.full

    async def _keep_house(self) -> None:
        """What fails there is tried again with the next turn, and keeps nothing from being archived."""
        for work in self._housekeeping:
            try:
                await self._archiver.renew()
                await self._archiver.while_held(work)
                await self._archiver.remember()
            except ArchiveDamaged as error:
                _log.error("archive_damaged", cause=str(error))
            except (LeaseLost, Unavailable) as error:
                _log.warning("archive_housekeeping_put_off", cause=str(error) or type(error).__name__)
            except Exception:  # noqa: BLE001 - the same
                _log.exception("archive_housekeeping_failed")

    async def _look(self) -> None:
        self._progress.oldest = await self._archiver.hot.oldest()

    async def _failed(self, why: str) -> float:
        self._progress.failing = why
        self._failures += 1
        observed.archive_failed(why)
        with contextlib.suppress(Unavailable):
            await self._look()
        return max(self._pause, min(LONGEST, self._pause * 2.0 ** (self._failures - 1)))
