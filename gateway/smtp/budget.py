"""How much of a message with many copies is relayed in one go: time, bytes, and how many copies at once."""

import asyncio
import time

from gateway.smtp.limits import MIB, Limits
from gateway.smtp.replies import Reply

_OVER_TIME = Reply(451, "4.4.7", "Too many copies for one go, try again for the rest")
_OVER_SIZE = Reply(451, "4.3.1", "Copies too big for one go, try again for the rest")
_IN_MEMORY = 32 * MIB  # of one message's copies


class Budget:
    """A copy that finds it used up is left for the app's next try, which finds the others settled."""

    def __init__(self, limits: Limits, size: int) -> None:
        self._size = size
        self._bytes = limits.copies_bytes
        self._until = time.monotonic() + limits.copies_seconds
        self.at_once = asyncio.Semaphore(max(1, min(limits.copies_at_once, _IN_MEMORY // max(size, 1))))

    def take(self) -> Reply | None:
        """What to answer for a copy that there is no room for."""
        if time.monotonic() > self._until:
            return _OVER_TIME
        if self._size > self._bytes:
            return _OVER_SIZE
        self._bytes -= self._size
        return None

    def give_back(self) -> None:
        """For a copy that a former try had sent: it cost nothing."""
        self._bytes += self._size
