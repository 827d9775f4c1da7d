"""One event to its receiver: signed, posted to an address that was checked, and what the receiver said to it."""

import asyncio
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from gateway import tracing
from gateway.webhooks import signature
from gateway.webhooks.destination import Destinations
from gateway.webhooks.subscriptions import Subscription
from suppression.errors import CarrierUnavailable

AT_ONCE = 10  # connections to one app's receiver
IDLE = 4.0  # seconds that a connection is kept: many servers close theirs after five
WITHIN = 15.0  # seconds for all of it
MOST_READ = 4096  # bytes of an answer's body: nobody looks at them, but the connection can be used again
GONE = 410


@dataclass(frozen=True, slots=True)
class Said:
    """A receiver's answer. `status`: 0 for none; `cause`: why there was none; `wait`: its Retry-After, in seconds."""

    status: int
    cause: str = ""
    wait: float = 0.0

    @property
    def taken(self) -> bool:
        return self.status // 100 == 2


class _Checked(AbstractResolver):
    """What a client connects to: addresses that were checked, and no others. TLS still verifies the name."""

    def __init__(self, destinations: Destinations) -> None:
        self._destinations = destinations

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - of both
    ) -> list[ResolveResult]:
        found = await self._destinations.addresses(host, port)
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in found
        ]

    async def close(self) -> None:
        pass


class Delivering:
    """To the receivers of all apps. `trust`: whose certificates are believed; the system's, if not given."""

    def __init__(
        self, destinations: Destinations, trust: ssl.SSLContext | None = None, within: float = WITHIN
    ) -> None:
        self._destinations = destinations
        self._trust = trust
        self._within = within
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    async def post(self, to: Subscription, message: str, body: bytes) -> Said:
        """Whatever happens is an answer; nothing is raised."""
        try:
            async with asyncio.timeout(self._within):
                return await self._post(to, message, body)
        except TimeoutError:
            return Said(0, "no answer in time")
        except CarrierUnavailable as error:
            return Said(0, str(error))
        except (aiohttp.ClientError, OSError, ValueError) as error:  # their words may hold the address
            return Said(0, type(error).__name__)

    async def _post(self, to: Subscription, message: str, body: bytes) -> Said:
        url = urlsplit(to.url)
        # Also for an address in the URL itself, which no resolver is asked for.
        await self._destinations.addresses(url.hostname or "", url.port or 443)
        signed = signature.headers(message, int(time.time()), body, to.secrets)
        headers = {"content-type": "application/json", "user-agent": "suppression-gateway", **signed}
        headers |= tracing.carried()
        posting = self._session(to.app).post(
            URL(to.url, encoded=True), data=body, headers=headers, allow_redirects=False
        )
        async with posting as answer:
            await answer.content.read(MOST_READ)
            return Said(answer.status, wait=_retry_after(answer.headers))

    def _session(self, app: str) -> aiohttp.ClientSession:
        """One an app: who is slow uses up its own connections. No proxy, no cookies, nothing unpacked."""
        if app not in self._sessions:
            self._trust = self._trust or ssl.create_default_context()
            connector = aiohttp.TCPConnector(
                limit=AT_ONCE,
                ssl=self._trust,
                resolver=_Checked(self._destinations),
                use_dns_cache=False,
                keepalive_timeout=IDLE,
            )
            self._sessions[app] = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
            )
        return self._sessions[app]

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()


def _retry_after(headers: Mapping[str, str]) -> float:
    """RFC 9110 10.2.3: seconds, or a date. 0 for none."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # OverflowError: a number that no date has
        return 0.0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
