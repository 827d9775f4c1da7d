"""Gateways as real processes: started, watched, ended by pid, and a look at what they left over."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
READY = 30.0  # seconds; a start takes about one, on a machine with nothing else to do


def environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    return {**os.environ, "PYTHONPATH": path, "NO_COLOR": "1"}


def until(fact: Callable[[], object], seconds: float = READY, pause: float = 0.02) -> None:
    """Wait for a fact; AssertionError if it does not come."""
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(pause)


def run(*arguments: str | Path, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """A command of the gateway, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "gateway", *arguments],
        capture_output=True, text=True, timeout=180, check=False, env=environment(), cwd=cwd,
    )  # fmt: skip


def running_in(folder: Path) -> set[int]:
    """Processes that were told of this folder, or work in it."""
    found = set()
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            told = str(folder).encode() in (process / "cmdline").read_bytes()
            if told or (process / "cwd").readlink().is_relative_to(folder):
                found.add(int(process.name))
    return found


def name_of(pid: int) -> str:
    """What a process calls itself; "" if it has ended."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


class Running:
    """A gateway that was started. Everything of it is below `home`; `data` is its data folder."""

    def __init__(self, home: Path, data: Path, *arguments: str | Path) -> None:
        self.home = home
        self.data = data
        self.output = home / f"gateway-{time.monotonic_ns()}.out"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gateway", *arguments],
                stdout=output, stderr=subprocess.STDOUT, env=environment(), start_new_session=True, cwd=home,
            )  # fmt: skip

    @classmethod
    def dev(cls, home: Path, *arguments: str, data: Path | None = None) -> "Running":
        data = data or home / "data"
        return cls(home, data, "dev", "--data-dir", data, *arguments)

    def ready(self) -> dict[str, Any]:
        """What dev.json says, once it is there; a killed gateway left an old one."""
        facts: dict[str, Any] = {}

        def announced() -> bool:
            with contextlib.suppress(FileNotFoundError):
                facts.update(json.loads((self.data / "dev.json").read_text()))
            return bool(facts) and facts["pid"] == self.process.pid

        self.until(announced)
        return facts

    def until(self, fact: Callable[[], object]) -> None:
        def known() -> object:
            assert self.process.poll() is None, f"it ended: {self.output.read_text()}"
            return fact()

        until(known)

    @property
    def store_pid(self) -> int:
        return int(json.loads((self.data / "store.json").read_text())["pid"])

    @property
    def children(self) -> set[int]:
        """The supervisor's, but for the store's server: workers, and who archives."""
        return running_in(self.home) - {self.process.pid, self.store_pid}

    @property
    def workers(self) -> set[int]:
        return {pid for pid in self.children if name_of(pid).startswith("gw-worker-")}

    def stop(self) -> int:
        """As an operator would; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(45)

    def kill(self) -> None:
        """The supervisor alone, as a fault would."""
        self.process.kill()
        self.process.wait(10)

    def end(self) -> None:
        """Stop it if it runs; AssertionError if anything of it is left over."""
        if self.process.poll() is None:
            self.stop()
        left = running_in(self.home)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert not left, f"left over: {left}"


@contextlib.contextmanager
def standing_still(pid: int) -> Iterator[None]:
    """That process stands still for as long as this lasts."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
