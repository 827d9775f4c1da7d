"""How requests reach Twilio: pooled connections, and for each request whether any of it can have arrived.

Twilio's own asynchronous HTTP client has no bounds (connections, time to connect, length of an answer), warns at every
request, cannot send a repeated field and logs numbers, so this one stands in its place.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import aiohttp
from aiohttp.connector import Connection
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from yarl import URL

from suppression.errors import CarrierUnavailable, ConfigurationError

TWILIO = "https://api.twilio.com"
LONGEST_ANSWER = 8_000_000  # bytes; a page of 500 messages has a twentieth of it
IDLE = (
    15.0  # seconds that a connection is kept; Twilio closes them later than that, so seldom under a request
)
BESIDES = 16  # connections for what is no sending: cancelling a call does not wait for texts
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def regional_url(edge: str = "", region: str = "") -> str:
    """Twilio's address in a region, entered at an edge ("dublin", "ie1"). An edge alone leads to the USA."""
    if not edge and not region:
        return TWILIO
    return f"https://{'.'.join(part for part in ('api', edge, region or 'us1') if part)}.twilio.com"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where Twilio is and how long it may take. ConfigurationError for a base URL that would show the credentials.

    connections      hand-overs at a time
    connect_timeout  seconds to a connection, waiting for a free one included: a hand-over begins by then or not at all
    answer_timeout   seconds to the end of the answer, from the beginning
    plain_http       http is allowed, to this machine: for a stand-in
    """

    base_url: str = TWILIO
    connections: int = 100
    connect_timeout: float = 2.0
    answer_timeout: float = 15.0
    plain_http: bool = False

    def __post_init__(self) -> None:
        url = urlsplit(self.base_url)
        plain = url.scheme == "http" and self.plain_http and url.hostname in LOOPBACK
        if url.scheme != "https" and not plain:
            raise ConfigurationError("Twilio is reached by https")
        if not url.hostname or "@" in url.netloc or url.path.strip("/") or url.query or url.fragment:
            raise ConfigurationError("Twilio's base URL has a host and perhaps a port, and nothing else")


class Attempt:
    """One request on its way: `begun` once the first byte of it may have left, `status` once there is an answer."""

    __slots__ = ("_begin", "begun", "status")

    def __init__(self, begin: Callable[[], object] | None = None) -> None:
        self._begin = begin
        self.begun = False
        self.status = 0

    def start(self) -> None:
        """A connection is ready. What `begin` raises keeps the request from leaving."""
        if self._begin is not None:
            self._begin()
        self.begun = True

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """The request made in here is this one."""
        token = _under_way.set(self)
        try:
            yield
        finally:
            _under_way.reset(token)


_under_way: ContextVar[Attempt | None] = ContextVar("_under_way", default=None)


class _AnnouncedRequest(aiohttp.ClientRequest):
    """Says that it leaves: between the connection, which may take seconds, and the first byte."""

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        attempt = _under_way.get()
        if attempt is not None:
            attempt.start()
        return await super().send(conn)


class PooledHttp(AsyncHttpClient):  # type: ignore[misc]  # twilio has no types
    """What the `twilio` package sends with. Made anywhere, used in one event loop."""

    def __init__(self, endpoint: Endpoint) -> None:
        # Not the base's own __init__: its logger writes addresses and headers.
        self.is_async = True
        self.timeout = endpoint.answer_timeout
        self._endpoint = endpoint
        self._base_url = endpoint.base_url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - the package's signature; ours are the session's
        allow_redirects: bool = False,  # noqa: ARG002, FBT001, FBT002 - the same; nothing is redirected
    ) -> Response:
        sent_headers = dict(headers or {})
        if auth is not None:
            sent_headers["Authorization"] = aiohttp.encode_basic_auth(*auth)
        body = urlencode(data, doseq=True).encode() if data else None
        async with self._open_session().request(
            method, self._address(url, params), data=body, headers=sent_headers, allow_redirects=False
        ) as response:
            attempt = _under_way.get()
            if attempt is not None:
                attempt.status = response.status
            return Response(response.status, await _bounded(response), response.headers)

    def _address(self, url: str, params: Mapping[str, object] | None) -> URL:
        """The package's URL, at our base: whatever an answer says, credentials go nowhere else."""
        if not url.startswith(TWILIO + "/"):
            raise ValueError("a URL that is not Twilio's")
        query = "?" + urlencode(params, doseq=True) if params else ""
        return URL(self._base_url + url[len(TWILIO) :] + query, encoded=True)

    def _open_session(self) -> aiohttp.ClientSession:
        if self._closed:
            raise CarrierUnavailable("twilio: closed")
        if self._session is None:
            endpoint = self._endpoint
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=endpoint.connections + BESIDES, keepalive_timeout=IDLE),
                timeout=aiohttp.ClientTimeout(
                    total=endpoint.answer_timeout,
                    connect=endpoint.connect_timeout,
                    sock_connect=endpoint.connect_timeout,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                request_class=_AnnouncedRequest,
            )
        return self._session

    async def close(self) -> None:
        self._closed = True
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)  # transports are closed by the loop's next turn


async def _bounded(response: aiohttp.ClientResponse) -> str:
    body = bytearray()
    async for part in response.content.iter_any():
        body += part
        if len(body) > LONGEST_ANSWER:
            raise ValueError("an answer that does not end")
    return body.decode("utf-8", "replace")
