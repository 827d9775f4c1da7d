"""One list into the store: read, put, and after each part of it written down how far it is.

A part may be done again, by whoever goes on after a crash: what it added is found there. Rows that need more than an
entry (something waits for the recipient, it is a person's, perhaps erased) go by the ordinary road of changes.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway.imports.reading import Reader
from gateway.imports.rows import House, Options, Rejected, Row, Terms
from gateway.state.imports import KEPT, MOST_REJECTS, Import, Imports, State
from suppression.changes import Suppress
from suppression.errors import StoreUnavailable
from suppression.model import Way
from suppression.store import codec
from suppression.store.apply import ChangeId
from suppression.store.bulk import Bulk, Template
from suppression.store.client import Argument
from suppression.store.each import each
from suppression.store.headroom import shortage
from suppression.store.people import People
from suppression.store.store import Store

PART = 200_000  # rows between two notes of how far it is, at most
_NOTED_WITHIN = 3.0  # seconds
_AT_A_TIME = 32  # rows read before others of this process have their turn (a stop needs several): 0.4 ms
_PAUSE = 0.001  # seconds between two calls
_MOST_REASONS = 50
_MOST_TEMPLATES = 4096

LONGEST_SHOWN = 2000  # characters of a rejected row
SEALED_FOR = b"imports' rejects"


@dataclass(slots=True)
class Progress:
    """What was read since the last note."""

    rows: int = 0
    rejects: list[bytes] = field(default_factory=list)
    why: Counter[str] = field(default_factory=Counter)

    def reject(self, found: Rejected, store: Store) -> None:
        if len(self.rejects) < MOST_REJECTS:
            self.rejects.append(_sealed(store, found))
        known = found.reason in self.why or len(self.why) < _MOST_REASONS
        self.why[found.reason if known else "other reasons"] += 1


class Batch:
    """The work at one import by one owner of its lease. StoreUnavailable, FileRefused, OSError, Lost."""

    def __init__(
        self, store: Store, imports: Imports, one: Import, owner: str, data_dir: Path | None = None
    ) -> None:
        self._store = store
        self._imports = imports
        self._one = one
        self._owner = owner
        self._data_dir = data_dir
        self._people = People(store)
        self._templates: dict[Terms, Template] = {}
        self._why = Counter(one.why)
        self.now = one

    async def run(self, house: House) -> None:
        """To its end, from where it is."""
        bulk: Bulk[Row] = Bulk(self._store, self._one.id, KEPT.total_seconds(), _PAUSE)
        try:
            with Path(self._one.path).open("rb") as file:  # noqa: ASYNC230 - small reads of a local file
                reader = Reader(file, Options(**self._one.options), house)
                rows = iter(reader)
                await self._pass_over(rows, self._one.rows)
                await self._note(Progress(), reader, state=State.RUNNING)
                while await self._part(rows, reader, bulk):
                    pass
                await self._note(Progress(), reader, state=State.DONE, ends=True)
        finally:
            await bulk.close()

    async def _pass_over(self, rows: Iterator[Row | Rejected], count: int) -> None:
        """What was done before."""
        for number in range(count):
            next(rows, None)
            if number % _AT_A_TIME == 0:
                await asyncio.sleep(0)

    async def _part(self, rows: Iterator[Row | Rejected], reader: Reader, bulk: Bulk[Row]) -> bool:
        """Whether there may be more."""
        if await shortage(self._store.client.bulk, self._data_dir):
            raise StoreUnavailable("the store is nearly full: what room is left is for recipients' own stops")
        part, more = Progress(), False
        until = asyncio.get_running_loop().time() + _NOTED_WITHIN
        for found in rows:
            part.rows += 1
            if isinstance(found, Rejected):
                part.reject(found, self._store)
            else:
                recipient = self._store.keyring.recipient(found.address)
                if bulk.put(recipient, self._template(found.terms), found.note, found):
                    await bulk.send()
            if part.rows % _AT_A_TIME == 0:
                await asyncio.sleep(0)
                more = part.rows >= PART or asyncio.get_running_loop().time() > until
            if more:
                break
        await each(await bulk.drain(), self._by_ordinary_road)
        await self._note(part, reader)
        return more

    def _template(self, terms: Terms) -> Template:
        found = self._templates.get(terms)
        if found is None:
            if len(self._templates) >= _MOST_TEMPLATES:
                self._templates.clear()
            one = self._one
            at, way = codec.moment(one.at), Way.IMPORT
            change = Suppress(
                terms.scope, terms.reason, way, one.source, one.actor, at, terms.until, batch=one.id
            )
            found = self._templates[terms] = Template(change, bound=terms.bound)
        return found

    async def _by_ordinary_road(self, row: Row) -> None:
        """Noted before it is done: an undoing finds it, and what was not done it need not end."""
        recipient = self._store.keyring.recipient(row.address)
        change = self._template(row.terms).change_for(recipient, row.note)
        key = self._store.shards.of(recipient.key).batch_apart(self._one.id)
        member = recipient.key + bytes.fromhex(change.entry_id)
        lane = self._store.client.bulk
        noted = await lane.execute("SADD", key, member)
        await lane.execute("PEXPIRE", key, int(KEPT.total_seconds() * 1000))
        stem = f"{self._one.id}|{recipient.key.hex()}|{change.entry_id}|{change.until}"
        change_id = ChangeId(hashlib.sha256(stem.encode()).hexdigest()[:32], "-")
        applied = await self._people.suppress(recipient, change, change_id)
        if noted and not applied.created:
            await lane.execute("SREM", key, member)

    async def _note(
        self, part: Progress, reader: Reader, *, state: State = State.RUNNING, ends: bool = False
    ) -> None:
        before = self.now.rows
        self._why += part.why
        rejected = self._why.total()
        changed = await added(self._store, self._one.id)
        fields = {
            "state": state,
            "format": reader.format,
            "ignored": reader.ignored[:_MOST_REASONS],
            "place": reader.place,
            "rows": before + part.rows,
            "rejected": rejected,
            "changed": changed,
            "known": max(0, before + part.rows - rejected - changed),
            "why": dict(self._why),
        }
        expected = before if part.rows else None
        await self._imports.step(
            self._one.id, self._owner, fields, before=expected, rejects=part.rejects, ends=ends
        )
        self.now = await self._imports.find(self._one.id)


async def added(store: Store, batch: str) -> int:
    """How many entries a batch added and has not undone."""
    commands: list[Sequence[Argument]] = []
    for shard in store.shards.all:
        commands += [("LLEN", shard.batch(batch)), ("SCARD", shard.batch_apart(batch))]
    return sum(await store.client.bulk.read(commands))


def _sealed(store: Store, found: Rejected) -> bytes:
    """A rejected row as the store keeps it: it may hold an address."""
    told = {"line": str(found.number), "reason": found.reason, "row": found.text[:LONGEST_SHOWN]}
    return store.sealer.evidence(told, SEALED_FOR)
