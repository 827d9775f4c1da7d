"""Accepting texts by HTTP in one process, decided, logged and in the outbox with fsync always; and doing nothing."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.embedded.server import EmbeddedServer
from suppression.purposes import Catalogue
from suppression.store.opening import StoreSettings, prepare
from tests.bench import http_load
from tests.bench.accepting_server import NOTHING
from tests.bench.result import Result
from tests.conftest import SECRETS

CONNECTIONS = 64
SECONDS = 5.0
BATCH = 1_000
BATCHES_AT_ONCE = 2


@contextlib.contextmanager
def gateway() -> Iterator[int]:
    """Its port."""
    with TemporaryDirectory() as folder, EmbeddedServer(Path(folder) / "store") as server:
        asyncio.run(prepare(StoreSettings(f"unix://{server.socket}"), SECRETS, Catalogue.shipped()))
        command = [sys.executable, "-m", "tests.bench.accepting_server", str(server.socket), folder]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(30)


def results() -> list[Result]:
    with gateway() as port:
        nothing = http_load.rate(port, NOTHING, CONNECTIONS, SECONDS)
        texts = http_load.rate(port, "/v1/sms", CONNECTIONS, SECONDS)
        batches = http_load.rate(port, "/v1/sms", BATCHES_AT_ONCE, SECONDS, BATCH, 500_000_000)
    return [
        Result(
            f"accepting texts, one process, {CONNECTIONS} connections",
            texts,
            "texts/s",
            "the same stack doing nothing",
            nothing,
            texts / nothing,
            ">= 1,500, >= 0.15 x peer",
        ),
        Result("batches of 1000, one process", batches * BATCH, "recipients/s", goal=">= 6,000"),
    ]
