"""README's quick start, word for word, against a `gateway dev` of a user who starts it for the first time."""

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

MAKE_RUN, CLICK, READ_LOG = readme.blocks("Quick start", "sh")
READY = 60.0  # seconds
USER = "s.login('demo'"


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
            text=True, timeout=60, check=False,
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


def test_it_works_word_for_word(terminal: Terminal) -> None:
    assert MAKE_RUN == "make run\n"
    assert terminal.paste(terminal.example).strip() == "(221, b'2.0.0 Bye')"
    assert "You are unsubscribed" in terminal.paste(CLICK)
    assert "550, b'5.7.1 unsubscribed " in terminal.paste(terminal.example)
    order = terminal.example.replace(USER, "s.login('demo+transactional/orders'")
    assert terminal.paste(order).strip() == "(221, b'2.0.0 Bye')"
    log = terminal.paste(READ_LOG)
    for said in (
        "handing_over",
        "sent",
        "suppressed",
        "one_click",
        "decided",
        "refuse unsubscribed by rule suppression",
    ):
        assert said in log


def test_make_run_installs_the_core_and_starts_gateway_dev() -> None:
    """`make run` itself would install: what it would do is what the other test starts."""
    planned = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "--always-make", "run"],
        cwd=readme.ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    assert planned[-1] == ".venv/bin/gateway dev"
    assert any("--editable ." in line and "[dev]" not in line for line in planned)
