"""Watches how full the store is, and stops sends before stops have no room left."""

import asyncio
from pathlib import Path

import structlog

from suppression.errors import Unavailable
from suppression.store.headroom import shortage
from suppression.store.store import Store

PAUSE = 5.0

_log = structlog.get_logger(__name__)


async def watch_headroom(store: Store, data_dir: Path | None, pause: float = PAUSE) -> None:
    """Until cancelled. A store that does not answer says nothing: what it last said holds."""
    while True:
        try:
            short = await shortage(store.client.stops, data_dir)
        except (Unavailable, OSError) as error:
            _log.warning("headroom_unknown", cause=type(error).__name__)
        else:
            if bool(short) != store.full:
                _log.error("sends_stopped" if short else "sends_go_on", short_of=short)
            store.full = bool(short)
        await asyncio.sleep(pause)
