"""A dispatcher as a process of its own, for tests that stop and kill it."""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import structlog
import uvloop

from gateway.duties.times import Times
from suppression.store.opening import StoreSettings, open_store
from tests.conftest import SECRETS
from tests.gateway.duties.office import Office

ROOT = Path(__file__).parents[2]


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", required=True)
    parser.add_argument("--twilio", required=True)
    parser.add_argument("--times", type=json.loads, default={})
    told = parser.parse_args()
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr)
    )  # stdout is read for a line only
    store = await open_store(StoreSettings(told.store), SECRETS)
    office = Office(store, {"brand": told.twilio, "other": told.twilio})
    desk = office.desk(times=Times(**told.times))
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    desk.start()
    print("started", flush=True)
    await ended.wait()
    await desk.drain(20)
    await office.close()
    await store.close()


class DispatcherProcess:
    """Killed, stopped or ended by its pid. `log`: where it writes what it has to say."""

    def __init__(self, store_url: str, twilio_url: str, times: Times, log: Path | None = None) -> None:
        command = [sys.executable, "-m", "tests.faults.dispatcher_process", "--store", store_url]
        command += ["--twilio", twilio_url, "--times", json.dumps(asdict(times))]
        with (log or Path(os.devnull)).open("ab") as written:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=written, cwd=ROOT, env=os.environ
            )

    def wait_started(self) -> None:
        assert self.process.stdout
        assert self.process.stdout.readline() == b"started\n"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    def stop(self) -> int:
        self.process.terminate()
        code = self.process.wait(30)
        if self.process.stdout:
            self.process.stdout.close()
        return code


@contextmanager
def dispatcher(store_url: str, twilio_url: str, times: Times) -> Iterator[DispatcherProcess]:
    """Started, and gone at the end whatever happens."""
    running = DispatcherProcess(store_url, twilio_url, times)
    try:
        running.wait_started()
        yield running
    finally:
        if running.process.poll() is None:
            running.kill()


if __name__ == "__main__":
    uvloop.run(main())
