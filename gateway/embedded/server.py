"""The private store server of a gateway without `redis_url`: started, adopted, watched and stopped here.

It has a process group of its own (Ctrl-C is for the gateway, which stops it last) and outlives a killed
gateway; the next one on its data folder adopts it. That an adopted server is of the right epoch is for the
store to check.
Blocking code: for the supervisor and tests, never inside an event loop.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.embedded import binary as server_binary
from gateway.embedded.binary import Release, ServerBinary
from gateway.embedded.data_folder import DataFolder, ServerRecord, private
from gateway.embedded.probe import ask, server_pid
from suppression.errors import ConfigurationError

POLL = 0.005  # seconds; a server is ready after 20 to 50 ms
PATIENCE = 10.0  # seconds to the first answer ("loading" is one), and from SIGTERM to SIGKILL

DURABLE = {
    "appendonly": "yes",
    "appendfsync": "always",
    "maxmemory-policy": "noeviction",
    "save": "",
}
PRIVATE = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    "supervised": "no",
    "protected-mode": "yes",
}
COMPACT = {
    "hash-max-listpack-value": "2048",
    "hash-max-listpack-entries": "128",
}  # a hash per recipient: few, short


class EmbeddedServer:
    """`start()`, then `socket` and `pid`, then `stop()`.

    `adopted`: it was running already, left by a dead gateway (or is this process's own, started twice).
    """

    def __init__(
        self,
        folder: Path,
        *,
        binary: ServerBinary | None = None,
        options: Mapping[str, str] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self.adopted = False
        self.pid = 0
        self.socket = Path()
        self._folder = DataFolder(folder)
        self._binary = binary
        self._options = dict(options or {})
        self._patience = patience
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Returns when PING answers. ConfigurationError if the folder is in use or the server cannot run."""
        self._folder.claim()
        try:
            lock = self._folder.lock()
            if lock is None:
                self._adopt()
            else:
                self._spawn(lock, fresh_socket=True)
                self._wait_until_ready()
        except BaseException:
            if self._child is not None:
                self.stop()
            self._folder.release()
            raise
        return self

    @staticmethod
    def socket_of(folder: Path) -> Path:
        """Where the folder's server listens, whoever runs it. ConfigurationError when none does."""
        data = DataFolder(folder)
        record = data.record() if data.path.is_dir() else None
        if record is None or not record.socket or not data.has_server:
            raise ConfigurationError(f"no store server runs on data folder {data.path}")
        return Path(record.socket)

    @property
    def alive(self) -> bool:
        """Whether the server process lives. (It may still be loading.)"""
        if self._child is not None:
            return self._child.poll() is None
        return bool(self.pid) and self._folder.has_server

    def revive(self) -> bool:
        """Start it again on the same socket if it died; True if it did. Does not wait until it is ready."""
        if self.alive or not self.pid:
            return False
        lock = self._folder.lock()
        if lock is None:  # a child of the dead server is still writing the append-only file
            return False
        self._spawn(lock, fresh_socket=False)
        return True

    def stop(self) -> None:
        """SIGTERM and wait; SIGKILL only after the patience. A repeat does nothing."""
        if self.alive:
            self._signal(signal.SIGTERM)
            if not self._ended_within(self._patience):
                self._signal(signal.SIGKILL)
                self._ended_within(self._patience)
        if self.pid:
            self._folder.forget_server()
        self.pid = 0
        self._child = None
        self._folder.release()

    def kill(self) -> None:
        """SIGKILL, as a fault would; the folder stays this gateway's and `revive` starts it again."""
        self._signal(signal.SIGKILL)
        self._ended_within(self._patience)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _spawn(self, lock: int, *, fresh_socket: bool) -> None:
        """The server inherits `lock`, which is closed here: the lock then says that the server lives."""
        try:
            binary = self._binary or server_binary.find()
            self._refuse_downgrade(binary)
            if fresh_socket:
                self._folder.forget_server()
                self.socket = self._folder.make_socket_path()
            release = binary.release
            # Before it runs, so that an orphan of any moment can be found.
            record = ServerRecord(0, str(self.socket), release.product, release.number)
            self._folder.write(record)
            self._child = self._run(binary, lock)
        finally:
            os.close(lock)
        self.pid = self._child.pid
        self._folder.write(ServerRecord(self.pid, record.socket, record.product, record.version))

    def _run(self, binary: ServerBinary, lock: int) -> subprocess.Popen[bytes]:
        options = {
            **PRIVATE, **DURABLE, **COMPACT,
            "dir": str(self._folder.store), "unixsocket": str(self.socket), "logfile": str(self._folder.log),
            **self._options,
        }  # fmt: skip
        arguments = [text for name, value in options.items() for text in (f"--{name}", value)]
        with open(self._folder.log, "ab", opener=private) as log:
            return subprocess.Popen(  # noqa: S603 - our own binary and options
                [binary.path, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self._folder.store, pass_fds=(lock,), start_new_session=True, umask=0o077,
            )  # fmt: skip

    def _refuse_downgrade(self, binary: ServerBinary) -> None:
        record = self._folder.record()
        if record is None:
            return
        try:
            written_by = Release.parse(record.product, record.version)
        except ValueError as error:
            raise ConfigurationError(f"{self._folder.path / 'store.json'} names no known release") from error
        if not binary.release.opens(written_by):
            raise ConfigurationError(
                f"data folder {self._folder.path} was written by {written_by}; {binary.path} is "
                f"{binary.release}, which cannot open it: install {written_by.product} >= {written_by.number}"
            )

    def _adopt(self) -> None:
        """Take over the server that a dead gateway left. It may be ending: then start anew."""
        record = self._folder.record()
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            if (lock := self._folder.lock()) is not None:
                self._spawn(lock, fresh_socket=True)
                return self._wait_until_ready()
            record = self._folder.record()
            if record is not None and (pid := server_pid(Path(record.socket))):
                return self._take(record, pid)
            time.sleep(0.05)
        raise ConfigurationError(
            f"data folder {self._folder.path} is held by a server that does not answer, "
            f"pid {record.pid if record and record.pid else 'unknown'}"
        )

    def _take(self, record: ServerRecord, pid: int) -> None:
        if record.pid not in (0, pid):
            raise ConfigurationError(
                f"{record.socket} is of another server: pid {pid}, recorded {record.pid}"
            )
        self.pid, self.socket, self.adopted = pid, Path(record.socket), True
        self._folder.write(ServerRecord(pid, record.socket, record.product, record.version))
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + self._patience
        while not (answer := ask(self.socket, b"PING")).startswith(b"+PONG"):
            if not self.alive:
                raise ConfigurationError(f"the store's server ended while starting: {self._last_words()}")
            if not answer and time.monotonic() > deadline:
                raise ConfigurationError(f"the store's server, pid {self.pid}, does not answer")
            time.sleep(POLL)

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = self._folder.log.read_text("utf-8", "replace").strip().splitlines()
            return f"{lines[-1].strip() if lines else 'no word'} ({self._folder.log})"
        return str(self._folder.log)

    def _signal(self, number: signal.Signals) -> None:
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def _ended_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.alive:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL)
        return True


@contextlib.contextmanager
def reachable(folder: Path) -> Iterator[Path]:
    """For commands: the socket of the folder's running server, or of one that lives as long as this."""
    with contextlib.suppress(ConfigurationError):
        running = EmbeddedServer.socket_of(folder)
        if server_pid(running):
            yield running
            return
    with EmbeddedServer(folder) as server:
        yield server.socket
