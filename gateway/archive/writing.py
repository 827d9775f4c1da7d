"""Lines of the streams become Parquet files in a scratch folder: one for each class and day that they have.

The lines are gathered in a file of JSON, so that a batch of any size takes little memory. Lines that no columns can be
made of stop nothing: they are kept as they are, in `newer`.
"""

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import duckdb

from gateway.archive import columns
from gateway.archive.columns import quoted
from gateway.archive.manifest import File
from gateway.archive.places import ArchiveUnavailable, digest_of
from gateway.archive.scratch import on_disk
from suppression.store.hot import Line

MEMORY = "512MB"
ROW_GROUP = 16384  # small enough that one recipient's records are found in few, and costs little
_TEMPORARY = (duckdb.OperationalError, duckdb.FatalException)  # the disk or the memory, not the lines
_PARQUET = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}"
# A class is part of a file's name: what is no purpose's first segment is among the others.
_CLASS = f"""(CASE WHEN regexp_full_match({columns.CLASS_OF}, '[a-z0-9][a-z0-9-]{{0,63}}')
    THEN {columns.CLASS_OF} ELSE {quoted(columns.OTHER_CLASS)} END)"""
# After a failover a lost record's id may come again: it is the same record only if it is of the same recipient.
_SAME = f"""k.ms = l.ms AND k.seq = l.seq AND k.shard = l.shard AND
    (k.recipient IS NOT DISTINCT FROM l.recipient OR {quoted(columns.UNREADABLE)} IN (k.kind, l.kind))"""


_NUMBER = re.compile(rb"\d+")


class Draft(NamedTuple):
    """A file that is not in its place yet."""

    file: File
    path: Path


class Written(NamedTuple):
    """`known`: lines that the archive had already."""

    drafts: tuple[Draft, ...]
    known: int


@dataclass(slots=True)
class Batch:
    """Lines of any shards, gathered in a folder. ArchiveUnavailable when its disk is full."""

    folder: Path
    count: int = 0
    first: int = 0
    last: int = 0

    @property
    def path(self) -> Path:
        return self.folder / "lines.ndjson"

    def add(self, shard: int, lines: Sequence[Line]) -> None:
        if not lines:
            return
        with on_disk("the scratch folder"), self.path.open("ab") as file:
            file.writelines(columns.json_line(shard, line) for line in lines)
        times = [line.ms for line in lines]
        self.first = min(times) if not self.count else min(self.first, *times)
        self.last = max(self.last, *times)
        self.count += len(lines)


def write(batch: Batch, known: Sequence[Path], number: int, memory: str = MEMORY) -> Written:
    """Files of what is not among the `known` ones. ArchiveUnavailable: disk full, or memory.

    number  of the manifest that is to name them
    """
    with on_disk("the scratch folder"):
        try:
            with _connection(batch.folder, memory) as connection:
                load(connection, batch)
                dropped = drop_known(connection, batch, known)
                drafts = tuple(_drafts(connection, batch.folder, number))
        except duckdb.Error as error:
            raise ArchiveUnavailable(f"the files cannot be written: {type(error).__name__}") from error
    if dropped + sum(draft.file.records for draft in drafts) != batch.count:
        raise ArchiveUnavailable("the files do not have every line")
    return Written(drafts, dropped)


def _connection(folder: Path, memory: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    connection.execute(f"SET memory_limit = {quoted(memory)}")
    connection.execute(f"SET temp_directory = {quoted(str(folder / 'spilled'))}")
    return connection


def load(connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """The table `lines`."""
    if not _loaded(connection, batch.path, batch.count):
        readable = batch.folder / "readable.ndjson"
        with readable.open("wb") as file:
            file.writelines(_readable(connection, batch))
        if not _loaded(connection, readable, batch.count):
            raise ArchiveUnavailable("the lines cannot be read")


def _loaded(connection: duckdb.DuckDBPyConnection, path: Path, count: int) -> bool:
    made = f'SELECT *, {_CLASS} AS "class", {columns.DAY_OF} AS "day" FROM ({columns.read_lines(str(path))})'
    try:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE lines AS {made}")
    except _TEMPORARY:
        raise
    except duckdb.Error:
        return False
    return _counted(connection, "lines") == count


def _counted(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    found = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(found[0]) if found else 0


def drop_known(connection: duckdb.DuckDBPyConnection, batch: Batch, known: Sequence[Path]) -> int:
    """Take off the table `lines` what these files have; how many there were."""
    if not known:
        return 0
    paths = "[" + ", ".join(quoted(str(path)) for path in known) + "]"
    connection.execute(f"""
        CREATE TEMP TABLE known AS
        SELECT k.ms, k.seq, k.shard, k.recipient, k.kind
        FROM read_parquet({paths}, union_by_name = true) AS k
        WHERE k.ms BETWEEN {batch.first} AND {batch.last}
            AND EXISTS (SELECT 1 FROM lines AS l WHERE k.ms = l.ms AND k.seq = l.seq AND k.shard = l.shard)
    """)
    if not _counted(connection, "known"):
        return 0
    connection.execute(f"DELETE FROM lines AS l WHERE EXISTS (SELECT 1 FROM known AS k WHERE {_SAME})")
    return batch.count - _counted(connection, "lines")


def _drafts(connection: duckdb.DuckDBPyConnection, folder: Path, number: int) -> Iterator[Draft]:
    groups = connection.execute(
        'SELECT "class", "day", min(ms), max(ms), count(*) FROM lines GROUP BY ALL ORDER BY ALL'
    ).fetchall()
    for group, (class_, day, first, last, count) in enumerate(groups):
        path = folder / f"{group}.parquet"
        chosen = f'"class" = {quoted(class_)} AND "day" = {quoted(day)}'
        _copy(connection, chosen, path)
        name = f"records/class={class_}/day={day}/{number:010d}-{secrets.token_hex(8)}.parquet"
        size = path.stat().st_size
        yield Draft(File(name, digest_of(path), size, count, class_, day, first, last), path)


def _copy(connection: duckdb.DuckDBPyConnection, chosen: str, path: Path) -> None:
    names = ", ".join(f'"{name}"' for name in columns.NAMES)
    connection.execute(f"""
        COPY (SELECT {names} FROM lines WHERE {chosen} ORDER BY {columns.ORDER})
        TO {quoted(str(path))} ({_PARQUET})
    """)


def _readable(connection: duckdb.DuckDBPyConnection, batch: Batch) -> Iterator[bytes]:
    """The batch's lines, some at a time; in place of each that DuckDB cannot make columns of, one that keeps it."""
    some: list[bytes] = []
    with batch.path.open("rb") as file:
        for line in file:
            some.append(line)
            if len(some) == 1024:
                yield from _sifted(connection, batch.folder, some)
                some = []
    yield from _sifted(connection, batch.folder, some)


def _sifted(connection: duckdb.DuckDBPyConnection, folder: Path, lines: list[bytes]) -> list[bytes]:
    """Halved until those that are wrong stand alone."""
    if not lines:
        return []
    tried = folder / "tried.ndjson"
    tried.write_bytes(b"".join(lines))
    if _loaded(connection, tried, len(lines)):
        return lines
    if len(lines) == 1:
        return [_instead(lines[0])]
    half = len(lines) // 2
    return _sifted(connection, folder, lines[:half]) + _sifted(connection, folder, lines[half:])


def _instead(line: bytes) -> bytes:
    raw, _, own = line.rpartition(b',"_shard":')
    shard, ms, seq = (int(number) for number in _NUMBER.findall(own)[:3])
    return columns.unreadable(shard, Line(ms, seq, (b"r", raw + b"}")))
