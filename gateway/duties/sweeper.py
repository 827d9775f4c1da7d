"""Ends hand-overs whose outcome nobody recorded, and finishes what a crash left of changes of people.

Every worker does it: the store lets each be done once.
"""

import asyncio
import random
from collections.abc import Awaitable

import structlog

from suppression.errors import Unavailable
from suppression.store.people import People
from suppression.store.store import Store
from suppression.store.sweep import Find, sweep

PAUSE = 15.0  # seconds between passes, more or less, so that workers do not march in step

_log = structlog.get_logger(__name__)


async def sweep_forever(store: Store, pause: float = PAUSE, find: Find | None = None) -> None:
    """Until cancelled. What fails is tried again, and keeps the other from nothing. `find`: a record by its id."""
    people = People(store)
    while True:
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        await _tried("hand_overs_without_outcome", sweep(store, find=find))
        await _tried("people_finished", people.sweep())


async def _tried(event: str, work: Awaitable[int]) -> None:
    try:
        if ended := await work:
            _log.warning(event, ended=ended)
    except Unavailable as error:
        _log.warning("sweep_put_off", cause=str(error))
    except Exception as error:  # noqa: BLE001 - else one odd record ends every worker, again at each start
        _log.error("sweep_failed", error=type(error).__name__)
