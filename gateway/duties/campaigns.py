"""Campaigns whose messages carriers filter (RULES 2.3, 30007): held back alone, so that the sender's others go on.

Of one sender's channel, in one process: each finds out by itself. A message without a campaign counts by its purpose.
"""

import random
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from gateway.duties.breaker import OF_THE_LATEST, REPORTED

MOST = 1000  # that are remembered; those longest without a report are forgotten
RETURNING = 200  # a second of those that were held back, in the order in which they were sent away

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Campaign:
    """`line`: when the last one that was sent away comes back."""

    reports: deque[bool] = field(default_factory=lambda: deque(maxlen=OF_THE_LATEST))
    until: float = 0.0
    line: float = 0.0


class Campaigns:
    """Those of one sender's channel."""

    def __init__(self, channel: str, sender: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._names = {"channel": channel, "sender": sender}
        self._clock = clock
        self._known: OrderedDict[str, _Campaign] = OrderedDict()

    def wait(self, campaign: str) -> float:
        """Seconds after which a message of it may come again; 0: now."""
        known = self._known.get(campaign)
        if known is None or self._clock() >= known.until:
            return 0.0
        known.line = max(known.line, known.until) + 1 / RETURNING
        return known.line - self._clock()

    def reported(self, campaign: str, *, fault: bool) -> None:
        """What became of a message of it. When half of the latest were filtered, it waits."""
        known = self._known.setdefault(campaign, _Campaign())
        self._known.move_to_end(campaign)
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        if self._clock() < known.until:
            return  # it was on its way when this began
        known.reports.append(fault)
        if len(known.reports) == OF_THE_LATEST and sum(known.reports) * 2 >= OF_THE_LATEST:
            known.reports.clear()
            seconds = REPORTED * random.uniform(0.9, 1.1)  # noqa: S311 - no secret
            known.until = self._clock() + seconds
            _log.error("campaign_held_back", **self._names, campaign=campaign, seconds=round(seconds, 1))
