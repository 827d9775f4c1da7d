"""The benchmark's archive: files as the archiver leaves them when a day is over, one of each class, a manifest a day.

To make a day of records takes some ten seconds. A copy of one, so many days later, takes two: its files have other
times, hence other bytes, and the same recipients.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from gateway.archive import columns
from gateway.archive.columns import quoted
from gateway.archive.folder import Folder
from gateway.archive.manifest import Chain, File, State
from gateway.archive.places import digest_of
from gateway.archive.writing import ROW_GROUP
from tests.bench import log_records

Made = tuple[File, Path]


def make(folder: Path, records: int, days_made: int) -> State:
    """In `folder`/archive. Of the year's days the first so many are made, and the others are copies of them."""
    (folder / "archive").mkdir()
    place = Folder(folder / "archive")
    chain, state = Chain(place), State()
    made: list[list[File]] = []
    for number, (first, sql) in enumerate(log_records.days(records)):
        if number < days_made:
            files = _published(place, _day(folder, sql, number + 1))
            made.append(files)
        else:
            source = made[number % days_made]
            files = _published(place, _copies(folder, place, source, first, number + 1))
        at = datetime.fromtimestamp(first / 1000, UTC)
        published = chain.publish(state, files, at=at, by="bench:1", epoch="bench")
        if published is None:
            raise AssertionError("somebody else writes here")
        state = published
        if sys.stderr.isatty():
            print(f"\r{number + 1} of {log_records.DAYS} days", end="", file=sys.stderr)
    return state


def _published(place: Folder, made: Iterator[Made]) -> list[File]:
    files = []
    for file, path in made:
        place.put(file.name, path)
        path.unlink()
        files.append(file)
    return files


def _day(folder: Path, sql: str, number: int) -> Iterator[Made]:
    with duckdb.connect() as connection:
        for macro in columns.MACROS:
            connection.execute(macro)
        connection.execute(f'CREATE TEMP TABLE made AS SELECT *, {columns.CLASS_OF} AS "class" FROM ({sql})')
        told = connection.execute(
            'SELECT "class", count(*), min(ms), max(ms) FROM made GROUP BY 1 ORDER BY 1'
        )
        for class_, count, first, last in told.fetchall():
            path = folder / f"{class_}.parquet"
            chosen = (
                f"""SELECT * EXCLUDE "class" FROM made WHERE "class" = '{class_}' ORDER BY {columns.ORDER}"""
            )
            _write(connection, chosen, path)
            yield _file(path, number, File("", "", 0, count, class_, _day_of(first), first, last, 2)), path


def _copies(folder: Path, place: Folder, source: Sequence[File], first: int, number: int) -> Iterator[Made]:
    with duckdb.connect() as connection:
        for file in source:
            later = first - file.first // log_records.DAY * log_records.DAY
            path = folder / f"{file.class_}.parquet"
            read = f"read_parquet({quoted(str(place.local(file)))}, hive_partitioning = false)"
            _write(connection, f"SELECT * REPLACE (ms + {later} AS ms) FROM {read}", path)
            moved = replace(file, day=_day_of(first), first=file.first + later, last=file.last + later)
            yield _file(path, number, moved), path


def _write(connection: duckdb.DuckDBPyConnection, chosen: str, path: Path) -> None:
    connection.execute(
        f"COPY ({chosen}) TO {quoted(str(path))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
    )


def _file(path: Path, number: int, like: File) -> File:
    name = f"records/class={like.class_}/day={like.day}/{number:010d}-00.parquet"
    return replace(like, name=name, sha256=digest_of(path), bytes=path.stat().st_size)


def _day_of(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).date().isoformat()
