"""Which shards are to be looked at, and when: told by hints and by what was seen at their heads. Asks nobody itself."""

import asyncio
from collections import deque


class Agenda:
    """Shards that are due come round in turn, each once at a time: a full one keeps none of the others waiting."""

    def __init__(self) -> None:
        self._ready: deque[int] = deque()
        self._queued: set[int] = set()
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._some = asyncio.Event()

    def now(self, shard: int) -> None:
        """Something may be due there."""
        if (timer := self._timers.pop(shard, None)) is not None:
            timer.cancel()
        if shard not in self._queued:
            self._queued.add(shard)
            self._ready.append(shard)
            self._some.set()

    def expect(self, shard: int, seconds: float) -> None:
        """Something will be due there in so many seconds, and nothing before that is known."""
        if seconds <= 0:
            self.now(shard)
        elif shard not in self._queued:
            if (timer := self._timers.pop(shard, None)) is not None:
                timer.cancel()
            self._timers[shard] = asyncio.get_running_loop().call_later(seconds, self.now, shard)

    async def next(self) -> int:
        """The shard whose turn it is, once there is one."""
        while not self._ready:
            self._some.clear()
            await self._some.wait()
        shard = self._ready.popleft()
        self._queued.discard(shard)
        return shard

    def close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
