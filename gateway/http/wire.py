"""One HTTP connection, with the limits that uvicorn's httptools protocol leaves open.

A head (request line and headers) has a largest size and a time within which it must be there: without them a
few hundred silent connections hold all places, and one endless header takes all memory.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 64 * 1024
HEAD_WITHIN = 15.0  # seconds


class BoundedHttp(HttpToolsProtocol):
    """Uvicorn's protocol, which closes what comes too slowly or too large before a request is there."""

    head_within = HEAD_WITHIN  # a class's: uvicorn makes the instances

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_bytes = 0
        self._in_head = True
        self._head_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_there()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # Looked at after parsing: what came behind a complete head is body, and limited elsewhere.
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > LARGEST_HEAD and not self.transport.is_closing():
                self.send_400_response("Request head too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        self._head_there()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._head_there()
        self._in_head = True
        self._head_deadline = self.loop.call_later(self.head_within, self._too_slow)

    def _head_there(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None

    def _too_slow(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def bounded(head_within: float) -> type[BoundedHttp]:
    """The protocol with another patience."""
    return type("Bounded", (BoundedHttp,), {"head_within": head_within})
