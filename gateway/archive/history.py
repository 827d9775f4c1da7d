"""The one reader of the log, for whoever decides by it or shows it: hot records and archived ones, each once.

The hot log is read first. A record leaves it only after the manifest was published that names its file, and the archive
is asked for its latest manifest afterwards: what was in neither is nowhere. Where the archive is needed and cannot be
asked, the question fails: an answer is never silently shorter.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from gateway.archive.archive import STREAMED, Archive, Remembered
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable
from gateway.archive.questions import Question, matches
from suppression.errors import NotFound
from suppression.model import Facts
from suppression.records import CHANGES, Record, RecordKind
from suppression.store import codec
from suppression.store.keys import parse_record_id, record_id
from suppression.store.log import Log, Page
from suppression.store.newest import EVER, Part, Wanted

_AT_ONCE = 2  # questions to the archive, of a process
_PATIENCE = 2.0  # seconds that a question waits for its own time limit to be said
_HOUR, _DAY = 3_600_000, 86_400_000  # ms
_PAGE = 500
_MOST = 1000  # of a message's copies
_MESSAGE = re.compile(
    r"[0-9a-f]{24}|msg_[0-9a-v]{1,60}"
)  # ids of mails of several copies, of texts and calls
_CLOCKS = 2000  # ms that the clocks of a store's servers may differ by

T = TypeVar("T")


class History:
    """Of one process. `archive`: None where the log is not archived."""

    def __init__(self, log: Log, archive: Archive | None = None) -> None:
        self._log = log
        self._archive = archive
        self._threads: ThreadPoolExecutor | None = None

    async def find(self, record_id: str) -> Record:
        """NotFound. ArchiveUnavailable where it is not in the hot log."""
        found = await self.records([record_id])
        if not found:
            raise NotFound("no such record")
        return found[0]

    async def records(self, ids: Sequence[str], recipient: str = "") -> list[Record]:
        """Those of these that there are, in their order. `recipient`: whose they all are, if they are one's."""
        found = {record.id: record for record in await self._log.records(ids)}
        missing = [text for text in ids if text not in found]
        if missing:
            archived = await self._several(lambda archive, head: archive.records(head, missing, recipient))
            found |= {record.id: record for record in archived}
        return [found[text] for text in ids if text in found]

    async def history(self, record_id: str) -> list[Record]:
        """The record with this id; if a hand-over began with it, how it ended; before a bounce its mail. NotFound."""
        found = await self.histories([record_id])
        if not found:
            raise NotFound("no such record")
        first = found[0][0]
        if first.kind is RecordKind.BOUNCED and first.decision:
            with suppress(NotFound):  # the mail's own records may be kept for less long
                return [*await self.history(first.decision), first]
        return found[0]

    async def histories(self, ids: Sequence[str]) -> list[list[Record]]:
        """Each of these that there is, in their order; of hand-overs, with how they ended. The archive is asked for
        all of them at once.
        """
        firsts = await self.records(ids)
        begun = [first for first in firsts if first.kind is RecordKind.HANDING_OVER]
        hot = {first.id: await self._log.outcome(first) for first in begun}
        ended = {begin: record for begin, record in hot.items() if record is not None}
        left = [first for first in begun if first.id not in ended]
        if left:
            archived = await self._several(lambda archive, head: archive.outcomes(head, left))
            ended |= {record.decision: record for record in reversed(archived)}
        return [[first, *([ended[first.id]] if first.id in ended else [])] for first in firsts]

    async def message(self, message: str) -> list[str]:
        """Ids of the hand-overs of a message: of several copies by its own id, of one by the decision's."""
        listed = await self._log.message(message)
        if listed or await self._is_record(message):
            return listed or [message]
        if not _MESSAGE.fullmatch(message):  # what no message has is not looked for in all that there is
            return []
        question = Question(message=message, kinds=frozenset({RecordKind.HANDING_OVER}))
        found = await self._several(lambda archive, head: archive.every(head, question, _MOST))
        return [record.id for record in found]

    async def _is_record(self, text: str) -> bool:
        try:
            await self.find(text)
        except NotFound:
            return False
        return True

    async def recent(self, recipient: bytes, facts: Facts) -> list[Record]:
        """A recipient's last records, newest first."""
        number = self._log.shard_of(recipient)
        ids = [record_id(number, order) for order in reversed(facts.recent)]
        return await self.records(ids, recipient.hex())

    async def recent_if_known(self, recipient: bytes, facts: Facts) -> list[Record] | None:
        """The same, for who shows them beside what matters more. None: the archive cannot be asked now."""
        try:
            return await self.recent(recipient, facts)
        except (ArchiveUnavailable, ArchiveDamaged):
            return None

    async def of(self, recipient: bytes, limit: int | None = None) -> list[Record]:
        """A recipient's records, newest first."""
        found: list[Record] = []
        question = Question(recipient=recipient.hex())
        while limit is None or len(found) < limit:
            part = await self.part(question, _PAGE if limit is None else limit - len(found))
            found += part.records
            if part.before is None:
                break
            question = replace(question, before=part.before)
        return found

    async def part(self, question: Question, limit: int) -> Part:
        """Up to `limit` records, newest first, and where to go on. It may be short of the limit, and not the last.

        NotFound for a `before` that cannot be one.
        """
        wanted = Wanted(
            keeps=partial(matches, question),
            recipient=bytes.fromhex(question.recipient) if question.recipient else None,
            since=question.since,
            until=question.until,
            before=question.before,
        )
        hot = await self._log.newest(wanted, limit)
        above = hot.before or ""
        archived = await self._several(lambda archive, head: archive.newest(head, question, above, limit + 1))
        records = _once(hot.records, archived)[::-1]
        if len(records) > limit:
            return Part(records[:limit], records[limit - 1].id)
        return Part(records, hot.before)

    async def between(self, recipient: bytes, since: datetime, until: datetime) -> list[Record]:
        """A recipient's records, by the store's clock, oldest first."""
        hot = await self._log.between(recipient, since, until)
        first, last = codec.milliseconds(since), codec.milliseconds(until)
        question = Question(recipient=recipient.hex(), since=first, until=last + 1)
        return _once(hot, await self._several(lambda archive, head: archive.every(head, question)))

    async def page(self, shard: int, after: str, since: int, until: int, count: int) -> Page:
        """Some of a shard's changes, oldest first: logged from the ms `since` up to the ms `until`, behind the line
        `after`; and perhaps other records.
        """
        hot = await self._log.page(shard, after, since, until, count)
        behind = record_id(shard, after) if after else ""
        question = Question(kinds=CHANGES, since=since, until=until + 1)
        archived = await self._several(
            lambda archive, head: archive.page(head, question, shard, behind, count)
        )
        ends = [text for text in (_line(archived[-1]) if len(archived) == count else None, hot.last) if text]
        records = _once(hot.records, archived)
        if not ends:
            return Page(records, None)
        last = min(ends, key=_order)
        return Page([record for record in records if _order(_line(record)) <= _order(last)], last)

    async def all(
        self, since: int = 0, until: int = EVER, question: Question | None = None
    ) -> AsyncIterator[Record]:
        """Everybody's, oldest first, logged from `since` on and before `until` (ms); or of these, those that are asked
        for. What is logged meanwhile may be left out. Nothing of a day is told before its hot records were read.
        """
        question = question or Question()
        hot = await self._log.oldest()
        archived = await self._ask(lambda archive, head: archive.days(head), None)
        tails = [int(order.partition("-")[0]) for order in (await self._log.tails()).values()]
        since = max(
            since, min([moment for moment in (hot, *(archived or ())[:1]) if moment is not None] or [0])
        )
        until = min(until, max([0, *tails, *(archived or ())]) + 1)
        while since < until:
            step = _DAY if self._archive is not None else _HOUR
            end = min(until, since // step * step + step)
            async for record in self._window(replace(question, since=since, until=end)):
                yield record
            since = end

    async def _window(self, question: Question) -> AsyncIterator[Record]:
        waiting: list[Record] = []
        for shard in range(self._log.shards):
            after: str | None = ""
            while after is not None:
                page = await self._log.page(shard, after, question.since, question.until - 1, _PAGE)
                waiting += (record for record in page.records if matches(question, record))
                after = page.last
        waiting.sort(key=_id, reverse=True)
        nothing: Iterator[list[Record]] = iter(())
        stream = await self._ask(lambda archive, head: archive.stream(head, question), nothing)
        while (chunk := await self._ask(lambda _, __: next(stream, None), None, STREAMED)) is not None:
            for record in chunk:
                while waiting and waiting[-1].id < record.id:
                    yield waiting.pop()
                if waiting and _is_same(waiting[-1], record):
                    waiting.pop()
                yield record
        while waiting:
            yield waiting.pop()

    async def follow(self, pause: float = 0.5) -> AsyncIterator[Record]:
        """Every record from now on, as it comes; of one shard in order.

        What was archived between two looks is not in the hot log any more. The store tells of a manifest before a
        record leaves it: while it tells the same, nothing has left.
        """
        looked, head, tails = await self._log.now(), await self._log.archived(), await self._log.tails()
        while True:
            since, known, before = looked, head, dict(tails)
            looked, head = await self._log.now(), await self._log.archived()
            came = await self._log.after(tails)
            if await self._log.archived() != known:
                came = _once(came, await self._passed_over(since, before, tails))
            for record in came:
                yield record
            if not came:
                await asyncio.sleep(pause)

    async def _passed_over(self, since: int, before: dict[int, str], tails: dict[int, str]) -> list[Record]:
        """What was archived while nobody looked: since that ms, behind those tails. They are moved on."""
        question = Question(since=since - _CLOCKS)
        found = []
        for record in await self._several(lambda archive, head: archive.every(head, question)):
            shard, order = parse_record_id(record.id)
            if _order(order) > _order(before[shard]):
                found.append(record)
                tails[shard] = max(tails[shard], order, key=_order)
        return found

    async def _several(self, work: Callable[[Archive, Remembered], list[Record]]) -> list[Record]:
        return await self._ask(work, [])

    async def _ask(
        self, work: Callable[[Archive, Remembered], T], nothing: T, seconds: float | None = None
    ) -> T:
        """In a thread, for so long and no longer; only after the hot log was read."""
        remembered = await self._log.archived()
        if self._archive is None:
            if remembered is not None:
                raise ArchiveUnavailable("the log was archived, and the settings name no archive")
            return nothing
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_AT_ONCE, "archive")
        asked = self._threads.submit(work, self._archive, remembered)
        try:
            async with asyncio.timeout((seconds or self._archive.seconds) + _PATIENCE):
                return await asyncio.wrap_future(asked)
        except TimeoutError:
            raise ArchiveUnavailable("the archive took too long to answer") from None


def _once(*parts: Iterable[Record]) -> list[Record]:
    """Each record once, oldest first. After a failover of the store an id may come again, of another recipient."""
    found = {(record.id, record.recipient): record for part in parts for record in part}
    return [found[key] for key in sorted(found)]


def _id(record: Record) -> str:
    return record.id


def _is_same(one: Record, other: Record) -> bool:
    return (one.id, one.recipient) == (other.id, other.recipient)


def _line(record: Record) -> str:
    return parse_record_id(record.id)[1]


def _order(line: str) -> tuple[int, int]:
    ms, _, seq = line.partition("-")
    return int(ms), int(seq)
