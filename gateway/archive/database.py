"""DuckDB over files of the archive: bounded in memory, threads, disk and time.

Files of other versions of the schema read as well: what they lack is NULL, what we do not know is passed over.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from gateway.archive import columns
from gateway.archive.columns import quoted
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable

MEMORY = "512MB"
_LIMITS: Mapping[str, Any] = {
    "memory_limit": MEMORY,
    "threads": 2,
    "max_temp_directory_size": "8GB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
}

Row = tuple[Any, ...]


def connect(scratch: Path) -> duckdb.DuckDBPyConnection:
    """A database of its own, in memory; what does not fit there goes to `scratch` while it is needed."""
    connection = duckdb.connect(config={**_LIMITS, "temp_directory": str(scratch)})
    connection.execute("SET parquet_metadata_cache = true")  # a file is never altered
    for macro in columns.MACROS:
        connection.execute(macro)
    return connection


def relation(paths: Iterable[Path]) -> str:
    """SQL: all columns of what is in these files."""
    files = ", ".join(quoted(str(path)) for path in paths)
    if not files:
        nothing = ", ".join(f'CAST(NULL AS {column.type}) AS "{column.name}"' for column in columns.COLUMNS)
        return f"(SELECT {nothing} WHERE false)"
    chosen = ", ".join(f'"{name}"' for name in columns.NAMES)
    return f"(SELECT {chosen} FROM read_parquet([{files}], schema = {_SCHEMA}, hive_partitioning = false))"


_SCHEMA = (
    "MAP {"
    + ", ".join(
        f"'{column.name}': {{name: '{column.name}', type: '{column.type}', default_value: NULL}}"
        for column in columns.COLUMNS
    )
    + "}"
)


@contextmanager
def timed(connection: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """For so long and no longer."""
    timer = threading.Timer(max(0.0, seconds), connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def limited(connection: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """The same; and DuckDB's errors become ours."""
    try:
        with timed(connection, seconds):
            yield
    except duckdb.InterruptException:
        raise ArchiveUnavailable("the archive took too long to answer") from None
    except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.SerializationException) as error:
        raise ArchiveDamaged(f"a file of the archive cannot be read: {type(error).__name__}") from error
    except duckdb.Error as error:
        raise ArchiveUnavailable(f"the archive cannot be read: {type(error).__name__}") from error


class Database:
    """Of one process; threads may ask it at once."""

    def __init__(self, scratch: Path) -> None:
        self._root = connect(scratch)

    def rows(self, sql: str, bound: Mapping[str, Any], seconds: float) -> list[Row]:
        """Unavailable."""
        with self._root.cursor() as cursor, limited(cursor, seconds):
            return cursor.execute(sql, dict(bound)).fetchall()

    def stream(
        self, sql: str, bound: Mapping[str, Any], seconds: float, size: int
    ) -> Iterator[Sequence[Row]]:
        """So many rows at a time; each takes at most so many seconds."""
        with self._root.cursor() as cursor:
            with limited(cursor, seconds):
                cursor.execute(sql, dict(bound))
            while True:
                with limited(cursor, seconds):
                    rows = cursor.fetchmany(size)
                if not rows:
                    return
                yield rows
