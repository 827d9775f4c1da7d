"""Whether an archive is what was put there: the whole chain, and every byte of every file that it names.

A manifest is vouched for by the next one, which has its SHA-256, and the latest by the store, which remembers it. So
who alters something must alter all that follows and the store; and where that was not done is told here.
"""

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from gateway.archive.manifest import FOLDER, File, Manifest, manifest_name
from gateway.archive.places import ArchiveDamaged, Place, digest
from suppression.errors import NotFound
from suppression.store.hot import Head

RECORDS = "records/"
_AT_ONCE = 16  # manifests that are read at a time: a bucket answers each late, and many at once
_FEW = 3  # names that one finding tells


class Fault(StrEnum):
    MISSING = "missing"
    ALTERED = "altered"
    UNREADABLE = "unreadable"  # as its chain says, but not as this version writes it
    INCONSISTENT = "inconsistent"  # manifests contradict each other
    UNKNOWN = "unknown"  # no manifest names it


@dataclass(frozen=True, slots=True)
class Finding:
    """`name`: of what to look at, as the place has it. `text`: for a person."""

    fault: Fault
    name: str
    text: str

    @property
    def damage(self) -> bool:
        """Something of the log is lost or false. What nobody names may be a killed archiver's, and is removed later."""
        return self.fault is not Fault.UNKNOWN


def verify(place: Place, head: Head | None) -> list[Finding]:
    """In the order of manifests, then of names; empty: all is as it was left. ArchiveUnavailable.

    `head`: what the store remembers; without it nobody can tell that the latest manifests are missing.
    """
    there = place.names(RECORDS)  # before the chain: what an archiver puts there meanwhile is not asked about
    walk = _Walk()
    listed = place.names(FOLDER)
    last = max((number for name in listed if (number := _number(name))), default=0)
    for number, content in _contents(place, last):
        walk.go(number, content)
    strangers = [name for name in listed if not _number(name)] + sorted(set(there) - walk.named)
    return [
        *_links(walk.links, head),
        *walk.findings,
        *_files(place, walk.files.values()),
        *(_unknown(name) for name in strangers),
    ]


class _Link(NamedTuple):
    """A manifest as it was found. `previous`: None when it cannot be read; `trouble`: why."""

    number: int
    digest: str | None
    previous: str | None
    trouble: str = ""


@dataclass(slots=True)
class _Walk:
    """From the first manifest to the last, with what is known on the way.

    files  the archive's, as far as manifests can be read   named  by any manifest ever
    sure   no manifest was passed over since all files were known
    """

    links: list[_Link] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    files: dict[str, File] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    sure: bool = True

    def go(self, number: int, content: bytes | None) -> None:
        if content is None:
            self.links.append(_Link(number, None, None))
            self.sure = False
            return
        try:
            manifest = Manifest.from_bytes(content, number)
        except ArchiveDamaged as error:
            self.links.append(_Link(number, digest(content), None, str(error)))
            self.sure = False
            return
        self.links.append(_Link(number, digest(content), manifest.previous))
        self._take(manifest)

    def _take(self, manifest: Manifest) -> None:
        gone = {file.name for file in manifest.removed}
        if self.sure:
            self._say(manifest, "removes what was not there", gone - self.files.keys())
            self._say(manifest, "adds what was there", self.files.keys() & {f.name for f in manifest.added})
        for name in gone:
            self.files.pop(name, None)
        self.files |= {file.name: file for file in manifest.added}
        self.named |= {file.name for file in manifest.added} | gone
        if manifest.files is not None:
            self._compare(manifest, {file.name: file for file in manifest.files})

    def _compare(self, manifest: Manifest, whole: dict[str, File]) -> None:
        """Where they differ, all that either tells of is looked at."""
        if self.sure:
            other = {
                name for name in whole.keys() | self.files.keys() if whole.get(name) != self.files.get(name)
            }
            self._say(manifest, "and those before it say different things", other)
            whole = self.files | whole
        self.files, self.sure = whole, True
        self.named |= whole.keys()

    def _say(self, manifest: Manifest, what: str, names: Iterable[str]) -> None:
        told = sorted(names)
        if told:
            more = f" and {len(told) - _FEW} more" if told[_FEW:] else ""
            text = f"manifest {manifest.number} {what}: {', '.join(told[:_FEW])}{more}"
            self.findings.append(Finding(Fault.INCONSISTENT, manifest_name(manifest.number), text))


def _number(name: str) -> int | None:
    """Of a manifest; None: it is none."""
    stem = name.rpartition("/")[2].removesuffix(".json")
    return int(stem) if stem.isdecimal() and stem.isascii() and manifest_name(int(stem)) == name else None


def _contents(place: Place, last: int) -> Iterator[tuple[int, bytes | None]]:
    """Each number's manifest, in order; None: it is missing."""

    def read(number: int) -> bytes | None:
        try:
            return place.read(manifest_name(number))
        except NotFound:
            return None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        waiting = deque((number, pool.submit(read, number)) for number in range(1, min(last, _AT_ONCE) + 1))
        while waiting:
            number, content = waiting.popleft()
            yield number, content.result()
            if number + _AT_ONCE <= last:
                waiting.append((number + _AT_ONCE, pool.submit(read, number + _AT_ONCE)))


def _links(links: list[_Link], head: Head | None) -> list[Finding]:
    """What is wrong with the manifests themselves, from the latest back: each is held against the one after it."""
    found: list[Finding] = []
    if head is not None and head.number > len(links):
        found.append(_lost(len(links) + 1, head.number, "the store remembers the last of them"))
    said: str | None = None  # its SHA-256, by what comes after it
    by = ""
    for link in reversed(links):
        if head is not None and link.number == head.number:
            said, by = head.digest, "the store remembers another"
        wrong = _of(link, said, by)
        said, by = link.previous, f"manifest {link.number} has the SHA-256 of another"
        if wrong is not None:
            found.append(wrong)
            said = None  # what it says of the one before it may be as false
    if said:
        found.append(_altered(1, "the first goes on from nothing, and this one does not"))
    return found[::-1]


def _of(link: _Link, said: str | None, by: str) -> Finding | None:
    if link.digest is None:
        return _lost(link.number, link.number, "there are later ones")
    if said is not None and said != link.digest:
        return _altered(link.number, f"{by}; for those before it only their own chain speaks")
    if link.trouble:
        return Finding(Fault.UNREADABLE, manifest_name(link.number), link.trouble)
    return None


def _lost(first: int, last: int, why: str) -> Finding:
    which = f"manifest {first} is" if first == last else f"manifests {first} to {last} are"
    return Finding(Fault.MISSING, manifest_name(first), f"{which} missing: {why}")


def _altered(number: int, why: str) -> Finding:
    return Finding(Fault.ALTERED, manifest_name(number), f"manifest {number} is altered: {why}")


def _files(place: Place, files: Iterable[File]) -> Iterator[Finding]:
    for file in sorted(files, key=lambda file: file.name):
        told, size = hashlib.sha256(), 0
        try:
            for piece in place.pieces(file.name):
                told.update(piece)
                size += len(piece)
        except NotFound:
            yield Finding(Fault.MISSING, file.name, f"{file.name} is missing: {file.records} records")
            continue
        if size != file.bytes:
            text = f"{file.name} is altered: it has {size} bytes, and had {file.bytes}"
            yield Finding(Fault.ALTERED, file.name, text)
        elif told.hexdigest() != file.sha256:
            text = f"{file.name} is altered: its SHA-256 is {told.hexdigest()}, and was {file.sha256}"
            yield Finding(Fault.ALTERED, file.name, text)


def _unknown(name: str) -> Finding:
    text = f"no manifest names {name}: it was left by an archiver that was killed, or put there by somebody"
    return Finding(Fault.UNKNOWN, name, text)
