"""An archive in a folder of this host, or of a file server that is mounted here and has hard links."""

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from gateway.archive.manifest import File
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable
from suppression.errors import NotFound

_INCOMING = ".incoming"  # what is being written; a name gets it when it is whole
_PIECE = 1 << 20
_LEFT_OVER = 24 * 3600.0  # seconds after which nobody is writing it any more


class Folder:
    """The folder itself is never made here: where it is missing, its disk is, and a new one would hide that."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def create(self, name: str, content: bytes) -> bool:
        with _translated(name):
            return self._written(name, lambda file: file.write(content))

    def put(self, name: str, path: Path) -> None:
        with _translated(name):
            if not self._written(name, lambda file: _copy(path, file)):
                raise ArchiveDamaged(f"{name} is taken")

    def read(self, name: str) -> bytes:
        path = self._of(name)
        with _translated(name):
            try:
                return path.read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                self._root()
                raise NotFound("no such name in the archive") from None

    def pieces(self, name: str) -> Iterator[bytes]:
        path = self._of(name)
        with _translated(name):
            try:
                with path.open("rb") as file:
                    while piece := file.read(_PIECE):
                        yield piece
            except (FileNotFoundError, NotADirectoryError):
                self._root()
                raise NotFound("no such name in the archive") from None

    def local(self, file: File) -> Path:
        path = self._of(file.name)
        with _translated(file.name):
            try:
                size = path.stat().st_size
            except (FileNotFoundError, NotADirectoryError):
                self._root()
                raise ArchiveDamaged(f"{file.name} is missing") from None
        if size != file.bytes:
            raise ArchiveDamaged(f"{file.name} is not what its manifest says")
        return path

    def names(self, prefix: str) -> list[str]:
        with _translated(prefix):
            root = self._root()
            found = (
                Path(above, name).relative_to(root)
                for above, _, files in os.walk(self._of(prefix), onerror=_raise_unless_missing)
                for name in files
            )
            return sorted(path.as_posix() for path in found if path.parts[0] != _INCOMING)

    def delete(self, name: str) -> None:
        path = self._of(name)
        with _translated(name):
            self._root()
            path.unlink(missing_ok=True)

    def _root(self) -> Path:
        if not self._path.is_dir():
            raise ArchiveUnavailable("the archive's folder is not there")
        return self._path

    def _of(self, name: str) -> Path:
        parts = PurePosixPath(name).parts
        if name.startswith("/") or any(part.startswith(".") for part in parts):
            raise ArchiveDamaged("a name that leads out of the archive")
        return self._path.joinpath(*parts)

    def _written(self, name: str, write: Callable[[IO[bytes]], object]) -> bool:
        """False: the name is taken."""
        final = self._of(name)
        incoming = self._made(self._root() / _INCOMING)
        _sweep(incoming)
        draft = incoming / secrets.token_hex(8)
        try:
            with draft.open("xb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            folder = self._made(final.parent)
            try:
                os.link(draft, final)
            except FileExistsError:
                return False
            _sync(folder)
        finally:
            draft.unlink(missing_ok=True)
        return True

    def _made(self, folder: Path) -> Path:
        """With all above it, up to our own: durably there."""
        if folder != self._path and not folder.is_dir():
            above = self._made(folder.parent)
            folder.mkdir(exist_ok=True)
            _sync(above)
        return folder


def _copy(path: Path, file: IO[bytes]) -> None:
    with path.open("rb") as source:
        shutil.copyfileobj(source, file, 1 << 20)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep(incoming: Path) -> None:
    """What a killed process left there."""
    for path in incoming.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _LEFT_OVER:
                path.unlink()


def _raise_unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error


@contextlib.contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArchiveUnavailable(f"{name}: {error.strerror or type(error).__name__}") from error
