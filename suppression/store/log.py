"""Reading the hot log: what no archive has taken yet. gateway.archive.history reads it together with the archive.

A record of a kind that this version does not know is passed over.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from suppression.errors import NotFound
from suppression.records import OUTCOMES, Record
from suppression.store import codec
from suppression.store.client import Argument, Lane
from suppression.store.keys import Shards, parse_record_id, record_id
from suppression.store.newest import Part, Wanted, newest
from suppression.store.record_lines import mentioning, read_lines

OUTCOME_WITHIN = 15 * 60 * 1000  # ms after a hand-over (the sweeper sees to it)
_PAGE = 500


class Page(NamedTuple):
    """Some records of a shard. `last`: the line that they end with; None: there are no more."""

    records: list[Record]
    last: str | None


class Log:
    """The streams of one store. `bulk`: the lane for much at a time."""

    def __init__(self, lane: Lane, bulk: Lane, shards: Shards) -> None:
        self._lane = lane
        self._bulk = bulk
        self._shards = shards

    @property
    def shards(self) -> int:
        return len(self._shards.all)

    def shard_of(self, recipient_key: bytes) -> int:
        return self._shards.of(recipient_key).number

    async def archived(self) -> tuple[int, str] | None:
        """Number and SHA-256 of the archive's latest manifest, as the store remembers it; None: there was none."""
        told = await self._lane.read_one("HGET", self._shards.all[0].archiver, "head")
        if told is None:
            return None
        number, _, digest = told.decode().partition("|")
        return int(number), digest

    async def find(self, text: str) -> Record:
        """The record with this id; NotFound."""
        found = await self.records([text])
        if not found:
            raise NotFound("no such record")
        return found[0]

    async def records(self, ids: Sequence[str], _recipient: str = "") -> list[Record]:
        """Those of these that are here, in their order. NotFound for what is no record's id."""
        places = [parse_record_id(text) for text in ids]
        commands: list[list[Argument]] = [
            ["XRANGE", self._shards.numbered(number).log, order, order] for number, order in places
        ]
        replies = await self._lane.read(commands) if commands else []
        return [
            record
            for (number, _), reply in zip(places, replies, strict=True)
            for record in read_lines(number, reply)
        ]

    async def recent(self, recipient_key: bytes) -> list[str]:
        """Ids of a recipient's last records, newest first."""
        shard = self._shards.of(recipient_key)
        packed = await self._lane.read_one("HGET", shard.recipient(recipient_key), "l")
        return [record_id(shard.number, order) for order in reversed(codec.unpack_orders(packed or b""))]

    async def outcome(self, first: Record) -> Record | None:
        """How a hand-over ended that began with this record."""
        number, order = parse_record_id(first.id)
        shard = self._shards.numbered(number)
        start, end = "(" + order, int(order.partition("-")[0]) + OUTCOME_WITHIN
        wanted = first.id.encode()
        while True:
            reply = await self._bulk.read_one("XRANGE", shard.log, start, end, "COUNT", _PAGE)
            for record in read_lines(shard.number, mentioning(reply, wanted)):
                if record.decision == first.id and record.kind in OUTCOMES:
                    return record
            if len(reply) < _PAGE:
                return None
            start = "(" + reply[-1][0].decode()

    async def message(self, message: str) -> list[str]:
        """Ids of the hand-overs of a message of several copies, as long as its list is kept."""
        shard = self._shards.of_name(message)
        listed = await self._lane.read_one("LRANGE", shard.message(message), 0, -1)
        return [item.decode() for item in listed]

    async def list_message(self, message: str, decision_ids: Sequence[str], seconds: float) -> None:
        """Let a message of several copies be found by its own id."""
        key = self._shards.of_name(message).message(message)
        await self._lane.execute_many([["RPUSH", key, *decision_ids], ["PEXPIRE", key, int(seconds * 1000)]])

    async def between(self, recipient_key: bytes, since: datetime, until: datetime) -> list[Record]:
        """A recipient's records, by the store's clock, oldest first."""
        shard, wanted = self._shards.of(recipient_key), recipient_key.hex()
        found: list[Record] = []
        start, end = str(codec.milliseconds(since)), codec.milliseconds(until)
        while True:
            reply = await self._bulk.read_one("XRANGE", shard.log, start, end, "COUNT", _PAGE)
            records = read_lines(shard.number, mentioning(reply, wanted.encode()))
            found += [record for record in records if record.recipient == wanted]
            if len(reply) < _PAGE:
                return found
            start = "(" + reply[-1][0].decode()

    async def newest(self, wanted: Wanted, limit: int) -> Part:
        """Newest first; see suppression.store.newest."""
        return await newest(self._bulk, self._shards, wanted, limit)

    async def of(self, recipient_key: bytes, limit: int = 100) -> list[Record]:
        """A recipient's records, newest first."""
        key = recipient_key.hex()
        wanted = Wanted(keeps=lambda record: record.recipient == key, recipient=recipient_key)
        found: list[Record] = []
        while len(found) < limit:
            part = await self.newest(wanted, limit - len(found))
            found += part.records
            if part.before is None:
                break
            wanted = replace(wanted, before=part.before)
        return found

    async def history(self, text: str) -> list[Record]:
        """The record with this id and, if a hand-over began with it, how it ended. NotFound."""
        first = await self.find(text)
        ended = await self.outcome(first)
        return [first] if ended is None else [first, ended]

    async def page(self, number: int, after: str, since: int, until: int, count: int) -> Page:
        """The next lines of a shard, oldest first: logged from the ms `since` up to the ms `until`, behind `after`."""
        shard = self._shards.numbered(number)
        start = "(" + after if after else str(since)
        reply = await self._bulk.read_one("XRANGE", shard.log, start, str(until), "COUNT", count)
        return Page(read_lines(shard.number, reply), reply[-1][0].decode() if len(reply) == count else None)

    async def now(self) -> int:
        """The store's clock, in ms."""
        seconds, micros = await self._bulk.execute("TIME")
        return int(seconds) * 1000 + int(micros) // 1000

    async def oldest(self) -> int | None:
        """When the oldest record was logged that is here, in ms."""
        replies = await self._bulk.read(
            [["XRANGE", shard.log, "-", "+", "COUNT", 1] for shard in self._shards.all]
        )
        times = [int(reply[0][0].partition(b"-")[0]) for reply in replies if reply]
        return min(times, default=None)

    async def tails(self) -> dict[int, str]:
        """Where each shard's log ends now."""
        ends = await self._bulk.read(
            [["XREVRANGE", shard.log, "+", "-", "COUNT", 1] for shard in self._shards.all]
        )
        return {number: newest[0][0].decode() if newest else "0-0" for number, newest in enumerate(ends)}

    async def after(self, tails: dict[int, str]) -> list[Record]:
        """What came behind these, of each shard in order. They are moved on."""
        commands: list[list[Argument]] = [
            ["XRANGE", shard.log, "(" + tails[shard.number], "+", "COUNT", _PAGE]
            for shard in self._shards.all
        ]
        found: list[Record] = []
        for shard, reply in zip(self._shards.all, await self._bulk.read(commands), strict=True):
            found += read_lines(shard.number, reply)
            if reply:
                tails[shard.number] = reply[-1][0].decode()
        return found
