"""How a record of the log looks in Redis, both ways."""

import json
from collections.abc import Mapping
from typing import Any

from suppression.records import FIELDS, SCHEMA, Record, RecordKind


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
    return Record(kind=RecordKind(values["kind"]), id=record_id, **known)
