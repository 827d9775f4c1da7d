"""SQL over the whole log, hot and archived, for people: one SELECT, which reads and can do nothing else.

What is asked may come from anybody who persuaded an operator to try it. Three things stand against it: the statement's
tree has nothing but parts that are known to read, DuckDB may open no file but those of the archive, and it has so much
memory and time. The first is needed: DuckDB runs a COPY in a WITH, and would write over a file that it may open.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from gateway.archive import columns
from gateway.archive.archive import Archive, Remembered
from gateway.archive.columns import quoted
from gateway.archive.database import MEMORY, Row, connect, relation, timed
from gateway.archive.writing import Batch, drop_known, load
from suppression.errors import InvalidInput
from suppression.store.hot import HotLog, Line
from suppression.store.newest import EVER

SECONDS = 60.0
_PAGE = 1000
_FETCHED = 1000
_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest", "repeat", "json_each", "json_tree"})


class Refused(InvalidInput):
    """`str` of it is for who asked: it quotes what they wrote."""

    peer_text = "not a question that is answered here"


@dataclass(frozen=True, slots=True)
class Answer:
    """`rows` are read while they are asked for."""

    names: tuple[str, ...]
    rows: Iterator[Sequence[Row]]


async def gather(hot: HotLog, folder: Path, since: int = 0) -> Batch:
    """What the streams have, in a file of the folder. The archive is to be looked at afterwards."""
    batch = Batch(folder)
    for shard in hot.shards:
        last: Line | None = None
        while lines := await hot.read(shard, _PAGE, last):
            last = lines[-1]
            batch.add(shard.number, [line for line in lines if line.ms >= since])
    return batch


@contextmanager
def answered(
    question: str,
    batch: Batch,
    archive: Archive | None,
    remembered: Remembered,
    *,
    since: int = 0,
    until: int = EVER,
    seconds: float = SECONDS,
) -> Iterator[Answer]:
    """Over records logged from `since` on and before `until` (ms). Refused, Unavailable. Blocking."""
    deadline = time.monotonic() + seconds
    with connect(batch.folder / "spilled") as connection:
        _prepare(connection, batch, archive, remembered, since, until)
        _check(connection, question)
        with _told(), timed(connection, deadline - time.monotonic()):
            connection.execute(question)
        names = tuple(str(column[0]) for column in connection.description or ())
        yield Answer(names, _rows(connection, deadline))


def _rows(connection: duckdb.DuckDBPyConnection, deadline: float) -> Iterator[Sequence[Row]]:
    while True:
        with _told(), timed(connection, deadline - time.monotonic()):
            rows = connection.fetchmany(_FETCHED)
        if not rows:
            return
        yield rows


def _prepare(
    connection: duckdb.DuckDBPyConnection,
    batch: Batch,
    archive: Archive | None,
    remembered: Remembered,
    since: int,
    until: int,
) -> None:
    """The view `log`, and the end of all that could be set, or opened beside the archive's files."""
    files = archive.files(remembered, since, until - 1) if archive is not None else []
    paths = {file.name: archive.place.local(file) for file in files} if archive is not None else {}
    both = [paths[file.name] for file in files if file.first <= batch.last and batch.first <= file.last]
    if batch.count:
        load(connection, batch)
        drop_known(connection, batch, both)
    names = ", ".join(f'"{name}"' for name in columns.NAMES)
    hot = f"(SELECT {names} FROM lines)" if batch.count else relation([])
    all_of_it = f"(SELECT * FROM {hot} UNION ALL SELECT * FROM {relation(paths.values())})"
    connection.execute(
        f"CREATE TEMP VIEW records AS SELECT * FROM {all_of_it} WHERE ms >= {since:d} AND ms < {until:d}"
    )
    connection.execute(f"CREATE TEMP VIEW log AS {columns.shown('records')}")
    allowed = ", ".join(quoted(str(path)) for path in paths.values())
    connection.execute(f"SET allowed_paths = [{allowed}]")
    connection.execute("SET python_enable_replacements = false")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _check(connection: duckdb.DuckDBPyConnection, question: str) -> None:
    """Refused, unless it is one SELECT of parts that only read."""
    with _told():
        statements = connection.extract_statements(question)
    if len(statements) != 1:
        raise Refused("ask with one statement" if statements else "there is no statement")
    kind = statements[0].type
    if kind != duckdb.StatementType.SELECT:
        raise Refused(f"only SELECT is answered, not {kind.name}")
    told = connection.execute("SELECT json_serialize_sql($question)", {"question": question}).fetchone()
    try:
        tree = json.loads(told[0]) if told else {"error": True}
    except RecursionError:
        raise Refused("it is nested too deep") from None
    if tree["error"]:
        raise Refused("only a plain SELECT is answered")
    for part in _parts(tree):
        _check_part(part)


def _parts(tree: Any) -> Iterator[dict[str, Any]]:
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


def _check_part(part: dict[str, Any]) -> None:
    kind = part.get("type")
    if isinstance(kind, str) and kind.endswith("_NODE") and kind not in _NODES:
        raise Refused(f"only SELECT is answered, also in a WITH: not {kind.partition('_')[0]}")
    if kind == "TABLE_FUNCTION" and part["function"]["function_name"] not in _TABLE_FUNCTIONS:
        raise Refused(f"nothing is read here but the log: not by {part['function']['function_name']}")


@contextmanager
def _told() -> Iterator[None]:
    """What DuckDB says of a question is for who asked."""
    try:
        yield
    except duckdb.InterruptException:
        raise Refused(f"it took longer than {SECONDS:.0f} s: ask for less") from None
    except duckdb.OutOfMemoryException:
        raise Refused(f"it needs more than {MEMORY} of memory: ask for less") from None
    except duckdb.Error as error:
        raise Refused(str(error)) from error
