"""The same for many, a bounded number at a time: no more than a lane takes at once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
_AT_ONCE = 32


async def each(items: Iterable[T], work: Callable[[T], Awaitable[object]]) -> None:
    """Ends when all are done; the first error ends it, and those under way with it."""
    listed = list(items)
    waiting = iter(listed)

    async def worker() -> None:
        for item in waiting:
            await work(item)

    tasks = [asyncio.ensure_future(worker()) for _ in range(min(_AT_ONCE, len(listed)))]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
