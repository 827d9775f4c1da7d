"""The archive as it is asked: which files a question needs, and what they answer. Blocking; threads may ask at once.

The chain is read anew for each question: what has left the hot log since is in its latest manifest. That is two small
reads; what is known already is not read again.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.archive import columns, questions
from gateway.archive.filters import Filters
from gateway.archive.manifest import Chain, File, State
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable, Place
from gateway.archive.questions import Question, place_of
from suppression.records import OUTCOMES, Record, RecordKind
from suppression.store.newest import EVER

if TYPE_CHECKING:
    from gateway.archive.database import Database, Row

SECONDS = 10.0  # for a question
STREAMED = 120.0  # for a day's records to be sorted
_DAY = 86_400_000  # ms
_FIRST_BATCH = 4_000_000  # records of the files that are looked into first; of the next ones more
_OPENED = 50_000  # records that take as long as to open a file
_KNOWN = frozenset(RecordKind)
_NEWEST = "ms DESC, seq DESC, shard DESC"
_OLDEST = "ms, seq, shard"

Remembered = tuple[int, str] | None


class Archive:
    """One place, for one process. `scratch`: a folder for what does not fit into memory; `filters`: theirs."""

    def __init__(
        self, place: Place, scratch: Path, seconds: float = SECONDS, filters: Path | None = None
    ) -> None:
        self.place = place
        self.seconds = seconds
        self._scratch = scratch
        self._filters = Filters(filters)
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
        first, last = question.since, question.until - 1
        if question.before:
            last = min(last, place_of(question.before).ms)
        if above:
            first = max(first, place_of(above).ms)
        deadline = time.monotonic() + self.seconds
        found: list[Record] = []
        for batch, older in _batches(self._needed(remembered, first, last, question)):
            said, bound = _condition(question, batch)
            if above:
                said += f" AND {questions.later('above')}"
                bound |= questions.named("above", above)
            sql = f"SELECT * FROM {self._relation(batch)} WHERE {said} ORDER BY {_NEWEST} LIMIT {limit:d}"
            found += self._records(self._database.rows(sql, bound, deadline - time.monotonic()))
            found = sorted(found, key=_id, reverse=True)[:limit]
            if len(found) == limit and older < place_of(found[-1].id).ms:
                break
        return found

    def every(self, remembered: Remembered, question: Question, limit: int | None = None) -> list[Record]:
        """Oldest first."""
        files = self.files(remembered, question.since, question.until - 1, question)
        said, bound = _condition(question, files)
        return self._asked(files, said, bound, limit)

    def page(
        self, remembered: Remembered, question: Question, shard: int, after: str, limit: int
    ) -> list[Record]:
        """Oldest first, of one shard, from behind a record on."""
        since = max(question.since, place_of(after).ms) if after else question.since
        files = self.files(remembered, since, question.until - 1, question)
        said, bound = _condition(question, files)
        said, bound = f"{said} AND shard = $shard", bound | {"shard": shard}
        if after:
            said, bound = f"{said} AND {questions.later('after')}", bound | questions.named("after", after)
        return self._asked(files, said, bound, limit)

    def records(self, remembered: Remembered, ids: Sequence[str], recipient: str) -> list[Record]:
        """Those of these that are here. `recipient`: whose they all are, where that is known: it is quicker."""
        times = sorted({place_of(text).ms for text in ids})
        if not times:
            return []
        question = Question(recipient=recipient)
        files = list(self._needed(remembered, times[0], times[-1], question, times))
        said, bound = _condition(question, files)
        bound |= {f"ms_{number}": ms for number, ms in enumerate(times)}
        said += f" AND ms IN ({', '.join(f'$ms_{number}' for number in range(len(times)))})"
        found = {record.id: record for record in self._asked(files, said, bound, None)}
        return [found[text] for text in ids if text in found]

    def outcomes(self, remembered: Remembered, firsts: Sequence[Record]) -> list[Record]:
        """How hand-overs ended that began with these records: of as many as are here. One question for all."""
        times = [place_of(first.id).ms for first in firsts]
        question = Question(kinds=OUTCOMES, since=min(times), until=max(times) + _DAY)
        recipients = {first.recipient for first in firsts}
        files = [
            file
            for file in self.files(remembered, question.since, question.until - 1, question)
            if any(self._filters.may_hold(file, recipient) for recipient in recipients)
        ]
        said, bound = _condition(question, files)
        said += " AND list_contains($recipients, recipient) AND list_contains($decisions, decision)"
        bound |= {"recipients": [bytes.fromhex(one) for one in sorted(recipients)]}
        bound |= {"decisions": [first.id for first in firsts]}
        return self._asked(files, said, bound, None)

    def days(self, remembered: Remembered) -> tuple[int, int] | None:
        """From when to when there are records, in ms; None: there are none."""
        files = self.state(remembered).files.values()
        if not files:
            return None
        return min(file.first for file in files), max(file.last for file in files)

    def stream(self, remembered: Remembered, question: Question) -> Iterator[list[Record]]:
        """Oldest first, some at a time."""
        files = self.files(remembered, question.since, question.until - 1, question)
        said, bound = _condition(question, files)
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
        return list(self._needed(remembered, first, last, question or Question()))

    def _needed(
        self, remembered: Remembered, first: int, last: int, question: Question, times: Sequence[int] = ()
    ) -> Iterator[File]:
        """The same; just then, if `times` are told. Each is looked for when it is its turn."""
        files = self.state(remembered).between(first, last)
        if times:
            files = [file for file in files if any(file.first <= ms <= file.last for ms in times)]
        for file in sorted(files, key=lambda file: (file.last, file.name), reverse=True):
            if questions.may_hold(question, file.class_) and (
                not question.recipient or self._filters.may_hold(file, question.recipient)
            ):
                yield file

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


def _condition(question: Question, files: Sequence[File]) -> tuple[str, dict[str, object]]:
    """Of times it says nothing where the files have no others: a column less is read of each."""
    if all(question.since <= file.first and file.last < question.until for file in files):
        question = replace(question, since=0, until=EVER)
    return questions.condition(_known(question))


def _batches(files: Iterable[File]) -> Iterator[tuple[list[File], int]]:
    """Of files, newest first: some at a time, ever more; each with the newest ms of those that are left."""
    batch: list[File] = []
    size, most = 0, _FIRST_BATCH
    for file in files:
        if size >= most:
            yield batch, file.last
            batch, size, most = [], 0, most * 4
        batch.append(file)
        size += file.records + _OPENED
    if batch:
        yield batch, -1
