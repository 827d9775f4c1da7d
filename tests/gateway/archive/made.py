"""An archive of real files for tests, and a place that is killed at any of its steps."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict

import duckdb

from gateway.archive.columns import quoted
from gateway.archive.folder import Folder
from gateway.archive.manifest import Chain, File, State
from gateway.archive.places import Place
from gateway.archive.writing import Batch, write
from suppression.store.hot import Line

DAY = 86_400_000
MONDAY = 1_793_577_600_000  # 2026-11-02, midnight UTC
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


class Who(TypedDict):
    by: str
    epoch: str


WHO: Who = {"by": "test:1", "epoch": "e"}

Ids = list[tuple[int, int, int]]


class Killed(BaseException):
    """The process ends here."""


def line(ms: int, seq: int = 0, purpose: str = "marketing/offers") -> Line:
    said = {"n": 1, "kind": "sent", "at": ms, "recipient": f"{ms * 7919 % 997:032x}", "purpose": purpose}
    return Line(ms, seq, (b"r", json.dumps(said).encode()))


def add(place: Place, folder: Path, lines: Sequence[Line]) -> State:
    """As an archiver does: a manifest more."""
    chain = Chain(place)
    state = chain.state()
    folder.mkdir(exist_ok=True)
    batch = Batch(folder)
    batch.path.unlink(missing_ok=True)
    batch.add(3, lines)
    drafts = write(batch, [], state.number + 1).drafts
    for draft in drafts:
        place.put(draft.file.name, draft.path)
    published = chain.publish(state, [draft.file for draft in drafts], at=NOON, **WHO)
    assert published is not None
    return published


def ids(place: Place, files: Sequence[File]) -> Ids:
    """Of every record, in order; each as often as it is there."""
    if not files:
        return []
    paths = ", ".join(quoted(str(place.local(file))) for file in files)
    return rows(f"SELECT ms, seq, shard FROM read_parquet([{paths}]) ORDER BY ALL")


def rows(sql: str) -> list[Any]:
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall()


class Mortal:
    """A place whose process is killed before (even) or after (odd numbers) an operation that alters it."""

    def __init__(self, place: Folder, dies: int) -> None:
        self._place = place
        self._left = dies

    def _steps(self) -> Iterator[None]:
        for _ in range(2):
            if not self._left:
                raise Killed
            self._left -= 1
            yield

    def create(self, name: str, content: bytes) -> bool:
        steps = self._steps()
        next(steps)
        done = self._place.create(name, content)
        next(steps)
        return done

    def put(self, name: str, path: Path) -> None:
        steps = self._steps()
        next(steps)
        self._place.put(name, path)
        next(steps)

    def delete(self, name: str) -> None:
        steps = self._steps()
        next(steps)
        self._place.delete(name)
        next(steps)

    def read(self, name: str) -> bytes:
        return self._place.read(name)

    def pieces(self, name: str) -> Iterator[bytes]:
        return self._place.pieces(name)

    def local(self, file: File) -> Path:
        return self._place.local(file)

    def names(self, prefix: str) -> list[str]:
        return self._place.names(prefix)
