"""The archive's table of contents: a chain of manifests, each with its predecessor's SHA-256.

A file is part of the archive when a manifest of the chain names it, and from then on only. A manifest is made by
create-if-absent under the number after the latest: of two who make one, one sees that it came too late.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.archive.places import ArchiveDamaged, Place, digest
from suppression.errors import NotFound

FORMAT = 1
FOLDER = "manifests/"
_A_FOLDER = 1000  # manifests
_WHOLE = 100  # each of these says the whole state: nobody reads more than so many
_NAME = re.compile(r"records/class=[a-z0-9_-]+/day=\d{4}-\d\d-\d\d/[a-z0-9][a-z0-9_-]*\.parquet")


@dataclass(frozen=True, slots=True)
class File:
    """A Parquet file of records of one class and day, sorted by columns.ORDER. It is never altered.

    first, last  the lowest and highest `ms` in it
    level        0: as archived; 1, 2: made of smaller ones
    """

    name: str
    sha256: str
    bytes: int
    records: int
    class_: str
    day: str
    first: int
    last: int
    level: int = 0

    def to_json(self) -> dict[str, Any]:
        return {name.rstrip("_"): getattr(self, name) for name in _KEYS}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "File":
        file = cls(**{name: _typed(said[name.rstrip("_")], kind) for name, kind in _KEYS.items()})
        if not _NAME.fullmatch(file.name):
            raise ValueError("no file's name")
        return file


_KEYS = {
    **dict.fromkeys(("name", "sha256"), str),
    **dict.fromkeys(("bytes", "records"), int),
    **dict.fromkeys(("class_", "day"), str),
    **dict.fromkeys(("first", "last", "level"), int),
}


@dataclass(frozen=True, slots=True)
class Removed:
    """A file that is no more part of the archive. `why`: compacted, or retention."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One step of the archive.

    previous  SHA-256 of the manifest before it, "" for the first
    at        RFC 3339, by the clock of who made it: nothing depends on it
    by        host and process that made it
    epoch     of the store whose log it is
    files     in every hundredth: all that the archive has after it
    """

    number: int
    previous: str
    at: str
    by: str
    epoch: str
    added: tuple[File, ...] = ()
    removed: tuple[Removed, ...] = ()
    files: tuple[File, ...] | None = None

    def to_bytes(self) -> bytes:
        said: dict[str, Any] = {"format": FORMAT}
        said |= {name: getattr(self, name) for name in ("number", "previous", "at", "by", "epoch")}
        said["added"] = [file.to_json() for file in self.added]
        said["removed"] = [{"name": file.name, "why": file.why} for file in self.removed]
        if self.files is not None:
            said["files"] = [file.to_json() for file in self.files]
        return json.dumps(said, separators=(",", ":")).encode() + b"\n"

    @classmethod
    def from_bytes(cls, content: bytes, number: int) -> "Manifest":
        """ArchiveDamaged."""
        try:
            return cls._read(json.loads(content), number)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ArchiveDamaged(f"manifest {number} cannot be read: {type(error).__name__}") from error

    @classmethod
    def _read(cls, said: Mapping[str, Any], number: int) -> "Manifest":
        if _typed(said["format"], int) > FORMAT:
            raise ArchiveDamaged(f"manifest {number} is of a newer version of the gateway")
        if said["format"] != FORMAT or said["number"] != number:
            raise ValueError("not that manifest")
        whole = said.get("files")
        return cls(
            number,
            **{name: _typed(said[name], str) for name in ("previous", "at", "by", "epoch")},
            added=tuple(File.from_json(file) for file in said["added"]),
            removed=tuple(Removed(_typed(file["name"], str), str(file["why"])) for file in said["removed"]),
            files=None if whole is None else tuple(File.from_json(file) for file in whole),
        )


def _typed(value: Any, kind: type) -> Any:
    if type(value) is not kind:  # a bool is no number here
        raise TypeError("of another type")
    return value


@dataclass(frozen=True, slots=True)
class State:
    """What the archive has after a manifest.

    number  of that manifest; 0: there is none yet
    digest  its SHA-256
    files   by their names
    epoch   that it tells
    """

    number: int = 0
    digest: str = ""
    files: Mapping[str, File] = field(default_factory=dict)
    epoch: str = ""

    def between(self, first: int, last: int) -> list[File]:
        """Those that may have a record of these ms."""
        return [file for file in self.files.values() if file.first <= last and first <= file.last]

    def after(self, manifest: Manifest, content: bytes) -> "State":
        """ArchiveDamaged unless the manifest goes on from here."""
        if manifest.number != self.number + 1 or manifest.previous != self.digest:
            raise ArchiveDamaged(f"manifest {manifest.number} does not go on from the one before it")
        files = dict(self.files)
        for gone in manifest.removed:
            if files.pop(gone.name, None) is None:
                raise ArchiveDamaged(f"manifest {manifest.number} removes what was not there")
        for file in manifest.added:
            if file.name in files:
                raise ArchiveDamaged(f"manifest {manifest.number} adds what was there")
            files[file.name] = file
        state = State(manifest.number, digest(content), files, manifest.epoch)
        if manifest.files is not None and {file.name: file for file in manifest.files} != files:
            raise ArchiveDamaged(f"manifest {manifest.number} does not say what the archive has")
        return state


def manifest_name(number: int) -> str:
    return f"{FOLDER}{number // _A_FOLDER:07d}/{number:010d}.json"


class Chain:
    """The manifests of a place, for one process; remembers the latest, and reads only what is new."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._known = State()

    def state(self) -> State:
        """As of the latest manifest. ArchiveUnavailable, ArchiveDamaged."""
        latest = 0
        state = self._known
        if not state.number or not self._has(state):
            latest = self._latest()
            state = self._whole(latest // _WHOLE * _WHOLE)
        while (content := self._content(state.number + 1)) is not None:
            state = state.after(Manifest.from_bytes(content, state.number + 1), content)
        if state.number < latest:
            raise ArchiveDamaged(f"manifest {state.number + 1} is missing")
        self._known = state
        return state

    def digest_of(self, number: int) -> str | None:
        """A manifest's SHA-256; None: there is none of this number."""
        content = self._content(number)
        return None if content is None else digest(content)

    def publish(
        self,
        state: State,
        added: Sequence[File],
        removed: Sequence[Removed] = (),
        *,
        at: datetime,
        by: str,
        epoch: str,
    ) -> State | None:
        """The state after it; None: somebody else was faster, and what was added is no part of the archive.

        After ArchiveUnavailable it may be part of it: then it must stay where it is.
        """
        if state.number and not self._has(state):
            raise ArchiveDamaged(f"manifest {state.number} is no more what it was")
        number, said = state.number + 1, at.isoformat(timespec="milliseconds")
        manifest = Manifest(number, state.digest, said, by, epoch, tuple(added), tuple(removed))
        after = state.after(manifest, b"")
        if number % _WHOLE == 0:
            manifest = Manifest(
                number,
                state.digest,
                said,
                by,
                epoch,
                manifest.added,
                manifest.removed,
                tuple(after.files.values()),
            )
        content = manifest.to_bytes()
        # A bucket's client may have repeated what had succeeded: then what is there is ours.
        if not self._place.create(manifest_name(number), content) and self._content(number) != content:
            return None
        self._known = state.after(manifest, content)
        return self._known

    def _has(self, state: State) -> bool:
        return self.digest_of(state.number) == state.digest

    def _content(self, number: int) -> bytes | None:
        try:
            return self._place.read(manifest_name(number))
        except NotFound:
            return None

    def _whole(self, number: int) -> State:
        if not number:
            return State()
        content = self._content(number)
        if content is None:
            raise ArchiveDamaged(f"manifest {number} is missing")
        manifest = Manifest.from_bytes(content, number)
        if manifest.files is None:
            raise ArchiveDamaged(f"manifest {number} does not say what the archive has")
        return State(number, digest(content), {file.name: file for file in manifest.files}, manifest.epoch)

    def _latest(self) -> int:
        """Number of the latest manifest by what the place lists; few lists, however many there are."""
        beyond = 1
        while self._listed(beyond):
            beyond *= 2
        low = beyond // 2 if beyond > 1 else 0
        while beyond - low > 1:
            middle = (low + beyond) // 2
            low, beyond = (middle, beyond) if self._listed(middle) else (low, middle)
        listed = self._listed(low)
        return int(re.sub(r"\D", "", listed[-1].rsplit("/", 1)[1]) or 0) if listed else 0

    def _listed(self, folder: int) -> list[str]:
        names = self._place.names(f"{FOLDER}{folder:07d}/")
        return [name for name in names if re.fullmatch(r".*/\d{10}\.json", name)]
