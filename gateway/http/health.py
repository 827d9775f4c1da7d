"""`/healthz`, `/readyz`, `/metrics`: is the process alive, can it decide, and what was done. No key; in production
on a port of its own.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Scrape = Callable[[str], Awaitable[tuple[bytes, str]]]
"""`gateway.metrics.measuring.Measuring.scrape`: for what is accepted, the text and its media type."""


class Reader(Protocol):
    async def ready(self) -> None:
        """Raises while the store is away, or not ours."""


async def nothing(_accept: str) -> tuple[bytes, str]:
    """Nobody counts."""
    return b"", "text/plain; version=0.0.4; charset=utf-8"


def routes(store: Reader, scrape: Scrape = nothing) -> list[APIRouter]:
    router = APIRouter(tags=["health"])

    @router.get("/healthz", summary="The process is alive")
    async def alive() -> Response:
        return JSONResponse({"status": "alive"})

    @router.get("/readyz", summary="The store answers and is ours; 503 otherwise")
    async def ready() -> Response:
        await store.ready()
        return JSONResponse({"status": "ready"})

    @router.get(
        "/metrics",
        summary="What all processes of this gateway counted, for Prometheus",
        response_class=Response,
        responses={200: {"content": {"text/plain": {}}}},
    )
    async def metrics(request: Request) -> Response:
        text, media_type = await scrape(request.headers.get("accept", ""))
        return Response(text, media_type=media_type)

    return [router]
