"""A proxy in front of the store that loses the reply of every script once: done there, unknown here."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


class ReplyDropper:
    """`dropped` counts the replies lost while it is `active`. The second try of the same bytes gets its reply."""

    def __init__(self, server: Path) -> None:
        self._server = server
        self._seen: set[bytes] = set()
        self.dropped = 0
        self.active = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            upstream, downstream = await asyncio.open_unix_connection(self._server)
            with contextlib.closing(downstream):
                await self._pass_on(reader, writer, upstream, downstream)
        writer.close()

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        upstream: asyncio.StreamReader,
        downstream: asyncio.StreamWriter,
    ) -> None:
        """One request and its reply at a time, until one side closes or a reply is lost."""
        while chunk := await reader.read(1 << 20):
            downstream.write(chunk)
            reply = await upstream.read(1 << 20)
            ran = b"EVALSHA" in chunk and reply and not reply.startswith(b"-NOSCRIPT")
            if ran and self.active and self._first_time(chunk):
                self.dropped += 1
                return
            if not reply:
                return
            writer.write(reply)

    def _first_time(self, chunk: bytes) -> bool:
        digest = hashlib.sha256(chunk).digest()
        known = digest in self._seen
        self._seen.add(digest)
        return not known


@asynccontextmanager
async def dropping_replies(server: Path, folder: Path) -> AsyncIterator[tuple[str, ReplyDropper]]:
    """The proxy's URL, and the proxy."""
    dropper = ReplyDropper(server)
    path = folder / "p"
    listener = await asyncio.start_unix_server(dropper.serve, path)
    try:
        yield f"unix://{path}", dropper
    finally:
        listener.close()
