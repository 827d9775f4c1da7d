"""The same for many, a bounded number at a time: no more than a lane takes at once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
_AT_ONCE = 32


async def each(items: Iterable[T], work: Callable[[T], Awaitable[object]]) -> None:
    """Ends when all are done; the first error ends it, and those under way with it."""
    waiting = iter(list(items))

    async def worker() -> None:
        for item in waiting:
            await work(item)

    tasks = [asyncio.ensure_future(worker()) for _ in range(_AT_ONCE)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
