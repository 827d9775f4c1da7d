"""`/console`: where agents begin, and the page for addresses that lead nowhere."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.console.access import router
from gateway.console.doors import Console
from gateway.console.pages import page
from gateway.console.roles import Permission
from suppression.errors import NotFound


def routes(console: Console) -> list[APIRouter]:
    own = router(console, Permission.OWN)

    @own.get("")
    async def start(request: Request) -> Response:
        return page(request, "start.html")

    return [own]


def nowhere(console: Console) -> list[APIRouter]:
    """Last of all routes."""
    own = router(console, Permission.OWN)

    @own.get("/{path:path}")
    async def no_such_page(path: str) -> Response:  # noqa: ARG001 - the route's own word
        raise NotFound("no such page")

    return [own]
