"""A program for the tests: supervised workers that answer each connection with their pid, then echo lines.

    supervised.py FOLDER WORKERS [BEHAVIOUR]

Writes FOLDER/port, FOLDER/ready when on_ready is called. BEHAVIOUR: "dies" (each worker ends at once, counted in
FOLDER/starts), "misconfigured", "stubborn" (never drains), "fails_ready" (on_ready raises), "bad_tick".
"""

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import cast

import uvloop

from gateway.processes import supervisor
from gateway.processes.acceptor import serve
from gateway.processes.connections import Connections, Limits
from gateway.processes.draining import told_to_drain
from gateway.processes.listeners import bind
from gateway.processes.worker_process import WorkerContext
from suppression.errors import ConfigurationError

BUSY = b"421 4.7.0 busy\r\n"
FOLDER, WORKERS, BEHAVIOUR = Path(sys.argv[1]), int(sys.argv[2]), "".join(sys.argv[3:])


class Echo(asyncio.Protocol):
    open = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        Echo.open += 1
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        self.transport.write(f"{os.getpid()}\n".encode())

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)

    def connection_lost(self, _error: Exception | None) -> None:
        Echo.open -= 1


async def work(context: WorkerContext) -> None:
    connections = Connections(Limits(), context.row)
    accepting = asyncio.create_task(
        serve(context.sockets["echo"], Echo, connections=connections, refusal=BUSY)
    )
    context.ready()
    await told_to_drain(context)
    accepting.cancel()
    context.row.drain()
    while Echo.open or BEHAVIOUR == "stubborn":  # noqa: ASYNC110 - a test may poll
        await asyncio.sleep(0.01)


def make_worker(context: WorkerContext) -> None:
    with (FOLDER / "starts").open("a") as starts:
        starts.write(f"{time.monotonic()}\n")
    if BEHAVIOUR == "dies":
        sys.exit(1)
    if BEHAVIOUR == "misconfigured":
        raise ConfigurationError("smtp.port: is no port")
    uvloop.run(work(context))


def on_ready() -> None:
    (FOLDER / "ready").touch()
    if BEHAVIOUR == "fails_ready":
        raise OSError("disk full")


def on_tick() -> None:
    with (FOLDER / "ticks").open("a") as ticks:
        ticks.write(".")
    if BEHAVIOUR == "bad_tick":
        raise OSError("disk full")


listener = bind("127.0.0.1", 0)
(FOLDER / "port").write_text(str(listener.getsockname()[1]))
sys.exit(
    supervisor.run(
        make_worker,
        {"echo": listener},
        WORKERS,
        on_ready=on_ready,
        on_tick=on_tick,
        drain=1 if BEHAVIOUR == "stubborn" else 30,
    )
)
