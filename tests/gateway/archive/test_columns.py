"""A record comes out of the archive's columns as it went into the stream."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from gateway.archive import columns
from gateway.config import archive_place
from suppression.records import FIELDS, SCHEMA, Record, RecordKind
from suppression.store.hot import Line
from suppression.store.keys import record_id
from suppression.store.record_lines import decode_record, encode_record

KEY = "0f" * 16
FULL = Record(
    RecordKind.SUPPRESSED,
    1_795_000_000_123,
    recipient=KEY,
    exact="ab" * 16,
    person="cd" * 16,
    until=1_795_000_009_000,
    duplicate=True,
    repeated=True,
    code=550,
    details={"asks": 'é "quoted" {}'},
    writes={"s" + "00" * 6: "+a|b|"},
    **{name: f"some {name}" for name in columns._TEXTS if name != "kind"},
)


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for macro in columns.MACROS:
            connection.execute(macro)
        yield connection


def stored(record: Record, **beside: str) -> Line:
    fields = {"r": encode_record(record), **beside}
    return Line(1_795_000_000_124, 7, tuple(part.encode() for item in fields.items() for part in item))


def rows(database: duckdb.DuckDBPyConnection, path: Path, *lines: Line) -> list[tuple[Any, ...]]:
    file = path / "lines.ndjson"
    file.write_bytes(b"".join(columns.json_line(3, line) for line in lines))
    return database.execute(columns.read_lines(str(file))).fetchall()


def test_every_field_of_a_record_has_a_column() -> None:
    assert {*FIELDS} - {"id", "at"} <= {*columns.NAMES}


@pytest.mark.parametrize("record", [FULL, Record(RecordKind.VIEWED, 1)], ids=["full", "empty"])
def test_a_record_comes_back_as_it_was(
    record: Record, database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    line = stored(record)
    (row,) = rows(database, tmp_path, line)
    fields = dict(zip(line.fields[::2], line.fields[1::2], strict=True))
    assert columns.record_of(row) == decode_record(record_id(3, line.order), fields)


def test_what_the_script_logged_beside_comes_back_too(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    record = Record(RecordKind.CANCELLED, 5, recipient=KEY)
    beside = {
        b"number": b"\x01" * 8,
        b"channel": b"s",
        b"purpose": b"marketing/x",
        b"sender": b"shop",
        b"app": b"crm",
    }
    fields = {b"r": encode_record(record).encode()} | beside
    line = Line(9, 0, tuple(part for item in fields.items() for part in item))
    (row,) = rows(database, tmp_path, line)
    found = columns.record_of(row)
    assert (found.channel, found.purpose, found.sender, found.app) == ("sms", "marketing/x", "shop", "crm")
    assert found.message.startswith("msg_")


def test_a_record_of_a_newer_schema_is_kept_whole(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    raw = json.dumps({"n": SCHEMA + 1, "kind": "sent", "at": 5, "recipient": KEY, "colour": "green"})
    (row,) = rows(database, tmp_path, Line(9, 0, (b"r", raw.encode())))
    values = dict(zip(columns.NAMES, row, strict=True))
    assert json.loads(values["newer"])["colour"] == "green"
    assert columns.record_of(row).kind is RecordKind.SENT


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b'{"n": 1', b"\xff\xfe", b'"text"'])
def test_what_is_no_record_stops_nothing_and_is_kept(
    raw: bytes, database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (row,) = rows(database, tmp_path, Line(9, 0, (b"r", raw)))
    values = dict(zip(columns.NAMES, row, strict=True))
    assert values["kind"] == columns.UNREADABLE
    assert json.loads(values["newer"])["r"] == raw.decode("latin-1")
    with pytest.raises(ValueError, match="no version"):
        columns.record_of(row)


def test_ids_in_sql_are_the_apis(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    lines = [Line(1_795_000_000_000 + n, n * 31, stored(FULL).fields) for n in range(40)]
    (tmp_path / "lines").write_bytes(b"".join(columns.json_line(3, line) for line in lines))
    shown = columns.shown(f"({columns.read_lines(str(tmp_path / 'lines'))})")
    found = database.execute(f"SELECT id, recipient, recipient_key FROM ({shown}) ORDER BY ms").fetchall()
    assert [row[0] for row in found] == [record_id(3, line.order) for line in lines]
    assert {row[1:] for row in found} == {(KEY, bytes.fromhex(KEY))}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (FULL, "changes"),
        (Record(RecordKind.SENT, 1, purpose="marketing/promotions"), "marketing"),
        (Record(RecordKind.CHECKED, 1), "other"),
        (Record(RecordKind.VIEWED, 1, purpose="*"), "other"),
    ],
    ids=["change", "mail", "nothing", "all"],
)
def test_a_records_class(
    record: Record, expected: str, database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "lines").write_bytes(columns.json_line(3, stored(record)))
    lines = columns.read_lines(str(tmp_path / "lines"))
    assert database.execute(f"SELECT {columns.CLASS_OF}, {columns.DAY_OF} FROM ({lines})").fetchall() == [
        (expected, "2026-11-18")
    ]


def test_settings_know_the_classes_that_are_no_purposes() -> None:
    assert (columns.CHANGE_CLASS, columns.OTHER_CLASS) == archive_place.NO_PURPOSES
