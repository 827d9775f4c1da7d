"""Gateways in processes of their own, and servers that are gone when the test is."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.embedded.data_folder import DataFolder
from suppression.errors import ConfigurationError

Gateway = subprocess.Popen[str]


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    yield folder
    _end_server(folder)


@pytest.fixture
def gateway() -> Iterator[Callable[[Path], Gateway]]:
    started: list[Gateway] = []

    def start(folder: Path) -> Gateway:
        program = Path(__file__).with_name("gateway_process.py")
        root = Path(__file__).parents[3]
        started.append(
            subprocess.Popen(
                [sys.executable, program, folder],
                stdout=subprocess.PIPE,
                text=True,
                cwd=root,
                env={**os.environ, "PYTHONPATH": str(root)},
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=10)


def _end_server(folder: Path) -> None:
    """What a failed test left running, found as an orphan is."""
    with contextlib.suppress(OSError, ConfigurationError):
        data = DataFolder(folder)
        record = data.record()
        if record is not None and record.pid and data.has_server:
            os.kill(record.pid, signal.SIGKILL)
