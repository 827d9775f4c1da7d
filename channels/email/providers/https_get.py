"""One GET over https, in a thread: for the few small documents that a signature needs. Follows no redirect."""

import asyncio
import http.client
import ssl
from urllib.parse import urlsplit

from channels.email.providers.sns import NotFetched

WITHIN = 8.0  # seconds for each step of it
LARGEST = 64 * 1024


class HttpsGet:
    """`context`: who is believed to be the host; None: what the system trusts."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._context = context or ssl.create_default_context()

    async def __call__(self, url: str) -> bytes:
        """The body of a 200. NotFetched for everything else."""
        try:
            return await asyncio.to_thread(self._get, url)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NotFetched(type(error).__name__) from error

    def _get(self, url: str) -> bytes:
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            raise NotFetched("no https")
        connection = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=WITHIN, context=self._context
        )
        try:
            connection.request("GET", f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}")
            answer = connection.getresponse()
            body = answer.read(LARGEST + 1)
            if answer.status != http.client.OK or len(body) > LARGEST:
                raise NotFetched(f"answer {answer.status}")
            return body
        finally:
            connection.close()
