"""Reading the log: one record by its id, a message's history, a recipient's latest, and what comes now."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from suppression.errors import NotFound
from suppression.model import Facts
from suppression.records import OUTCOMES, Record
from suppression.store import codec
from suppression.store.client import Argument, Lane
from suppression.store.keys import ShardKeys, Shards, parse_record_id, record_id
from suppression.store.record_lines import decode_record

_HISTORY = 15 * 60 * 1000  # ms after a hand-over within which its outcome is logged (the sweeper sees to it)
_PAGE = 500
_MOST_PAGES = 40  # of a shard's log that one question reads, whoever's records they are


class Part(NamedTuple):
    """Some of a recipient's records, newest first. `before`: the id to go on before; None: there are no more."""

    records: list[Record]
    before: str | None


class Log:
    """The hot log: what no archive has taken yet."""

    def __init__(self, lane: Lane, shards: Shards) -> None:
        self._lane = lane
        self._shards = shards

    async def find(self, text: str) -> Record:
        """The record with this id; NotFound."""
        number, stream_id = parse_record_id(text)
        shard = self._shards.numbered(number)
        found = _records(shard, await self._lane.read_one("XRANGE", shard.log, stream_id, stream_id))
        if not found:
            raise NotFound("no such record")
        return found[0]

    async def history(self, text: str) -> list[Record]:
        """The record with this id and, if a hand-over began with it, how it ended."""
        first = await self.find(text)
        number, stream_id = parse_record_id(text)
        shard = self._shards.numbered(number)
        end = int(stream_id.partition("-")[0]) + _HISTORY
        start = "(" + stream_id
        while True:
            reply = await self._lane.read_one("XRANGE", shard.log, start, end, "COUNT", _PAGE)
            for record in _records(shard, reply):
                if record.decision == text and record.kind in OUTCOMES:
                    return [first, record]
            if len(reply) < _PAGE:
                return [first]
            start = "(" + reply[-1][0].decode()

    async def message(self, message: str) -> list[str]:
        """Ids of the hand-overs of a message: of several copies by its own id, of one by the decision's."""
        shard = self._shards.of_name(message)
        listed = await self._lane.read_one("LRANGE", shard.message(message), 0, -1)
        return [item.decode() for item in listed] or [message]

    async def list_message(self, message: str, decision_ids: Sequence[str], seconds: float) -> None:
        """Let a message of several copies be found by its own id."""
        key = self._shards.of_name(message).message(message)
        await self._lane.execute_many([["RPUSH", key, *decision_ids], ["PEXPIRE", key, int(seconds * 1000)]])

    async def recent(self, recipient_key: bytes, facts: Facts) -> list[Record]:
        """A recipient's last records, newest first."""
        shard = self._shards.of(recipient_key)
        if not facts.recent:
            return []
        commands: list[list[Argument]] = [["XRANGE", shard.log, order, order] for order in facts.recent]
        replies = await self._lane.read(commands)
        return [record for reply in reversed(replies) for record in _records(shard, reply)]

    async def of(self, recipient_key: bytes, limit: int = 100) -> list[Record]:
        """A recipient's records in the hot log, newest first."""
        shard = self._shards.of(recipient_key)
        found: list[Record] = []
        end = "+"
        while len(found) < limit:
            reply = await self._lane.read_one("XREVRANGE", shard.log, end, "-", "COUNT", _PAGE)
            found += _of(shard, reply, recipient_key)
            if len(reply) < _PAGE:
                break
            end = "(" + reply[-1][0].decode()
        return found[:limit]

    async def part(
        self,
        recipient_key: bytes,
        facts: Facts,
        keeps: Callable[[Record], bool],
        limit: int,
        before: str = "",
    ) -> Part:
        """Up to `limit` of a recipient's records in the hot log, all that `keeps` takes; NotFound for a `before`
        that is not of this recipient's shard. A shard's log is read for at most so long: a part may be short.
        """
        shard = self._shards.of(recipient_key)
        number, start = parse_record_id(before) if before else (shard.number, "")
        if number != shard.number:
            raise NotFound("a record of another shard")
        if not facts.recent:
            return Part([], None)
        found: list[Record] = []
        end = "(" + start if start else facts.recent[-1]
        for _ in range(_MOST_PAGES):
            reply = await self._lane.read_one("XREVRANGE", shard.log, end, "-", "COUNT", _PAGE)
            for record in _of(shard, reply, recipient_key):
                if keeps(record):
                    if len(found) == limit:
                        return Part(found, found[-1].id)
                    found.append(record)
            if len(reply) < _PAGE:
                return Part(found, None)
            start = reply[-1][0].decode()
            end = "(" + start
        return Part(found, record_id(shard.number, start))

    async def between(self, recipient_key: bytes, since: datetime, until: datetime) -> list[Record]:
        """A recipient's records in the hot log, by the store's clock, oldest first."""
        shard, wanted = self._shards.of(recipient_key), recipient_key.hex().encode()
        found: list[Record] = []
        start, end = str(codec.milliseconds(since)), str(codec.milliseconds(until))
        while True:
            reply = await self._lane.read_one("XRANGE", shard.log, start, end, "COUNT", _PAGE)
            found += _records(shard, [item for item in reply if any(wanted in value for value in item[1])])
            if len(reply) < _PAGE:
                return found
            start = "(" + reply[-1][0].decode()

    async def follow(self, pause: float = 0.5) -> AsyncIterator[Record]:
        """Every record from now on, as it comes; of one shard in order."""
        ends = await self._lane.read(
            [["XREVRANGE", shard.log, "+", "-", "COUNT", 1] for shard in self._shards.all]
        )
        last = {
            shard: newest[0][0].decode() if newest else "0-0"
            for shard, newest in zip(self._shards.all, ends, strict=True)
        }
        while True:
            commands: list[list[Argument]] = [
                ["XRANGE", shard.log, "(" + after, "+", "COUNT", _PAGE] for shard, after in last.items()
            ]
            replies = await self._lane.read(commands)
            for shard, reply in zip(list(last), replies, strict=True):
                for record in _records(shard, reply):
                    yield record
                if reply:
                    last[shard] = reply[-1][0].decode()
            if not any(replies):
                await asyncio.sleep(pause)


def _of(shard: ShardKeys, reply: Sequence[Any], recipient_key: bytes) -> list[Record]:
    """One recipient's. Looked for as bytes first: most records are of others."""
    wanted = recipient_key.hex()
    maybe = [entry for entry in reply if any(wanted.encode() in value for value in entry[1])]
    return [record for record in _records(shard, maybe) if record.recipient == wanted]


def _records(shard: ShardKeys, reply: Sequence[Any]) -> list[Record]:
    return [
        decode_record(
            record_id(shard.number, stream_id.decode()), dict(zip(values[::2], values[1::2], strict=True))
        )
        for stream_id, values in reply
    ]
