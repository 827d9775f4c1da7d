"""Files of a distant archive, kept near: by their SHA-256, of bounded size, the least recently used go first.

What a question may be reading is never taken away from it: a file that was asked for a moment ago stays. Several
processes may share a folder.
"""

import contextlib
import hashlib
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from gateway.archive.manifest import File
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable

IN_USE = 600.0  # seconds for which a file stays after it was asked for: longer than any question
_PART = ".part"  # of names of files that are still being written; of killed processes, when they are old


class _Kept(NamedTuple):
    used: float
    size: int
    path: Path


class CachedFiles:
    """`most`: bytes."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most

    def find(self, file: File) -> Path | None:
        """And it counts as used now."""
        path = self._path(file)
        try:
            if path.stat().st_size == file.bytes:
                os.utime(path)
                return path
        except FileNotFoundError:
            pass
        except OSError as error:
            raise ArchiveUnavailable(f"the cache cannot be read: {error}") from error
        return None

    def keep(self, file: File, pieces: Iterable[bytes]) -> Path:
        """ArchiveDamaged when the content is another than the manifest's."""
        part = self._folder / f"{file.sha256}-{secrets.token_hex(8)}{_PART}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._make_room(file.bytes)
            found = _write(part, pieces)
            if found != file.sha256:
                raise ArchiveDamaged(f"{file.name} is not what its manifest says")
            path = self._path(file)
            part.replace(path)
        except OSError as error:
            raise ArchiveUnavailable(f"the cache cannot be written: {error}") from error
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
        return path

    def _path(self, file: File) -> Path:
        return self._folder / f"{file.sha256}.parquet"

    def _make_room(self, size: int) -> None:
        kept = sorted(self._kept())
        excess = sum(one.size for one in kept) + size - self._most
        idle = time.time() - IN_USE
        for one in kept:
            if excess <= 0 or one.used > idle:
                break
            one.path.unlink(missing_ok=True)
            excess -= one.size
        if excess > 0:
            raise ArchiveUnavailable(f"the cache is too small for what is asked of it: {self._most} bytes")

    def _kept(self) -> Iterator[_Kept]:
        for path in self._folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                about = path.stat()
                yield _Kept(about.st_mtime, about.st_size, path)


def _write(path: Path, pieces: Iterable[bytes]) -> str:
    """SHA-256 of it. On the disk before it has its name: a file that a crash cut short is never found."""
    digest = hashlib.sha256()
    with path.open("xb") as out:
        for piece in pieces:
            out.write(piece)
            digest.update(piece)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()
