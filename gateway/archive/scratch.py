"""Folders for one piece of work each, on a disk of this host; what killed processes left of theirs is cleared away."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gateway.archive.places import ArchiveUnavailable

_PREFIX = "archiving-"


class Scratch:
    """One folder, until it is closed. Whoever works in it holds a lock on it, which ends with the process."""

    def __init__(self, parent: Path) -> None:
        """ArchiveUnavailable."""
        with on_disk("the scratch folder"):
            parent.mkdir(parents=True, exist_ok=True)
            _clear(parent)
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
            self._lock = _locked(self.path)

    def close(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _clear(parent: Path) -> None:
    for path in parent.glob(_PREFIX + "*"):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            lock = _locked(path)
            if lock is not None:
                shutil.rmtree(path, ignore_errors=True)
                os.close(lock)


def _locked(path: Path) -> int | None:
    """None: somebody else has it."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


@contextlib.contextmanager
def on_disk(what: str) -> Iterator[None]:
    """A disk that is full or gone is ArchiveUnavailable."""
    try:
        yield
    except OSError as error:
        raise ArchiveUnavailable(f"{what}: {error.strerror or type(error).__name__}") from error
