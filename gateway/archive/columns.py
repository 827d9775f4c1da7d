"""How a record looks in the archive's files: one table of columns, for writing, for questions, and for reading back.

A line of a stream is put on a line of JSON unread (the store wrote it as JSON already), and DuckDB makes columns of it.
What is not set is NULL. The id is kept as its three numbers, the keyed hashes as bytes: half the size of text.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from suppression.records import CHANGES, FIELDS, SCHEMA, Record, RecordKind
from suppression.store import codec
from suppression.store.hot import Line
from suppression.store.keys import DIGITS, record_id
from suppression.store.record_lines import decode_record

UNREADABLE = "unreadable"  # kind of a line that is no record: it is kept as it was, in `newer`
CHANGE_CLASS, OTHER_CLASS = "changes", "other"  # beside the purposes' first segments


@dataclass(frozen=True, slots=True)
class Column:
    """`made_of`: SQL over the line's JSON, whose types `read` has by name."""

    name: str
    type: str
    made_of: str
    read: Mapping[str, str]


_HASHES = ("recipient", "exact", "person")
_NUMBERS = ("code",)
_FLAGS = ("duplicate", "repeated")
_OBJECTS = ("details", "writes")
_TEXTS = tuple(
    name for name in FIELDS if name not in {"id", "at", "until", *_HASHES, *_NUMBERS, *_FLAGS, *_OBJECTS}
)

COLUMNS: tuple[Column, ...] = (
    Column("shard", "USMALLINT", "_shard", {"_shard": "USMALLINT"}),
    Column("ms", "BIGINT", "_ms", {"_ms": "BIGINT"}),
    Column("seq", "UINTEGER", "_seq", {"_seq": "UINTEGER"}),
    *(Column(name, "BLOB", f"unhex({name})", {name: "VARCHAR"}) for name in _HASHES),
    Column("time", "TIMESTAMP", 'make_timestamp_ms("at")', {"at": "BIGINT"}),
    Column("until", "TIMESTAMP", 'make_timestamp_ms("until")', {"until": "BIGINT"}),
    *(Column(name, "VARCHAR", f'"{name}"', {name: "VARCHAR"}) for name in _TEXTS),
    *(Column(name, "INTEGER", name, {name: "INTEGER"}) for name in _NUMBERS),
    *(Column(name, "BOOLEAN", name, {name: "BOOLEAN"}) for name in _FLAGS),
    *(Column(name, "VARCHAR", f"{name}::VARCHAR", {name: "JSON"}) for name in _OBJECTS),
    Column("newer", "VARCHAR", "newer", {"newer": "VARCHAR"}),
)
NAMES = tuple(column.name for column in COLUMNS)
ORDER = "recipient, ms, seq, shard"  # within a file

_JSON_TYPES = {name: kind for column in COLUMNS for name, kind in column.read.items()}


def json_line(shard: int, line: Line) -> bytes:
    """A line of a stream, on a line of JSON."""
    fields = dict(zip(line.fields[::2], line.fields[1::2], strict=True))
    raw, more = _checked(shard, line, fields)
    if b"\n" in (raw := raw.rstrip()):
        raw, more = _kept(line, fields)
    return _with_own(raw, shard, line, more)


def unreadable(shard: int, line: Line) -> bytes:
    """The same for a line whose JSON no columns can be made of: a line of JSON that has it as a text."""
    raw, more = _kept(line, dict(zip(line.fields[::2], line.fields[1::2], strict=True)))
    return _with_own(raw, shard, line, more)


def _with_own(raw: bytes, shard: int, line: Line, more: str) -> bytes:
    own = f',"_shard":{shard},"_ms":{line.ms},"_seq":{line.seq}{more}}}\n'
    return raw[:-1] + own.encode()


def _checked(shard: int, line: Line, fields: Mapping[bytes, bytes]) -> tuple[bytes, str]:
    """JSON of a record, and what is to be said beside. What this version cannot read is kept as it is."""
    raw = fields.get(b"r", b"")
    try:
        if json.loads(raw)["n"] > SCHEMA:
            return raw, f',"newer":{json.dumps(raw.decode())}'
        if len(fields) == 1:
            return raw, ""
        return raw, _beside(decode_record(record_id(shard, line.order), fields))
    except (ValueError, KeyError, TypeError):
        return _kept(line, fields)


def _kept(line: Line, fields: Mapping[bytes, bytes]) -> tuple[bytes, str]:
    kept = {name.decode("latin-1"): value.decode("latin-1") for name, value in fields.items()}
    return json.dumps(
        {"kind": UNREADABLE, "at": line.ms}
    ).encode(), f',"newer":{json.dumps(json.dumps(kept))}'


def _beside(record: Record) -> str:
    """What the store's script logged beside the record's JSON."""
    said = {
        name: getattr(record, name)
        for name in ("message", "channel", "purpose", "sender", "app", "duplicate")
    }
    return "".join(f",{json.dumps(name)}:{json.dumps(value)}" for name, value in said.items() if value)


def read_lines(path: str) -> str:
    """SQL: the lines of a file as columns."""
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in _JSON_TYPES.items())
    made = ", ".join(f'CAST({column.made_of} AS {column.type}) AS "{column.name}"' for column in COLUMNS)
    return f"SELECT {made} FROM read_ndjson({quoted(path)}, columns = {{{types}}}, maximum_object_size = 16777216)"


def quoted(text: str) -> str:
    """A string of SQL."""
    return "'" + text.replace("'", "''") + "'"


_CHANGE_KINDS = ", ".join(quoted(kind.value) for kind in sorted(CHANGES))
CLASS_OF = (  # for how long a record is kept is said by class
    f"CASE WHEN kind IN ({_CHANGE_KINDS}) THEN '{CHANGE_CLASS}' "
    f"WHEN purpose IS NULL OR purpose = '*' THEN '{OTHER_CLASS}' ELSE split_part(purpose, '/', 1) END"
)
DAY_OF = "strftime(make_timestamp_ms(ms), '%Y-%m-%d')"  # by the store's own clock, in UTC

_NUMBER = "(ms::HUGEINT * 4294967296 + seq::HUGEINT * 65536 + shard::HUGEINT)"
MACROS = (
    f"CREATE OR REPLACE MACRO base32_digit(v, n) AS substr('{DIGITS}', ((v >> n) & 31)::INTEGER + 1, 1)",
    # Without a subquery, which would be planned as a join, also where nobody asks for the id.
    "CREATE OR REPLACE MACRO record_id(ms, seq, shard) AS concat("
    + ", ".join(f"base32_digit({_NUMBER}, {bits})" for bits in range(75, -1, -5))
    + ")",
)


def shown(table: str) -> str:
    """SQL: what people ask of. As the columns, with the id and the hashes as the API has them; `recipient_key` is the
    bytes, by which files are sorted: a question by it is quick.
    """
    hashes = ", ".join(f"lower(hex({name})) AS {name}" for name in _HASHES)
    others = ", ".join(f'"{name}"' for name in NAMES if name not in _HASHES)
    return (
        f"SELECT record_id(ms, seq, shard) AS id, {hashes}, recipient AS recipient_key, {others} FROM {table}"
    )


def record_of(row: Sequence[Any]) -> Record:
    """A row of all columns, in their order. KeyError, ValueError for what is of a newer version."""
    values = dict(zip(NAMES, row, strict=True))
    shard, ms, seq = (values.pop(name) for name in ("shard", "ms", "seq"))
    newer, kind = values.pop("newer"), values.pop("kind")
    if newer is not None and kind == UNREADABLE:
        raise ValueError("a line that no version could read")
    values["at"] = _milliseconds(values.pop("time"))
    known = {name: value for name, value in values.items() if value is not None}
    if "until" in known:
        known["until"] = _milliseconds(known["until"])
    known |= {name: known[name].hex() for name in _HASHES if name in known}
    known |= {name: json.loads(known[name]) for name in _OBJECTS if name in known}
    return Record(kind=RecordKind(kind), id=record_id(shard, f"{ms}-{seq}"), **known)


def _milliseconds(at: datetime | None) -> int:
    return 0 if at is None else codec.milliseconds(at.replace(tzinfo=UTC))
