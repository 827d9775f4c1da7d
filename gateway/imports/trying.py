"""A list tried without effect: how many of its rows would change anything, and which are rejected, and why."""

import asyncio
from pathlib import Path

from gateway.imports.batch import Progress
from gateway.imports.reading import Reader
from gateway.imports.rows import House, Options, Rejected, Row
from gateway.state.imports import Import, Imports, State
from suppression.model import ALL, Facts, Recipient, Scope, Suppression
from suppression.store.store import Store

_AT_ONCE = 256


class Trial:
    """The work at one dry run by one owner of its lease. StoreUnavailable, FileRefused, OSError, Lost."""

    def __init__(self, store: Store, imports: Imports, one: Import, owner: str) -> None:
        self._store = store
        self._imports = imports
        self._one = one
        self._owner = owner
        self._known = self._changed = self._rows = self._noted = 0
        self._all = Progress()

    async def run(self, house: House) -> None:
        """From its beginning: nothing was written. What was noted before is for naught."""
        await self._imports.begin_anew(self._one.id)
        with Path(self._one.path).open("rb") as file:  # noqa: ASYNC230 - small reads of a local file
            reader = Reader(file, Options(**self._one.options), house)
            waiting: list[tuple[Row, Recipient]] = []
            for found in reader:
                self._rows += 1
                if isinstance(found, Rejected):
                    self._all.reject(found, self._store)
                else:
                    waiting.append((found, self._store.keyring.recipient(found.address)))
                if self._rows % _AT_ONCE == 0:
                    await self._look(waiting)
                    waiting = []
                if self._rows % 20_000 == 0:
                    await self._note(reader)
            await self._look(waiting)
            await self._note(reader, State.TRIED)

    async def _look(self, waiting: list[tuple[Row, Recipient]]) -> None:
        facts = await self._store.facts_of_many([recipient for _, recipient in waiting])
        for (row, recipient), known in zip(waiting, facts, strict=True):
            if stands(known, recipient, row):
                self._known += 1
            else:
                self._changed += 1
        await asyncio.sleep(0)

    async def _note(self, reader: Reader, state: State = State.RUNNING) -> None:
        fields = {
            "state": state,
            "format": reader.format,
            "ignored": reader.ignored,
            "place": reader.place,
            "rows": self._rows,
            "known": self._known,
            "changed": self._changed,
            "rejected": self._all.why.total(),
            "why": dict(self._all.why),
        }
        rejects, self._all.rejects = self._all.rejects, []
        ends = state is State.TRIED
        before, self._noted = self._noted, self._rows
        expected = before if self._rows > before else None
        await self._imports.step(
            self._one.id, self._owner, fields, before=expected, rejects=rejects, ends=ends
        )


def stands(facts: Facts, recipient: Recipient, row: Row) -> bool:
    """Whether a stop of this reason that covers all of it is in force: one more would refuse nothing more."""
    terms = row.terms
    return any(
        entry.reason is terms.reason
        and entry.until is None
        and _covers(entry.scope, terms.scope)
        and entry.exact in ((None, recipient.exact) if terms.bound else (None,))
        for entry in facts.suppressions
    ) or any(_same(entry, row) for entry in facts.suppressions)


def _covers(wide: Scope, narrow: Scope) -> bool:
    return (
        (not wide.channels or (bool(narrow.channels) and narrow.channels <= wide.channels))
        and (wide.purpose == ALL or (narrow.purpose != ALL and wide.covers_purpose(narrow.purpose)))
        and wide.sender in (ALL, narrow.sender)
        and wide.app in (ALL, narrow.app)
    )


def _same(entry: Suppression, row: Row) -> bool:
    terms = row.terms
    known = (entry.reason, entry.scope, entry.until)
    return known == (terms.reason, terms.scope, terms.until) and terms.until is not None
