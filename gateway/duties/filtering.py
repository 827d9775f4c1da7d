"""Keeps the archive's filters. On every host, whoever archives: they lie where its questions are answered."""

import asyncio
from datetime import UTC, datetime
from typing import Protocol

import structlog

from gateway.archive.places import ArchiveDamaged
from suppression.errors import Unavailable

PAUSE = 30.0  # seconds between looks

_log = structlog.get_logger(__name__)


class Keeper(Protocol):
    """gateway.archive.filter_keeping.FilterKeeper."""

    def keep(self, now: datetime) -> int: ...


async def keep_filters(keeper: Keeper, pause: float = PAUSE) -> None:
    """Until cancelled. What fails is tried again: without filters, answers are late and no less right."""
    while True:
        try:
            await asyncio.to_thread(keeper.keep, datetime.now(UTC))
        except ArchiveDamaged as error:
            _log.error("archive_damaged", cause=str(error))
        except Unavailable as error:
            _log.warning("archive_filters_put_off", cause=str(error))
        except Exception:  # noqa: BLE001 - a fault of ours must not end it
            _log.exception("archive_filters_failed")
        await asyncio.sleep(pause)
