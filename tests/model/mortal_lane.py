"""A lane whose process dies at a chosen script: before the store ran it, or before its reply was read."""

import asyncio
from collections.abc import Sequence
from typing import Any

from suppression.store.client import Argument, Lane


class Killed(Exception):
    """The process is gone. Nobody catches it: nothing after it happens."""


class MortalLane(Lane):
    """`left`: scripts until death, None for a long life. `late`: the store runs the last one."""

    def __init__(self, lane: Lane) -> None:
        self._alive = lane
        self.left: int | None = None
        self.late = False

    async def execute(self, *args: Argument) -> Any:
        if args[0] != "EVALSHA" or self.left is None:
            self._check()
            return await self._alive.execute(*args)
        self.left -= 1
        if self.left == 0 and self.late:
            await self._alive.execute(*args)
        self._check()
        return await self._alive.execute(*args)

    async def execute_many(self, commands: Sequence[Sequence[Argument]]) -> list[Any]:
        self._check()
        return await self._alive.execute_many(commands)

    async def read(self, commands: Sequence[Sequence[Argument]]) -> list[Any]:
        self._check()
        return await self._alive.read(commands)

    async def close(self) -> None:
        await self._alive.close()

    def _check(self) -> None:
        if self.left is not None and self.left <= 0:
            raise Killed

    async def revive(self) -> None:
        """Another process takes its place, once what the dead one had sent is done."""
        await asyncio.sleep(0)
        self.left = None
