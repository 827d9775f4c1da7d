"""`/healthz` and `/readyz`: is the process alive, and can it decide. No key; in production on a port of its own."""

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from gateway.http.doors import Doors


def routes(doors: Doors) -> list[APIRouter]:
    router = APIRouter(tags=["health"])

    @router.get("/healthz", summary="The process is alive")
    async def alive() -> Response:
        return JSONResponse({"status": "alive"})

    @router.get("/readyz", summary="The store answers and is ours; 503 otherwise")
    async def ready() -> Response:
        await doors.reading.ready()
        return JSONResponse({"status": "ready"})

    return [router]
