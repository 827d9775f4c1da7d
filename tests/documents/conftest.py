"""A user's two terminals: `gateway dev` in the one, what README says in the other."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.documents import readme

READY = 180.0  # seconds


@dataclass
class Terminal:
    """The user's second terminal, in the project's folder. `printed`: what the first one shows."""

    environment: dict[str, str]
    printed: str

    @property
    def example(self) -> str:
        """The three lines."""
        found: list[str] = re.findall(r"^python3 -c .*?\"$", self.printed, re.DOTALL | re.MULTILINE)
        assert len(found) == 1
        return found[0]

    def paste(self, lines: str) -> str:
        """What bash shows, errors too."""
        shown = subprocess.run(
            ["bash", "-c", lines],
            cwd=readme.ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=240, check=False,
        )  # fmt: skip
        return shown.stdout


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    environment = {name: value for name, value in os.environ.items() if name != "XDG_DATA_HOME"}
    environment |= {"HOME": str(tmp_path), "NO_COLOR": "1"}
    output = tmp_path / "printed"
    with output.open("w") as printed:
        gateway = subprocess.Popen(
            [sys.executable, "-m", "gateway", "dev"],
            cwd=readme.ROOT, env=environment, stdout=printed, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + READY
        while "Ctrl-C" not in output.read_text():
            assert gateway.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.05)
        yield Terminal(environment, output.read_text())
    finally:
        gateway.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            gateway.wait(45)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(gateway.pid, signal.SIGKILL)
