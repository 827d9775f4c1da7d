"""The way that the sandbox's webhooks take: over HTTP, as Twilio's do."""

import aiohttp

from channels.played import Answer, Form, Unanswered

_PATIENCE = 15.0  # seconds, Twilio's own
_LARGEST = 1 << 20  # bytes of an answer


class HttpPost:
    """Over HTTP, as Twilio comes. Used in one event loop, closed there."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, url: str, form: Form, signature: str) -> Answer:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_PATIENCE))
        headers = {"X-Twilio-Signature": signature, "User-Agent": "TwilioProxy/1.1"}
        try:
            async with self._session.post(
                url, data=dict(form), headers=headers, allow_redirects=False
            ) as answer:
                text = (await answer.content.read(_LARGEST)).decode("utf-8", "replace")
                return Answer(answer.status, text)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unanswered(type(error).__name__) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
