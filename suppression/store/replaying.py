"""Making an empty store know again what the log says: stops, consents, people; from records of changes alone.

What the log does not hold does not come back: addresses (each is sealed anew by the next message to it), evidence,
an app's ids of people, languages and zones, what waited in the outbox, counts of caps, and lists.
"""

from collections.abc import AsyncIterable
from typing import NamedTuple

from suppression.decision import Reason
from suppression.errors import Conflict
from suppression.records import CHANGES, Record
from suppression.store import codec
from suppression.store.client import Argument
from suppression.store.keys import parse_record_id
from suppression.store.person import MEMBER
from suppression.store.store import Store
from suppression.store.written import read_writes

_AT_ONCE = 500  # hashes a round trip
_STOP = codec.SUPPRESSION
_FORGOTTEN = frozenset({MEMBER, b"b"})


class Replayed(NamedTuple):
    changes: int
    hashes: int  # recipients and persons


class _Subject(NamedTuple):
    """Whose hash: a recipient's, or a person's."""

    key: bytes
    of_person: bool


async def replay(store: Store, records: AsyncIterable[Record]) -> Replayed:
    """Fill a store in which nothing ever happened. Conflict for any other.

    `records`: those of one recipient or person in the order of their ids, of different ones in any; others than
    changes are passed over. Killed in the middle it may be run again: it logs nothing until it is done.
    """
    await _refuse_used(store)
    known: dict[_Subject, dict[bytes, bytes]] = {}
    changes = 0
    async for record in records:
        if record.kind in CHANGES and record.writes:
            _apply(known.setdefault(_subject(record), {}), record)
            changes += 1
    subjects = list(known)
    for first in range(0, len(subjects), _AT_ONCE):
        some = {subject: known[subject] for subject in subjects[first : first + _AT_ONCE]}
        await _write(store, some)
    return Replayed(changes, len(known))


async def _refuse_used(store: Store) -> None:
    used = await store.client.bulk.read([("EXISTS", shard.log) for shard in store.shards.all])
    if any(used):
        raise Conflict("the store is in use: only an empty one is filled from the archive")


def _subject(record: Record) -> _Subject:
    """A change of a person alone names no recipient."""
    return _Subject(bytes.fromhex(record.recipient or record.person), of_person=not record.recipient)


def _apply(fields: dict[bytes, bytes], record: Record) -> None:
    _, order = parse_record_id(record.id)
    for name, value in read_writes(record.writes, order).items():
        if value is None:
            fields.pop(name, None)
        else:
            fields[name] = value
    fields[b"v"] = order.encode()


async def _write(store: Store, known: dict[_Subject, dict[bytes, bytes]]) -> None:
    commands: list[list[Argument]] = []
    for subject, fields in known.items():
        shard = store.shards.of(subject.key)
        name = shard.person(subject.key) if subject.of_person else shard.recipient(subject.key)
        kept = _of_erased(fields) if subject.of_person else fields
        commands.append(["HSET", name, *(part for item in kept.items() for part in item)])
    await store.client.bulk.execute_many(commands)


def _of_erased(fields: dict[bytes, bytes]) -> dict[bytes, bytes]:
    """Of an erased person only stops stay: its members left it without a word in the log."""
    stops = (
        codec.decode_suppression("", value.decode()) for name, value in fields.items() if name[:1] == _STOP
    )
    if not any(stop.reason is Reason.ERASED for stop in stops):
        return fields
    return {name: value for name, value in fields.items() if name[:1] not in _FORGOTTEN}
