"""An app's receiver of events: a real HTTP server on loopback, told what to answer; and what verifies it all."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook

from gateway.webhooks.destination import Destinations
from gateway.webhooks.subscriptions import EventType, Subscription

KEY, OLD = b"a key of thirty-two bytes, exact!", b"the key that was before this one!"
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1"))


def whsec(key: bytes) -> str:
    return "whsec_" + base64.b64encode(key).decode()


@dataclass
class Came:
    """One request, as it came."""

    headers: dict[str, str]
    body: bytes
    path: str = "/"

    def verified(self, key: bytes = KEY) -> dict[str, Any]:
        """What it says; an error of the library's where it does not verify."""
        said: dict[str, Any] = Webhook(whsec(key)).verify(self.body, self.headers)
        return said

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """`answers`: statuses, or whole answers, one a request; 204 after the last. `hangs`: says nothing for so long."""

    answers: list[int | Callable[[], web.Response]] = field(default_factory=list)
    hangs: float = 0.0
    came: list[Came] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    connections: set[object] = field(default_factory=set)
    port: int = 0
    scheme: str = "http"
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/events?of=gateway"

    def subscription(
        self,
        app: str = "shop",
        sender: str = "brand",
        events: Sequence[EventType] = tuple(EventType),
        keys: tuple[bytes, ...] = (KEY,),
    ) -> Subscription:
        return Subscription(app, sender, self.url, keys, frozenset(events))

    @asynccontextmanager
    async def open(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["Receiver"]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        self.port = runner.addresses[0][1]
        self.scheme = "https" if tls else "http"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.connections.add(request.transport)
        try:
            headers = {name.lower(): value for name, value in request.headers.items()}
            self.came.append(Came(headers, await request.read(), request.path_qs))
            self._news.set()
            await asyncio.sleep(self.hangs)
            answer = self.answers.pop(0) if self.answers else 204
            return web.Response(status=answer) if isinstance(answer, int) else answer()
        finally:
            self.at_once -= 1

    async def until(self, count: int, seconds: float = 15) -> list[Came]:
        """What came, once there are so many."""
        async with asyncio.timeout(seconds):
            while len(self.came) < count:
                self._news.clear()
                await self._news.wait()
        return self.came

    def types(self) -> list[str]:
        return [came.verified()["type"] for came in self.came]


def to_loopback() -> Destinations:
    return Destinations(LOOPBACK)
