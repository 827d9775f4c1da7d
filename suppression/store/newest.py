"""Reading streams from their newest line back: of one shard, or of all together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from suppression.errors import NotFound
from suppression.records import Record
from suppression.store.client import Argument, Lane
from suppression.store.keys import ShardKeys, Shards, parse_record_id, record_id
from suppression.store.record_lines import mentioning, read_lines

EVER = 2**47  # ms: later than any record's
_PAGE = 500
_MOST_PAGES = 40  # that one question reads, whoever's records they are
_AT_ONCE = 4  # shards of which a page is read in one go


class Part(NamedTuple):
    """Some records, newest first. `before`: the id to go on before; None: there are no more."""

    records: list[Record]
    before: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Records that `keeps` takes, of one recipient or of all, logged from `since` on, before `until` (ms) and before
    the record `before`.
    """

    keeps: Callable[[Record], bool]
    recipient: bytes | None = None
    since: int = 0
    until: int = EVER
    before: str = ""

    @property
    def mentioned(self) -> bytes:
        return b"" if self.recipient is None else self.recipient.hex().encode()


@dataclass(slots=True)
class _Reader:
    """One shard. `reached`: id of the oldest line that was read; "": all were."""

    shard: ShardKeys
    end: str
    reached: str = "~"  # after all ids
    found: list[Record] = field(default_factory=list)


async def newest(lane: Lane, shards: Shards, wanted: Wanted, limit: int) -> Part:
    """Up to `limit`. So much is read and no more: `before` of the part says how far, and all that is newer was looked
    at. NotFound for a `before` that is not of the recipient's shard.
    """
    readers = _readers(shards, wanted)
    size = _PAGE if len(readers) == 1 else max(16, min(_PAGE, 2 * limit // len(readers)))
    turn, left = readers, _PAGE * _MOST_PAGES
    while turn and left > 0:
        left -= await _read(lane, turn, wanted, size)
        floor = max(reader.reached for reader in readers)
        if sum(record.id >= floor for reader in readers for record in reader.found) > limit:
            break
        # Those that were read least far hold the others back.
        behind = sorted((reader for reader in readers if reader.reached), key=lambda reader: reader.reached)
        turn, size = behind[-_AT_ONCE:], _PAGE
    return _part(readers, limit)


def _readers(shards: Shards, wanted: Wanted) -> list[_Reader]:
    chosen = shards.all if wanted.recipient is None else (shards.of(wanted.recipient),)
    number, order = parse_record_id(wanted.before) if wanted.before else (0, "")
    shards.numbered(number)
    if wanted.before and wanted.recipient is not None and number != chosen[0].number:
        raise NotFound("a record of another shard")
    return [_Reader(shard, _end(shard, wanted.until, number, order)) for shard in chosen]


def _end(shard: ShardKeys, until: int, number: int, order: str) -> str:
    """Where XREVRANGE begins in a shard: before the ms `until`, and before a record of another shard or of this."""
    if not order or until <= int(order.partition("-")[0]):
        return str(max(0, until - 1))
    return order if shard.number < number else "(" + order


async def _read(lane: Lane, readers: Sequence[_Reader], wanted: Wanted, size: int) -> int:
    """A page more of each; how many lines these were."""
    commands: list[list[Argument]] = [
        ["XREVRANGE", reader.shard.log, reader.end, str(wanted.since), "COUNT", size] for reader in readers
    ]
    looked = 0
    for reader, reply in zip(readers, await lane.read(commands), strict=True):
        looked += len(reply)
        records = read_lines(reader.shard.number, mentioning(reply, wanted.mentioned))
        reader.found += filter(wanted.keeps, records)
        if len(reply) < size:
            reader.reached = ""
            continue
        order = reply[-1][0].decode()
        reader.reached, reader.end = record_id(reader.shard.number, order), "(" + order
    return max(1, looked)


def _part(readers: Sequence[_Reader], limit: int) -> Part:
    """What is certain: what a shard that was not read as far may still have is older than all of it."""
    floor = max(reader.reached for reader in readers)
    found = (record for reader in readers for record in reader.found if record.id >= floor)
    records = sorted(found, key=lambda record: record.id, reverse=True)
    if len(records) > limit:
        return Part(records[:limit], records[limit - 1].id)
    return Part(records, floor or None)
