"""The folder where the processes of one gateway count: private, made when it starts, removed when it ends.

A supervisor that was killed leaves its folder behind, and perhaps workers that still drain. They all hold its lock, so
whoever starts next knows which folders are nobody's any more.
"""

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "suppression-gateway-metrics-"
_LOCK = "lock"


@contextmanager
def own_folder(base: Path | None = None) -> Iterator[Path]:
    """`base`: where it is made; the place for temporary files, if not given. Counters begin with it at 0."""
    where = base or Path(tempfile.gettempdir())
    _remove_left_over(where)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=where))
    lock = os.open(folder / "lock.new", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (folder / "lock.new").rename(folder / _LOCK)  # locked from the first that anybody sees of it
        yield folder
    finally:
        os.close(lock)
        shutil.rmtree(folder, ignore_errors=True)


def _remove_left_over(where: Path) -> None:
    for folder in where.glob(_PREFIX + "*"):
        if _ours(folder) and not _held(folder / _LOCK):
            shutil.rmtree(folder, ignore_errors=True)


def _ours(folder: Path) -> bool:
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077


def _held(lock: Path) -> bool:
    """Also one that is not there yet: its gateway is just starting."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)
