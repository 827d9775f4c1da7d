"""An answer that is made while it is sent: its first piece decides the status, and one that fails later breaks off."""

import asyncio
from collections.abc import AsyncIterator
from typing import Self

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class Streamed(Response):
    """Goes on making what the client is slow to take: its own request may be what it is busy with."""

    def __init__(self, media_type: str) -> None:
        super().__init__(media_type=media_type)
        del self.headers["content-length"]
        self._made: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._making: asyncio.Task[None] | None = None
        self._first: bytes | None = b""

    @classmethod
    async def begun(cls, pieces: AsyncIterator[bytes], media_type: str) -> Self:
        """With its first pieces made. What goes wrong until there is something to say is raised here."""
        response = cls(media_type)
        response._making = asyncio.create_task(response._make(pieces))
        while response._first == b"":
            response._first = await response._made.get()
        if response._first is None:
            await response._making
        return response

    async def _make(self, pieces: AsyncIterator[bytes]) -> None:
        try:
            async for piece in pieces:
                self._made.put_nowait(piece)
        finally:
            self._made.put_nowait(None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's
        assert self._making is not None  # noqa: S101 - `begun` makes it
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            piece = self._first
            while piece is not None:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                piece = await self._made.get()
            await self._making  # raises what broke it: the answer then has no end
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._making.cancel()
