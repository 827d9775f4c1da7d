"""The command, run in processes of its own that are gone when the test is."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.embedded.data_folder import DataFolder
from suppression.errors import ConfigurationError

ROOT = Path(__file__).parents[3]
READY = 20.0  # seconds; a start takes about one, on a machine with nothing else to do


def environment(before: Path | None = None) -> dict[str, str]:
    """`before`: a folder in which modules are looked for first."""
    path = os.pathsep.join(filter(None, (str(before or ""), str(ROOT), os.environ.get("PYTHONPATH", ""))))
    return {**os.environ, "PYTHONPATH": path, "NO_COLOR": "1"}


@pytest.fixture
def gateway() -> Callable[..., "subprocess.CompletedProcess[str]"]:
    def run(*arguments: str | Path, before: Path | None = None) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "gateway", *arguments],
            capture_output=True, text=True, timeout=60, check=False, env=environment(before),
        )  # fmt: skip

    return run


class Running:
    """A `gateway dev` or `serve`. Its data folder is `data`."""

    def __init__(self, data: Path, *arguments: str | Path) -> None:
        self.data = data
        self.output = data.with_name(f"{data.name}-{time.monotonic_ns()}.out")
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gateway", *arguments],
                stdout=output, stderr=subprocess.STDOUT, env=environment(), start_new_session=True,
            )  # fmt: skip

    def ready(self) -> dict[str, Any]:
        """What dev.json says, once it is there."""
        self.until((self.data / "dev.json").exists)
        facts: dict[str, Any] = json.loads((self.data / "dev.json").read_text())
        return facts

    def until(self, fact: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY
        while not fact():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"not ready, {self.process.returncode}: {self.output.read_text()}")
            time.sleep(0.02)

    def answers(self, port: int) -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            return False
        return True

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(45)

    def kill(self) -> None:
        """The supervisor alone, as a fault would."""
        self.process.kill()
        self.process.wait(10)

    def processes(self) -> list[int]:
        """All that it started and that live: they name the data folder, or are its group."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                pid = int(entry.name)
                in_group = os.getpgid(pid) == self.process.pid
                command = (entry / "cmdline").read_bytes()
                if command and (in_group or os.fsencode(self.data / "store") in command):
                    found.append(pid)
        return found


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    running: list[Running] = []

    def begin(command: str, data: Path, *arguments: str | Path) -> Running:
        running.append(Running(data, command, *arguments))
        return running[-1]

    yield begin
    for one in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(one.process.pid, signal.SIGKILL)
        one.process.wait(10)
        _end_server(one.data)


def _end_server(data: Path) -> None:
    with contextlib.suppress(OSError, ConfigurationError):
        folder = DataFolder(data)
        record = folder.record()
        if record is not None and record.pid and folder.has_server:
            os.kill(record.pid, signal.SIGKILL)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"
