"""`POST /hooks/mail/{provider}`: what a delivery service reports. 200 means that all of it is stored durably.

Its answers are for a program that tries again: 503 is a "later", any 4xx a "never". Whoever is not the provider
learns that and nothing else.
"""

import asyncio
from datetime import UTC, datetime

import structlog
from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from channels.email.providers.events import NotSigned, Once, Told, Unauthenticated, Webhook
from gateway.http.doors import Doors
from gateway.http.problems import problem
from gateway.inbound.provider_events import MailHooks
from gateway.logs import Seldom
from suppression.errors import IdempotencyMismatch

_WITHIN = 30.0  # seconds for a body
_TOO_LARGE = "The body is larger than is read here."

log = structlog.get_logger(__name__)


class ProviderHooks:
    def __init__(self, doors: Doors, hooks: MailHooks) -> None:
        self._changes = doors.changes
        self._hooks = hooks
        self._seldom = Seldom()

    async def tell(self, request: Request, provider: str) -> Response:
        reader = self._hooks.providers.get(provider)
        if reader is None:
            raise HTTPException(404)
        body = await _body(request, reader.largest)
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            told = await reader.read(Webhook(headers, body, datetime.now(UTC)))
            await self._remember(told.once)
        except Unauthenticated as error:
            return self._refused(provider, error, 401)
        except NotSigned as error:
            return self._refused(provider, error, 403)
        await self._take(provider, told)
        return Response(status_code=200, headers={"Cache-Control": "no-store"})

    async def _remember(self, once: Once | None) -> None:
        """Before anything is done: whoever comes second with another body did not get it from the provider."""
        if once is None:
            return
        try:
            await self._changes.claim(once.key, once.body)
        except IdempotencyMismatch as error:
            raise NotSigned("a signature that was used with another body") from error

    async def _take(self, provider: str, told: Told) -> None:
        if told.events:
            await self._hooks.take(provider, told.events)

    def _refused(self, provider: str, error: NotSigned, status: int) -> Response:
        told = {"provider": provider, "cause": str(error)}
        self._seldom.say(log.warning, "webhook_refused", *told.values(), **told)
        if status == 401:
            challenge = {"WWW-Authenticate": 'Basic realm="webhooks"'}
            return problem(401, "Unauthorized", "Credentials are needed.", headers=challenge)
        return problem(403, "Not permitted", "not permitted")


async def _body(request: Request, largest: int) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > largest:
        raise HTTPException(413, _TOO_LARGE, {"Connection": "close"})
    body = bytearray()
    try:
        async with asyncio.timeout(_WITHIN):
            async for chunk in request.stream():
                body += chunk
                if len(body) > largest:
                    raise HTTPException(413, _TOO_LARGE, {"Connection": "close"})
    except TimeoutError:
        raise HTTPException(408, headers={"Connection": "close"}) from None
    except ClientDisconnect:
        raise HTTPException(400, "The body was cut off.") from None
    return bytes(body)


def routes(doors: Doors, hooks: MailHooks) -> list[APIRouter]:
    router = APIRouter(tags=["hooks"])
    router.add_api_route(
        "/hooks/mail/{provider}",
        ProviderHooks(doors, hooks).tell,
        methods=["POST"],
        summary="What a delivery service reports of mail",
        responses={
            200: {"description": "Stored, known before, or nothing to store."},
            401: {"description": "Without the provider's credentials."},
            403: {"description": "Not signed by the provider."},
            404: {"description": "No such provider is configured."},
            503: {"description": "Not stored: to be said again."},
        },
    )
    return [router]
