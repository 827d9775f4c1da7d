"""Keeps the events that wait for an app within bounds: one whose receiver is away for days must not fill the store."""

import asyncio
import random
from datetime import timedelta

import structlog

from gateway.metrics import observed
from suppression.errors import Unavailable
from suppression.store.event_backlog import EventBacklog

PAUSE = timedelta(minutes=1)

_log = structlog.get_logger(__name__)


async def bound_forever(backlog: EventBacklog, most: int, pause: timedelta = PAUSE) -> None:
    """Until cancelled. `most`: events of one app. Every worker looks; one at a time drops."""
    while True:
        await asyncio.sleep(pause.total_seconds() * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        try:
            await bound(backlog, most, pause)
        except Unavailable as error:
            _log.warning("events_not_counted", cause=str(error))


async def bound(backlog: EventBacklog, most: int, pause: timedelta = PAUSE) -> None:
    if await backlog.at_most() <= most or not await backlog.is_my_turn(pause):
        return
    for app, events in (await backlog.bound(most)).items():
        _log.error("events_dropped", app=app, events=events, kept=most)
        observed.webhook_event("dropped", events)
