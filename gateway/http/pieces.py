"""A body as it comes, for routes that never hold all of it: bounded in all, and each piece in time."""

import asyncio
from collections.abc import AsyncIterator

from starlette.exceptions import HTTPException
from starlette.requests import Request

_NEXT_WITHIN = 30.0  # seconds for the next piece


async def pieces_of(request: Request, largest: int) -> AsyncIterator[bytes]:
    left, stream = largest, request.stream()
    while True:
        try:
            async with asyncio.timeout(_NEXT_WITHIN):
                piece = await anext(stream, None)
        except TimeoutError:
            raise HTTPException(408, headers={"Connection": "close"}) from None
        if piece is None:
            return
        left -= len(piece)
        if left < 0:
            raise HTTPException(413, "The list is larger than is read here.", headers={"Connection": "close"})
        yield piece
