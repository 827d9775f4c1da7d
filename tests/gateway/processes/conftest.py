"""The program supervised.py, started and surely ended."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


class Supervised:
    """A running supervised.py."""

    def __init__(self, folder: Path, workers: int, *behaviour: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("supervised.py"), folder, str(workers), *behaviour],
            env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, start_new_session=True,
        )  # fmt: skip

    def wait_for(self, name: str) -> Path:
        path = self.folder / name
        for _ in range(1000):
            if path.exists():
                return path
            time.sleep(0.01)
        raise AssertionError(f"no {name}")

    def connect(self) -> tuple[socket.socket, int]:
        """A connection, and the pid of the worker that has it."""
        connection = socket.create_connection(
            ("127.0.0.1", int(self.wait_for("port").read_text())), timeout=10
        )
        return connection, int(connection.recv(100))

    def worker_pid(self) -> int:
        connection, pid = self.connect()
        connection.close()
        return pid

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def end(self) -> tuple[int, str]:
        """Its exit code and all it wrote, once it has ended."""
        output, _ = self.process.communicate(timeout=20)
        return self.process.returncode, output

    def clean_up(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate(timeout=10)


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Callable[..., Supervised]]:
    running: list[Supervised] = []

    def start(workers: int, *behaviour: str) -> Supervised:
        running.append(Supervised(tmp_path, workers, *behaviour))
        return running[-1]

    yield start
    for one in running:
        one.clean_up()
