"""Makes the filters that are missing, and deletes those whose file is no part of the archive any more.

To be called again and again, by whichever process: it alters nothing of the archive, and whoever else makes the same
filter makes the same bytes.
"""

import contextlib
import os
import secrets
import time
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from gateway.archive import places
from gateway.archive.columns import quoted
from gateway.archive.database import connect, limited
from gateway.archive.filters import content_of, file_name, is_whole
from gateway.archive.manifest import Chain, File
from gateway.archive.places import ArchiveDamaged, Place
from gateway.archive.scratch import Scratch, on_disk
from suppression.errors import NotFound

SECONDS = 5.0  # of work a call, and one file more
SETTLED = timedelta(days=1)  # after which a file that was not made one with others will not be
_READ = 300.0  # seconds that a file may take
_CHUNK = 50_000  # recipients
_PART = ".part"  # of names of filters that are being written; of killed processes, when they are old
_LEFT_OVER = 24 * 3600.0


class FilterKeeper:
    """For one process. `folder`: the filters', in one that is there; `scratch`: on a disk of this host."""

    def __init__(self, place: Place, folder: Path, scratch: Path, seconds: float = SECONDS) -> None:
        self._chain = Chain(place)
        self._place = place
        self._folder = folder
        self._scratch = scratch
        self._seconds = seconds
        self._done: set[str] = set()  # names of filters that were found whole, or made
        self._unusable: set[str] = set()  # of files that no filter can be made of

    def keep(self, now: datetime) -> int:
        """How many were made. ArchiveUnavailable, ArchiveDamaged."""
        files = {file_name(file): file for file in self._chain.state().files.values()}
        with on_disk("the filters"):
            self._done &= self._sweep(files.keys())
        wanted = [
            file
            for name, file in files.items()
            if name not in self._done and name not in self._unusable and _is_settled(file, now)
        ]
        made, deadline = 0, time.monotonic() + self._seconds
        for number, file in enumerate(sorted(wanted, key=lambda file: file.last, reverse=True)):
            if number and time.monotonic() > deadline:
                break
            if not self._has(file):
                self._make(file)
                made += 1
            self._done.add(file_name(file))
        return made

    def _sweep(self, wanted: Collection[str]) -> set[str]:
        """Names of the filters that are left."""
        self._folder.mkdir(exist_ok=True)
        there = set()
        for path in self._folder.iterdir():
            if path.name in wanted:
                there.add(path.name)
            elif path.suffix != _PART or _is_old(path):
                path.unlink(missing_ok=True)
        return there

    def _has(self, file: File) -> bool:
        try:
            return is_whole((self._folder / file_name(file)).read_bytes(), file.sha256)
        except OSError:
            return False

    def _make(self, file: File) -> None:
        work = Scratch(self._scratch)
        try:
            recipients = _recipients(self._fetched(file, work.path), work.path)
        except ArchiveDamaged:
            self._unusable.add(file_name(file))
            raise
        finally:
            work.close()
        with on_disk("the filters"):
            self._write(file_name(file), content_of(recipients, file.sha256))

    def _fetched(self, file: File, folder: Path) -> Path:
        """A copy of our own: not in a bucket's cache, which is for what people ask. With the manifest's very bytes."""
        path = folder / "file.parquet"
        try:
            with on_disk("the scratch folder"), path.open("xb") as out:
                out.writelines(self._place.pieces(file.name))
        except NotFound:
            raise ArchiveDamaged(f"{file.name} is missing") from None
        places.check(path, file)
        return path

    def _write(self, name: str, content: bytes | bytearray) -> None:
        """Under its name when it is whole, and on the disk."""
        part = self._folder / f"{name}-{secrets.token_hex(8)}{_PART}"
        try:
            with part.open("xb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            part.replace(self._folder / name)
        finally:
            part.unlink(missing_ok=True)


def _is_settled(file: File, now: datetime) -> bool:
    return file.level > 0 or file.last < (now - SETTLED).timestamp() * 1000


def _is_old(path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return time.time() - path.stat().st_mtime > _LEFT_OVER
    return True


def _recipients(path: Path, scratch: Path) -> bytes:
    """Each once. One that is of no keyed hash's size is asked for without filters."""
    with connect(scratch) as connection, limited(connection, _READ):
        connection.execute("SET threads = 1")
        connection.execute(
            f"SELECT DISTINCT recipient FROM read_parquet({quoted(str(path))}, hive_partitioning = false) "
            "WHERE octet_length(recipient) = 16"
        )
        found: Iterator[list[tuple[bytes]]] = iter(lambda: connection.fetchmany(_CHUNK), [])
        return b"".join(row[0] for rows in found for row in rows)
