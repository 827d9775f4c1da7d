"""Works at the imports that came in by HTTP: each worker looks, one at a time has each."""

import asyncio
import contextlib
import random
import time
from pathlib import Path

import structlog

from gateway.imports.importing import Importing
from suppression.errors import Unavailable

PAUSE = 2.0  # seconds between looks, more or less, so that workers do not march in step
_FORGOTTEN = 7 * 86_400.0  # seconds after which a spooled file is nobody's

_log = structlog.get_logger(__name__)


async def import_forever(importing: Importing, pause: float = PAUSE) -> None:
    """Until cancelled. A store that is away is tried again, and a list goes on where it was."""
    await asyncio.to_thread(clear, importing.spool)
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause * random.uniform(0.5, 1.5)):  # noqa: S311 - no secret
                await importing.brought.wait()
        importing.brought.clear()
        try:
            await importing.work()
        except Unavailable as error:
            _log.warning("import_put_off", cause=str(error))


def clear(spool: Path) -> None:
    """What a crash left there, and what was tried and never run."""
    if not spool.is_dir():
        return
    for path in spool.iterdir():
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _FORGOTTEN:
                path.unlink()
