"""The HTTP application of one worker on a real store, with an endpoint that does nothing: a process of its own.

python -m tests.bench.accepting_server STORE_SOCKET FOLDER; prints its port when it answers.
"""

import asyncio
import socket
import sys
from dataclasses import replace
from pathlib import Path

import uvloop
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.http.app import create_app
from gateway.http.server import serve
from gateway.processes.garbage import tame
from suppression.store.opening import StoreSettings, open_store
from tests.conftest import SECRETS
from tests.gateway.http.world import real_world

NOTHING = "/v1/nothing"


async def run(store_socket: str, folder: Path) -> None:
    store = await open_store(StoreSettings(f"unix://{store_socket}"), SECRETS)
    world = await real_world(store, folder)
    app = create_app(replace(world.doors, sandbox=None))  # as in production
    router = APIRouter()

    @router.post(NOTHING)
    async def nothing(request: Request) -> Response:
        await request.body()
        return JSONResponse({})

    app.router.routes.insert(0, router.routes[0])  # found as quickly as what is compared with it
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(256)
        await serve(app, [listener])
        tame()
        print(listener.getsockname()[1], flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(run(sys.argv[1], Path(sys.argv[2])))
