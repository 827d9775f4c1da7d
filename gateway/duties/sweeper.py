"""Ends hand-overs whose outcome nobody recorded, and finishes what a crash left of changes of people.

Every worker does it: the store lets each be done once.
"""

import asyncio
import random

import structlog

from suppression.errors import Unavailable
from suppression.store.people import People
from suppression.store.store import Store
from suppression.store.sweep import Find, sweep

PAUSE = 15.0  # seconds between passes, more or less, so that workers do not march in step

_log = structlog.get_logger(__name__)


async def sweep_forever(store: Store, pause: float = PAUSE, find: Find | None = None) -> None:
    """Until cancelled. A store that is away is tried again. `find`: a record by its id."""
    people = People(store)
    while True:
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        try:
            if ended := await sweep(store, find=find):
                _log.warning("hand_overs_without_outcome", ended=ended)
            if finished := await people.sweep():
                _log.warning("people_finished", finished=finished)
        except Unavailable as error:
            _log.warning("sweep_put_off", cause=str(error))
