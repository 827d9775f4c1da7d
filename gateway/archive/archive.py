"""The archive as it is asked: which files a question needs, and what they answer. Blocking; threads may ask at once.

The chain is read anew for each question: what has left the hot log since is in its latest manifest. That is two small
reads; what is known already is not read again.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.archive import columns, questions
from gateway.archive.manifest import Chain, File, State
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable, Place
from gateway.archive.questions import Question, place_of
from suppression.records import OUTCOMES, Record, RecordKind

if TYPE_CHECKING:
    from gateway.archive.database import Database, Row

SECONDS = 10.0  # for a question
STREAMED = 120.0  # for a day's records to be sorted
_DAY = 86_400_000  # ms
_FIRST_BATCH = 4_000_000  # records of the files that are looked into first; of the next ones more
_KNOWN = frozenset(RecordKind)
_NEWEST = "ms DESC, seq DESC, shard DESC"
_OLDEST = "ms, seq, shard"

Remembered = tuple[int, str] | None


class Archive:
    """One place, for one process. `scratch`: a folder for what does not fit into memory."""

    def __init__(self, place: Place, scratch: Path, seconds: float = SECONDS) -> None:
        self.place = place
        self.seconds = seconds
        self._scratch = scratch
        self._chain = Chain(place)
        self._lock = threading.Lock()
        self._checked: Remembered = None

    def state(self, remembered: Remembered) -> State:
        """The latest. `remembered`: a manifest that the store knows of; an archive without it is not the store's."""
        with self._lock:
            state = self._chain.state()
            if remembered is not None and remembered != self._checked:
                number, digest = remembered
                if number > state.number:
                    raise ArchiveUnavailable(
                        f"the archive ends before manifest {number}, which was published"
                    )
                if self._chain.digest_of(number) != digest:
                    raise ArchiveDamaged(f"manifest {number} is not the one that was published")
                self._checked = remembered
            return state

    def newest(self, remembered: Remembered, question: Question, above: str, limit: int) -> list[Record]:
        """Newest first, logged after the record `above`."""
        said, bound = questions.condition(_known(question))
        first, last = question.since, question.until - 1
        if question.before:
            last = min(last, place_of(question.before).ms)
        if above:
            first = max(first, place_of(above).ms)
            said += f" AND {questions.later('above')}"
            bound |= questions.named("above", above)
        files = self.files(remembered, first, last, question)
        deadline = time.monotonic() + self.seconds
        found: list[Record] = []
        for batch, older in _batches(files):
            sql = f"SELECT * FROM {self._relation(batch)} WHERE {said} ORDER BY {_NEWEST} LIMIT {limit:d}"
            found += self._records(self._database.rows(sql, bound, deadline - time.monotonic()))
            found = sorted(found, key=_id, reverse=True)[:limit]
            if len(found) == limit and older < place_of(found[-1].id).ms:
                break
        return found

    def every(self, remembered: Remembered, question: Question, limit: int | None = None) -> list[Record]:
        """Oldest first."""
        said, bound = questions.condition(_known(question))
        files = self.files(remembered, question.since, question.until - 1, question)
        return self._asked(files, said, bound, limit)

    def page(
        self, remembered: Remembered, question: Question, shard: int, after: str, limit: int
    ) -> list[Record]:
        """Oldest first, of one shard, from behind a record on."""
        said, bound = questions.condition(_known(question))
        said, bound = f"{said} AND shard = $shard", bound | {"shard": shard}
        since = question.since
        if after:
            since = max(since, place_of(after).ms)
            said, bound = f"{said} AND {questions.later('after')}", bound | questions.named("after", after)
        files = self.files(remembered, since, question.until - 1, question)
        return self._asked(files, said, bound, limit)

    def records(self, remembered: Remembered, ids: Sequence[str], recipient: str) -> list[Record]:
        """Those of these that are here. `recipient`: whose they all are, where that is known: it is quicker."""
        times = sorted({place_of(text).ms for text in ids})
        if not times:
            return []
        question = _known(Question(recipient=recipient, since=times[0], until=times[-1] + 1))
        said, bound = questions.condition(question)
        bound |= {f"ms_{number}": ms for number, ms in enumerate(times)}
        said += f" AND ms IN ({', '.join(f'$ms_{number}' for number in range(len(times)))})"
        files = self.files(remembered, times[0], times[-1], question)
        needed = [file for file in files if any(file.first <= ms <= file.last for ms in times)]
        found = {record.id: record for record in self._asked(needed, said, bound, None)}
        return [found[text] for text in ids if text in found]

    def outcome(self, remembered: Remembered, first: Record) -> Record | None:
        """How a hand-over ended that began with this record."""
        since = place_of(first.id).ms
        question = Question(
            recipient=first.recipient, decision=first.id, kinds=OUTCOMES, since=since, until=since + _DAY
        )
        return next(iter(self.every(remembered, question, 1)), None)

    def days(self, remembered: Remembered) -> tuple[int, int] | None:
        """From when to when there are records, in ms; None: there are none."""
        files = self.state(remembered).files.values()
        if not files:
            return None
        return min(file.first for file in files), max(file.last for file in files)

    def stream(self, remembered: Remembered, question: Question) -> Iterator[list[Record]]:
        """Oldest first, some at a time."""
        said, bound = questions.condition(_known(question))
        files = self.files(remembered, question.since, question.until - 1, question)
        if not files:
            return
        sql = f"SELECT * FROM {self._relation(files)} WHERE {said} ORDER BY {_OLDEST}"
        for rows in self._database.stream(sql, bound, STREAMED, 2000):
            yield self._records(rows)

    @cached_property
    def _database(self) -> "Database":
        from gateway.archive.database import Database  # noqa: PLC0415 - most processes never ask

        with self._lock:
            self._scratch.mkdir(parents=True, exist_ok=True)
            return Database(self._scratch)

    def _asked(
        self, files: Sequence[File], said: str, bound: dict[str, object], limit: int | None
    ) -> list[Record]:
        if not files:
            return []
        most = "" if limit is None else f" LIMIT {limit:d}"
        sql = f"SELECT * FROM {self._relation(files)} WHERE {said} ORDER BY {_OLDEST}{most}"
        return self._records(self._database.rows(sql, bound, self.seconds))

    def files(
        self, remembered: Remembered, first: int, last: int, question: Question | None = None
    ) -> list[File]:
        """Those that may have something that was logged in these ms, newest first."""
        files = self.state(remembered).between(first, last)
        needed = (file for file in files if question is None or questions.may_hold(question, file.class_))
        return sorted(needed, key=lambda file: (file.last, file.name), reverse=True)

    def _relation(self, files: Sequence[File]) -> str:
        from gateway.archive.database import relation  # noqa: PLC0415 - the same

        return relation(self.place.local(file) for file in files)

    def _records(self, rows: "Sequence[Row]") -> list[Record]:
        return [columns.record_of(row) for row in rows]


def _id(record: Record) -> str:
    return record.id


def _known(question: Question) -> Question:
    """What a newer version logged as another kind is no record for us."""
    return replace(question, kinds=question.kinds or _KNOWN)


def _batches(files: Sequence[File]) -> Iterator[tuple[list[File], int]]:
    """Of files, newest first: some at a time, ever more; each with the newest ms of those that are left."""
    batch: list[File] = []
    size, most = 0, _FIRST_BATCH
    for number, file in enumerate(files, 1):
        batch.append(file)
        size += file.records
        if size >= most or number == len(files):
            yield batch, files[number].last if number < len(files) else -1
            batch, size, most = [], 0, most * 4
