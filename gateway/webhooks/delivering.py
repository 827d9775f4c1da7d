"""One event to its receiver: signed, posted to an address that was checked, and what the receiver said to it."""

import asyncio
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from gateway.webhooks import signature
from gateway.webhooks.destination import Destinations
from gateway.webhooks.subscriptions import Subscription
from suppression.errors import CarrierUnavailable

AT_ONCE = 10  # connections to one app's receiver
WITHIN = 15.0  # seconds for all of it
MOST_READ = 4096  # bytes of an answer's body: nobody looks at them, but the connection can be used again
GONE = 410

_LIMITS = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE, keepalive_expiry=30)


@dataclass(frozen=True, slots=True)
class Said:
    """A receiver's answer. `status`: 0 for none; `cause`: why there was none; `wait`: its Retry-After, in seconds."""

    status: int
    cause: str = ""
    wait: float = 0.0

    @property
    def taken(self) -> bool:
        return self.status // 100 == 2


class Delivering:
    """To the receivers of all apps. `trust`: whose certificates are believed; the system's, if not given."""

    def __init__(
        self, destinations: Destinations, trust: ssl.SSLContext | None = None, within: float = WITHIN
    ) -> None:
        self._destinations = destinations
        self._trust = trust
        self._within = within
        self._clients: dict[str, httpx.AsyncClient] = {}

    async def post(self, to: Subscription, message: str, body: bytes, attempt: int = 0) -> Said:
        """Whatever happens is an answer; nothing is raised."""
        try:
            async with asyncio.timeout(self._within):
                return await self._post(to, message, body, attempt)
        except TimeoutError:
            return Said(0, "no answer in time")
        except CarrierUnavailable as error:
            return Said(0, str(error))
        except (
            httpx.HTTPError,
            httpx.InvalidURL,
            OSError,
            UnicodeError,
        ) as error:  # their words may hold the address
            return Said(0, type(error).__name__)

    async def _post(self, to: Subscription, message: str, body: bytes, attempt: int) -> Said:
        url = urlsplit(to.url)
        host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
        address = await self._destinations.address(host, port, attempt)
        signed = signature.headers(message, int(time.time()), body, to.secrets)
        request = httpx.Request(
            "POST",
            httpx.URL(to.url).copy_with(host=str(address)),
            headers={
                "host": url.netloc,
                "content-type": "application/json",
                "user-agent": "suppression-gateway",
                **signed,
            },
            content=body,
            # Its certificate is for the name, whatever address we found.
            extensions={"sni_hostname": host, "timeout": httpx.Timeout(WITHIN).as_dict()},
        )
        answer = await self._client(to.app).send(request, stream=True)
        try:
            await _read_some(answer)
        finally:
            await answer.aclose()
        return Said(answer.status_code, wait=_retry_after(answer.headers))

    def _client(self, app: str) -> httpx.AsyncClient:
        """One an app: who is slow uses up its own connections. No proxy, no redirects: both lead elsewhere."""
        if app not in self._clients:
            self._trust = self._trust or ssl.create_default_context()
            self._clients[app] = httpx.AsyncClient(
                verify=self._trust, limits=_LIMITS, trust_env=False, follow_redirects=False
            )
        return self._clients[app]

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()


async def _read_some(answer: httpx.Response) -> None:
    """As it comes, not unpacked."""
    read = 0
    async for part in answer.aiter_raw():
        read += len(part)
        if read > MOST_READ:
            return


def _retry_after(headers: Mapping[str, str]) -> float:
    """RFC 9110 10.2.3: seconds, or a date. 0 for none."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
