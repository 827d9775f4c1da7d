"""What the commands of `gateway log` ask of the log, and how they tell it."""

import asyncio
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer

from gateway.archive.archive import Archive
from gateway.archive.history import History
from gateway.archive.questions import Question, matches
from gateway.assembly.archives import history_of, place_of, scratch_of
from gateway.cli import moments
from gateway.cli.formats import Format, tell
from gateway.cli.stores import opened
from gateway.config.settings import Settings
from suppression.address import parse
from suppression.decision import Reason
from suppression.errors import ConfigurationError
from suppression.model import ALL, Channel
from suppression.records import FIELDS, Record, RecordKind
from suppression.store.hot import HotLog
from suppression.store.newest import EVER
from suppression.store.store import Store

HEAD = ("time", "kind", "outcome", "reason", "channel", "purpose", "app", "way", "text", "id")
_PAGE = 1000


class _Outcome(StrEnum):
    SEND = "send"
    REFUSE = "refuse"
    DEFER = "defer"


def span(since: str | None, until: str | None) -> tuple[int, int]:
    """In ms of Unix time. typer.BadParameter."""
    now = datetime.now(UTC)
    try:
        return (
            moments.milliseconds(since, now) if since else 0,
            moments.milliseconds(until, now) if until else EVER,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def question(
    app: str,
    kind: str,
    outcome: str,
    reason: str,
    channel: str,
    purpose: str,
    since: str | None,
    until: str | None,
) -> Question:
    """Of options as they were written. typer.BadParameter."""
    first, last = span(since, until)
    return Question(
        app=app,
        kinds=frozenset({RecordKind(_one_of("kind", kind, RecordKind))} if kind else ()),
        outcome=_one_of("outcome", outcome, _Outcome),
        reason=_one_of("reason", reason, Reason),
        channel=_one_of("channel", channel, Channel),
        purpose="" if purpose == ALL else purpose,
        since=first,
        until=last,
    )


def _one_of(name: str, text: str, known: type[StrEnum]) -> str:
    if text and text not in set(known):
        raise typer.BadParameter(f"--{name} is one of: {', '.join(known)}")
    return text


@dataclass(frozen=True, slots=True)
class Asking:
    """One command's question. `recipient`: an address."""

    settings: Settings
    asked: Question
    recipient: str | None
    form: Format

    async def show(self, limit: int) -> None:
        """The newest so many, oldest first; 0: all."""
        async with opened(self.settings) as store:
            asked, history = self._of(store), history_of(self.settings, store.log)
            if limit:
                found, more = await _newest(history, asked, limit)
                self._tell(found)
                if more:
                    typer.echo(f"gateway: the newest {limit} are shown; --limit 0 shows all", err=True)
                return
            await self._tell_all(history, asked)

    async def _tell_all(self, history: History, asked: Question) -> None:
        some: list[Record] = []
        first = True
        async for record in history.all(asked.since, asked.until, asked):
            some.append(record)
            if len(some) == _PAGE:
                self._tell(some, head=first)
                some, first = [], False
        if some or first:
            self._tell(some, head=first)

    async def decision(self, record_id: str) -> None:
        """NotFound."""
        async with opened(self.settings) as store:
            found = await history_of(self.settings, store.log).history(record_id)
        self._tell([record for record in found if matches(self.asked, record)])

    async def follow(self) -> None:
        async with opened(self.settings) as store:
            asked, first = self._of(store), True
            async for record in history_of(self.settings, store.log).follow():
                if matches(asked, record):
                    self._tell([record], head=first)
                    sys.stdout.flush()
                    first = False

    def _of(self, store: Store) -> Question:
        if self.recipient is None:
            return self.asked
        return replace(self.asked, recipient=store.keyring.recipient(parse(self.recipient)).key.hex())

    def _tell(self, records: Sequence[Record], *, head: bool = True) -> None:
        if self.form is Format.TABLE:
            tell(self.form, HEAD, map(_row, records), head=head)
        else:
            names = [name for name in FIELDS if name != "id"]
            rows = ([record.id, *(_value(getattr(record, name)) for name in names)] for record in records)
            tell(self.form, ["id", *names], rows, head=head)


async def _newest(history: History, asked: Question, limit: int) -> tuple[list[Record], bool]:
    """Oldest first; and whether there are more."""
    found: list[Record] = []
    while True:
        part = await history.part(asked, limit + 1 - len(found))
        found += part.records
        if part.before is None or len(found) > limit:
            return found[:limit][::-1], len(found) > limit
        asked = replace(asked, before=part.before)


def _row(record: Record) -> tuple[str, ...]:
    time = f"{record.time:%Y-%m-%dT%H:%M:%S}.{record.at % 1000:03}Z"
    return (
        *(time, record.kind, record.outcome, record.reason, record.channel, record.purpose, record.app),
        *(record.way, record.text, record.id),
    )


def _value(value: Any) -> Any:
    """What is not set is not told."""
    return value or None


async def by_sql(settings: Settings, asked: str, between: tuple[int, int], form: Format) -> None:
    from gateway.archive import sql

    place, scratch = place_of(settings), scratch_of(settings)
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch, prefix="sql-") as folder:
        async with opened(settings) as store:
            batch = await sql.gather(HotLog(store), Path(folder), between[0])
            remembered = await store.log.archived()
        archive = None if place is None else Archive(place, scratch)
        since, until = between
        with sql.answered(asked, batch, archive, remembered, since=since, until=until) as answer:
            rows = (row for some in answer.rows for row in some)
            await asyncio.to_thread(tell, form, answer.names, rows)


async def damages(settings: Settings) -> bool:
    """Whether the archive is not what was put there; tells what is to be looked at."""
    from gateway.archive.verifying import Finding, verify

    place = place_of(settings)
    if place is None:
        raise ConfigurationError("archive: no folder and no bucket, so there is nothing to verify")
    async with opened(settings) as store:
        head = await HotLog(store).head()
    found: Iterable[Finding] = await asyncio.to_thread(verify, place, head)
    rows = [(finding.fault.value, finding.name, finding.text) for finding in found]
    if rows:
        tell(Format.TABLE, ("fault", "name", "what"), rows)
    else:
        typer.echo("The archive is whole, and every byte of it is what was put there.")
    return any(finding.damage for finding in found)
