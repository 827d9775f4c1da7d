"""Where an archive is kept: names with contents that are put there once and never altered; a folder, or a bucket.

Unavailable
+-- ArchiveUnavailable   we cannot now: disk full, folder gone, a bucket that answers errors or nothing
+-- ArchiveDamaged       it is not as it was left: people must look, and nothing goes on by itself
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from suppression.errors import Unavailable

if TYPE_CHECKING:  # manifests are read from places
    from gateway.archive.manifest import File

_CHUNK = 1 << 20


class ArchiveUnavailable(Unavailable):
    peer_text = "archive temporarily unavailable"
    retry_after = 30


class ArchiveDamaged(Unavailable):
    peer_text = "archive temporarily unavailable"
    retry_after = 300


class Place(Protocol):
    """All of them block. ArchiveUnavailable from each; then what was to be done may have been done all the same.

    Names are relative, with "/" between their parts.
    """

    def create(self, name: str, content: bytes) -> bool:
        """Durably, whole or not at all; False: the name is taken, and what it has is left as it is."""
        ...

    def put(self, name: str, path: Path) -> None:
        """Durably: a file under a name that is new. ArchiveDamaged when it is not."""
        ...

    def read(self, name: str) -> bytes:
        """suppression.errors.NotFound."""
        ...

    def pieces(self, name: str) -> Iterator[bytes]:
        """The content that it has there now, some megabytes at a time. NotFound."""
        ...

    def local(self, file: "File") -> Path:
        """Where to read the file from here. What was fetched for it has the manifest's SHA-256; else ArchiveDamaged."""
        ...

    def names(self, prefix: str) -> list[str]:
        """Sorted. `prefix` ends with "/", or is "" for all."""
        ...

    def delete(self, name: str) -> None:
        """It may be missing."""
        ...


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digest_of(path: Path) -> str:
    """Of a file's content."""
    told = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_CHUNK):
            told.update(part)
    return told.hexdigest()


def check(path: Path, file: "File") -> None:
    """ArchiveDamaged unless the path has the very bytes that the manifest tells of."""
    try:
        if path.stat().st_size == file.bytes and digest_of(path) == file.sha256:
            return
    except FileNotFoundError:
        raise ArchiveDamaged(f"{file.name} is missing") from None
    except OSError as error:
        raise ArchiveUnavailable(f"{file.name} cannot be read: {error.strerror}") from error
    raise ArchiveDamaged(f"{file.name} is not what its manifest says")
