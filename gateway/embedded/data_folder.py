"""A data folder of the embedded store: who may use it, where its server's socket is, what is recorded of it.

gateway.lock  a record lock of the gateway that owns the folder; it dies with that process, forked workers do
              not share it. Holds the pid, for people.
lock          a flock that the server inherits: held exactly as long as a server lives, an orphan too
store.json    the server's pid, socket, product and version
store/        the server's own folder
"""

import fcntl
import json
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from suppression.errors import ConfigurationError

SOCKET_PATH_LIMIT = 100  # bytes; sun_path has 108 on Linux and 104 elsewhere
_SHORT_PREFIX = "suppression-gateway-"


@dataclass(frozen=True, slots=True)
class ServerRecord:
    """What store.json holds. `pid` is 0 while no server is known to run."""

    pid: int
    socket: str
    product: str
    version: str


class DataFolder:
    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.store = self.path / "store"
        self.log = self.path / "store.log"
        self._claim: int | None = None

    def claim(self) -> None:
        """Make it this process's; ConfigurationError names the gateway that has it."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.store.mkdir(mode=0o700, exist_ok=True)
            self.store.chmod(0o700)
            claim = os.open(self.path / "gateway.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigurationError(f"data folder {self.path} cannot be used: {error.strerror}") from error
        try:
            fcntl.lockf(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = _pid_in(claim)
            os.close(claim)
            raise ConfigurationError(
                f"data folder {self.path} is in use by the gateway with pid {owner}"
            ) from error
        os.ftruncate(claim, 0)
        os.pwrite(claim, f"{os.getpid()}\n".encode(), 0)
        self._claim = claim

    def release(self) -> None:
        """Give it up. A repeat does nothing."""
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None

    def lock(self) -> int | None:
        """A descriptor for the server to inherit; None while a server (ours or an orphan) has the lock."""
        lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        return lock

    @property
    def has_server(self) -> bool:
        """Whether a server lives on it, whoever started it."""
        try:
            lock = self.lock()
        except FileNotFoundError:
            return False
        if lock is None:
            return True
        os.close(lock)
        return False

    def record(self) -> ServerRecord | None:
        """What was written last; None for a new folder. ConfigurationError if it cannot be understood."""
        try:
            fields = json.loads((self.path / "store.json").read_bytes())
            return ServerRecord(
                int(fields["pid"]), str(fields["socket"]), str(fields["product"]), str(fields["version"])
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise ConfigurationError(f"{self.path / 'store.json'} cannot be read: {error!r}") from error

    def write(self, record: ServerRecord) -> None:
        """Renamed into place: readers see the old record or this one."""
        written = self.path / "store.json.new"
        with open(written, "w", opener=private, encoding="utf-8") as file:
            json.dump(asdict(record), file)
            file.flush()
            os.fsync(file.fileno())
        written.replace(self.path / "store.json")

    def forget_server(self) -> None:
        """The server has ended: its pid means nothing any more, its short socket folder goes."""
        if (record := self.record()) is not None:
            self._remove_short(Path(record.socket).parent)
            self.write(replace(record, pid=0, socket=""))

    def make_socket_path(self) -> Path:
        """Where the next server shall listen: in the store's folder, or a short one if that is too deep."""
        if _fits(own := self.store / "socket"):
            return own
        return make_short_folder((tempfile.gettempdir(), "/tmp")) / "socket"  # noqa: S108 - made private

    def _remove_short(self, folder: Path) -> None:
        """Only a folder that we made: ours, private, of our name, no link."""
        if not folder.name.startswith(_SHORT_PREFIX):
            return
        try:
            status = folder.lstat()
        except OSError:
            return
        if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077:
            shutil.rmtree(folder, ignore_errors=True)


def make_short_folder(bases: Iterable[str]) -> Path:
    """A private folder, in the first of `bases` whose path leaves room for a socket's."""
    for base in bases:
        if _fits(Path(base, _SHORT_PREFIX + "12345678", "socket")) and Path(base).is_dir():
            return Path(tempfile.mkdtemp(prefix=_SHORT_PREFIX, dir=base))
    raise ConfigurationError("no temporary folder with a short path for the store's socket: set TMPDIR")


def _fits(path: Path) -> bool:
    return len(os.fsencode(path)) <= SOCKET_PATH_LIMIT


def private(path: str, flags: int) -> int:
    """An opener for files that are nobody else's."""
    return os.open(path, flags, 0o600)


def _pid_in(claim: int) -> str:
    """Its owner writes it right after locking; until then it may be empty."""
    for _ in range(20):
        if text := os.pread(claim, 32, 0).strip():
            return text.decode("ascii", "replace")
        time.sleep(0.01)
    return "unknown"
