"""A proxy in front of the store that loses the reply of every script once: done there, unknown here."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


class ReplyDropper:
    """`dropped` counts the replies that were lost. The second try of the same bytes gets its reply."""

    def __init__(self, server: Path) -> None:
        self._server = server
        self._seen: set[bytes] = set()
        self.dropped = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, downstream = await asyncio.open_unix_connection(self._server)
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(1 << 20):
                downstream.write(chunk)
                reply = await upstream.read(1 << 20)
                ran = b"EVALSHA" in chunk and not reply.startswith(b"-NOSCRIPT")
                if ran and self._first_time(chunk):
                    self.dropped += 1
                    break
                writer.write(reply)
        writer.close()
        downstream.close()

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
