"""What the overview sees at a moment: asked for at most once in a while by each process, however many look at it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import structlog

from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable
from gateway.console.overview.figures import Counted, Figures, Span
from suppression.store.event_backlog import Dropped

EVERY = 30.0  # seconds
_WEEK = timedelta(days=7)

_log = structlog.get_logger(__name__)


class Depths(NamedTuple):
    """How much of the outbox waits, is in somebody's hands, and is held for agents; and how many reviews wait."""

    waiting: int
    leased: int
    held: int
    reviews: int


@dataclass(frozen=True, slots=True)
class Seen:
    """`then`: the same time of the day a week before. `oldest`: when the oldest record was logged that is not archived
    yet, where there is one; `archived`: there is an archive at all. `now`, `then`: None while it cannot be asked.
    `dropped`: events, by the app that was not told of them.
    """

    at: datetime
    now: Counted | None
    then: Counted | None
    depths: Depths
    archived: bool
    oldest: datetime | None
    dropped: Mapping[str, Dropped] = field(default_factory=dict)


def _real_time() -> datetime:
    return datetime.now(UTC)


@dataclass
class Watching:
    """One process's look at the log and the outbox. Who wants records asks `Reading.log`.

    oldest  in ms, of what waits to be archived (`HotLog.oldest`); None where the log is not archived
    clock   the store's own, by which records are logged: not the sandbox's
    dropped  events of which apps were not told, ever
    """

    figures: Figures
    depths: Callable[[], Awaitable[Depths]]
    oldest: Callable[[], Awaitable[int | None]] | None = None
    clock: Callable[[], datetime] = _real_time
    every: float = EVERY
    dropped: Callable[[], Awaitable[Mapping[str, Dropped]]] | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    _seen: Seen | None = field(default=None, repr=False)
    _until: float = field(default=0.0, repr=False)

    async def look(self) -> Seen:
        """As it was some seconds ago, or now."""
        async with self._lock:
            if self._seen is None or time.monotonic() >= self._until:
                self._seen = await self._ask()
                self._until = time.monotonic() + self.every
            return self._seen

    async def _ask(self) -> Seen:
        at = self.clock()
        (now, then), depths = await asyncio.gather(self._counted(spans(at)), self.depths())
        oldest = await self.oldest() if self.oldest else None
        logged = None if oldest is None else datetime.fromtimestamp(oldest / 1000, UTC)
        dropped = await self.dropped() if self.dropped else {}
        return Seen(at, now, then, depths, self.oldest is not None, logged, dropped)

    async def _counted(self, both: tuple[Span, Span]) -> Sequence[Counted | None]:
        """What waits is known without the archive: it is shown while the archive is away."""
        try:
            return await self.figures.counted(both)
        except (ArchiveUnavailable, ArchiveDamaged) as error:
            _log.warning("overview_without_figures", error=type(error).__name__)
            return None, None


def spans(at: datetime) -> tuple[Span, Span]:
    """Today so far, in UTC, and as much of the same day a week before."""
    at = at.astimezone(UTC)
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return Span(midnight, at), Span(midnight - _WEEK, at - _WEEK)
