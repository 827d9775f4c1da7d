"""The outermost layer: limits what is read, and turns what nobody expected into a plain 500.

Written against ASGI itself: the framework's middleware classes run the rest in a task of their own, and a
client that goes away must not cancel a change between its commit and its answer.
"""

import asyncio
from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.problems import internal, problem

BODY_WITHIN = 30.0  # seconds
LARGEST_BODY = 1 << 20  # of the API; public links read less, and never by form parsing


class Edge:
    """`unlimited`: path prefixes whose routes limit what they read themselves."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        largest: int = LARGEST_BODY,
        unlimited: Sequence[str] = (
            *("/u/", "/c/", "/v1/scrub", "/v1/imports", "/hooks/mail/"),
            "/console/bulk/upload",
        ),
    ) -> None:
        self._app = app
        self._largest = largest
        self._unlimited = tuple(unlimited)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if not scope["path"].startswith(self._unlimited):
            if _announced(scope) > self._largest:
                # Not one byte of it is read: the connection cannot be used again.
                response = problem(413, "Content Too Large", _TOO_LARGE, headers={"Connection": "close"})
                await response(scope, receive, send)
                return
            receive = _limited(receive, self._largest)
        await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001 - the last line: a stranger reads no internals
            response = internal(getattr(scope.get("route"), "path", "none"), error)
            if not started:
                await response(scope, receive, send)


_TOO_LARGE = "The body is larger than is read here."


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


def _limited(receive: Receive, largest: int) -> Receive:
    """Size, for bodies that announce none (chunked), and time."""
    left = largest
    deadline = asyncio.get_running_loop().time() + BODY_WITHIN
    more = True

    async def limited() -> Message:
        nonlocal left, more
        try:
            async with asyncio.timeout_at(deadline if more else None):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, headers={"Connection": "close"}) from None
        more = message.get("more_body", False)
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413, _TOO_LARGE, headers={"Connection": "close"})
        return message

    return limited
