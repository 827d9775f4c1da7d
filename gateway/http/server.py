"""Uvicorn as a task of the worker's own loop: sockets are given, signals are the worker's, drained on demand."""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable, Generator, Sequence

import uvicorn
from starlette.types import ASGIApp

from gateway.http.wire import HEAD_WITHIN, bounded

_CONNECTIONS = 500  # at once, of one process; more are told to try again
_KEEP_ALIVE = 15  # seconds that an idle connection stays
_STARTED_WITHIN = 10.0


class _Quiet(uvicorn.Server):
    """Uvicorn captures signals for itself; here they belong to the worker."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class HttpServer:
    """An application answering on sockets, until it is drained."""

    def __init__(self, server: _Quiet, task: "asyncio.Task[None]") -> None:
        self._server = server
        self._task = task

    async def drain(self) -> None:
        """Accept nothing more, let what is being answered finish, then close."""
        self._server.should_exit = True
        await self._task

    async def wait(self) -> None:
        """Ends when the server does: a worker whose front has gone must not go on."""
        await asyncio.shield(self._task)


async def serve(
    app: ASGIApp,
    sockets: Sequence[socket.socket],
    *,
    grace: float = 20.0,
    connections: int = _CONNECTIONS,
    head_within: float = HEAD_WITHIN,
    tls: Callable[[], ssl.SSLContext] | None = None,
) -> HttpServer:
    """Start, and return once it accepts. `grace`: seconds that drain waits for answers under way."""
    # Uvicorn's own lines are about processes that it does not run here; what fails is logged by `edge`.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    config = uvicorn.Config(
        app,
        loop="none",
        http=bounded(head_within),
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=connections,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=int(grace),
        ssl_context_factory=(lambda _config, _default: tls()) if tls else None,
    )
    server = _Quiet(config)
    task = asyncio.get_running_loop().create_task(server.serve(sockets=list(sockets)), name="http")
    await _started(server, task)
    return HttpServer(server, task)


async def _started(server: _Quiet, task: "asyncio.Task[None]") -> None:
    async with asyncio.timeout(_STARTED_WITHIN):
        while not server.started:
            if task.done():
                await task  # raises what it failed of
                raise RuntimeError("the HTTP server ended before it began")
            await asyncio.sleep(0.005)
