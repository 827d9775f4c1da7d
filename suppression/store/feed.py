"""The feed of stops, for mirrors and audiences: what was stopped and lifted, shard by shard, from the log.

A cursor says how far a reader is: in which shard, after which record, and up to which time this round goes. What
is logged later belongs to the next round, which begins where this one ended: nothing is passed over.
"""

import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from suppression.errors import InvalidInput
from suppression.hashed import digest
from suppression.records import Record, RecordKind
from suppression.store.client import Argument
from suppression.store.keys import parse_record_id
from suppression.store.log import Page as Read
from suppression.store.store import Store

Lines = Callable[[int, str, int, int, int], Awaitable[Read]]  # see Log.page; changes at least

KINDS = frozenset({RecordKind.SUPPRESSED, RecordKind.ERASED, RecordKind.LIFTED, RecordKind.RETURNED})
_CURSOR = re.compile(r"(\d{1,15})\.(\d{1,15})\.(\d{1,4})\.((?:\d{1,15}-\d{1,10})?)", re.ASCII)
_AT_ONCE = 500
_MOST_READ = 5000  # records that one call looks at, of whatever kind


@dataclass(frozen=True, slots=True)
class Place:
    """`since`, `until`: of this round, in ms of the server's time; `after`: the last record read of the shard."""

    since: int
    until: int
    shard: int = 0
    after: str = ""

    def __str__(self) -> str:
        text = f"{self.since}.{self.until}.{self.shard}.{self.after}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Self:
        """InvalidInput for what is no cursor of ours."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True).decode("ascii")
        except (ValueError, binascii.Error):
            raw = ""
        found = _CURSOR.fullmatch(raw)
        if found is None:
            raise InvalidInput("no cursor")
        return cls(int(found[1]), int(found[2]), int(found[3]), found[4])


@dataclass(frozen=True, slots=True)
class Page:
    """`more`: this round has not ended. `hashes`: of each record's address, None where it is not kept."""

    records: tuple[Record, ...]
    hashes: tuple[str | None, ...]
    place: Place
    more: bool


async def begin(store: Store, since: int) -> Place:
    """A round from a time (ms of this gateway's clock) until now."""
    offset = round((store.now() - store.server_now()).total_seconds() * 1000)
    return Place(max(0, since - offset), await _now(store))


async def read(store: Store, place: Place, limit: int, lines: Lines | None = None) -> Page:
    """The next records; at the end of a round `place` is where the next one begins.

    lines  reads a shard of the log; the hot one alone where nothing is archived
    """
    if place.shard >= len(store.shards.all):
        place = Place(place.until + 1, max(place.until, await _now(store)))
    found: list[Record] = []
    looked = 0
    while len(found) < limit and looked < _MOST_READ and place.shard < len(store.shards.all):
        records, ahead = await _next(lines or store.log.page, place)
        looked += max(1, len(records))
        found += (kept := [record for record in records if _is_told(record)][: limit - len(found)])
        full = len(found) == limit
        place = replace(place, after=parse_record_id(kept[-1].id)[1]) if full and kept else ahead
    hashes = await _hashes(store, found) if store.hashed_matching else [None] * len(found)
    return Page(tuple(found), tuple(hashes), place, more=place.shard < len(store.shards.all))


async def _now(store: Store) -> int:
    """Before it nothing is logged any more."""
    seconds, micros = await store.client.bulk.execute("TIME")
    return int(seconds) * 1000 + int(micros) // 1000 - 1


async def _next(lines: Lines, place: Place) -> tuple[list[Record], Place]:
    read = await lines(place.shard, place.after, place.since, place.until, _AT_ONCE)
    if read.last is None:
        return read.records, replace(place, shard=place.shard + 1, after="")
    return read.records, replace(place, after=read.last)


def _is_told(record: Record) -> bool:
    """A person's own records are told by those of its members."""
    return record.kind in KINDS and bool(record.recipient and record.scope)


async def _hashes(store: Store, records: Sequence[Record]) -> list[str | None]:
    keys = [bytes.fromhex(record.recipient) for record in records]
    commands: list[Sequence[Argument]] = [("GET", store.shards.of(key).address(key)) for key in keys]
    sealed = await store.client.bulk.read(commands) if commands else []
    return [
        None if one is None else digest(store.sealer.open_address(one, key).exact, "sha256").hex()
        for key, one in zip(keys, sealed, strict=True)
    ]
