"""Has the store's append-only file rewritten within a day of an erasure: then nothing of the erased is left in it."""

import asyncio
import random
from datetime import timedelta

import structlog

from suppression.errors import Unavailable
from suppression.store.rewriting import AFTER, rewrite_if_due
from suppression.store.store import Store

PAUSE = 600.0  # seconds between looks, more or less, so that workers do not march in step

_log = structlog.get_logger(__name__)


async def rewrite_forever(store: Store, after: timedelta = AFTER, pause: float = PAUSE) -> None:
    """Until cancelled. Every worker looks; one at a time rewrites."""
    while True:
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        try:
            if await rewrite_if_due(store, after):
                _log.info("append_only_file_rewritten")
        except Unavailable as error:
            # A provider's store may not allow it: then the operator sees here that it must be done otherwise.
            _log.error("rewrite_put_off", cause=str(error))
