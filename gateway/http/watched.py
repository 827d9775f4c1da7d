"""The layer around all others: each request has an id, is timed, counted and logged, by its route and nothing else."""

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import logs, tracing
from gateway.metrics import observed

NO_ROUTE = "none"
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})  # asked every few seconds
_CUT_OFF = 499  # nobody was answered: what nginx calls it


class Watched:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        parent, given = _header(scope, b"traceparent"), _header(scope, b"x-request-id")
        own = logs.request_id(parent, given)
        with structlog.contextvars.bound_contextvars(request=own), tracing.request(parent, own) as span:
            began, status = time.perf_counter(), _CUT_OFF

            async def watched(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    message["headers"] = [*message.get("headers", ()), (b"x-request-id", own.encode())]
                await send(message)

            try:
                await self._app(scope, receive, watched)
            finally:
                seconds = time.perf_counter() - began
                route = getattr(scope.get("route"), "path", NO_ROUTE)
                span.answered(f"{scope['method']} {route}", status)
                observed.http_request(scope["method"], route, status, seconds)
                if route not in _QUIET:
                    _tell(scope["method"], route, status, seconds)


def _tell(method: str, route: str, status: int, seconds: float) -> None:
    logs.access(
        "http_request",
        method=observed.method_of(method),
        route=route,
        status=status,
        ms=round(seconds * 1000, 1),
    )


def _header(scope: Scope, wanted: bytes) -> str:
    """Nothing for none, and for several: who sends two says nothing."""
    found = [value for name, value in scope["headers"] if name == wanted]
    return found[0].decode("latin-1") if len(found) == 1 else ""
