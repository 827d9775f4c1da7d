"""How a record of the log looks in Redis, both ways."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from suppression.outbox import HANDLE
from suppression.records import FIELDS, SCHEMA, Record, RecordKind
from suppression.store import codec
from suppression.store.keys import handle, record_id

_EVER = 2**47  # ms: what is later has no date


def encode_record(record: Record) -> str:
    """Compact JSON of what is set: readable by anybody with redis-cli."""
    values: dict[str, Any] = {"n": SCHEMA}
    for name in FIELDS:
        value = getattr(record, name)
        if value and name != "id":
            values[name] = value
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False)


def decode_record(record_id: str, fields: Mapping[bytes, bytes]) -> Record:
    """A record as it was logged; fields of a newer schema are left out."""
    values = json.loads(fields[b"r"])
    known = {name: value for name, value in values.items() if name in FIELDS and name not in {"id", "kind"}}
    if b"duplicate" in fields:
        known["duplicate"] = True
    if b"number" in fields:
        known |= _of_entry(known["recipient"], fields)
    return Record(kind=RecordKind(values["kind"]), id=record_id, **known)


def _of_entry(recipient: str, fields: Mapping[bytes, bytes]) -> dict[str, str]:
    """What the script itself logged: a stop that cancelled an entry."""
    return {
        "message": handle(HANDLE, bytes.fromhex(recipient), fields[b"number"].hex()),
        "channel": codec.channel_of(fields[b"channel"].decode()).value,
        **{name: fields[name.encode()].decode() for name in ("purpose", "sender", "app")},
    }


def read_lines(shard: int, reply: Sequence[Any]) -> list[Record]:
    """What a stream has, as XRANGE tells it. A record of a kind that this version does not know is passed over."""
    found = []
    for order, values in reply:
        fields = dict(zip(values[::2], values[1::2], strict=True))
        try:
            record = decode_record(record_id(shard, order.decode()), fields)
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        if type(record.at) is int and abs(record.at) < _EVER:
            found.append(record)
    return found


def mentioning(reply: Sequence[Any], wanted: bytes) -> list[Any]:
    """Lines that have these bytes in them: looked for before they are read, because most records are of others."""
    return [line for line in reply if any(wanted in value for value in line[1])] if wanted else list(reply)
