"""SQL over the whole log: it reads hot and archived records as one, and can do nothing else."""

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from gateway.archive import columns, sql
from gateway.archive.archive import Archive
from gateway.archive.history import History
from gateway.archive.sql import Refused
from suppression.errors import InvalidInput
from suppression.store.hot import HotLog
from suppression.store.store import Store
from tests.gateway.archive.house import archiver, raw, strange

Rows = list[tuple[Any, ...]]


async def ask(
    store: Store, archive: Archive | None, folder: Path, question: str, **more: Any
) -> tuple[tuple[str, ...], Rows]:
    with Scratch(folder) as scratch:
        batch = await sql.gather(HotLog(store), scratch)
        remembered = await store.log.archived()
        with sql.answered(question, batch, archive, remembered, **more) as answer:
            return answer.names, [tuple(row) for rows in answer.rows for row in rows]


class Scratch:
    """A folder for one question."""

    def __init__(self, parent: Path) -> None:
        parent.mkdir(exist_ok=True)
        self.folder = tempfile.TemporaryDirectory(dir=parent)

    def __enter__(self) -> Path:
        return Path(self.folder.name)

    def __exit__(self, *_: object) -> None:
        self.folder.cleanup()


@pytest.mark.usefixtures("full_log")
async def test_hot_and_archived_records_are_one_log(
    small_store: Store, root: Path, archive: Archive, history: History, tmp_path: Path
) -> None:
    expected = [(record.id, record.kind.value) async for record in history.all()]
    question = "SELECT id, kind FROM log ORDER BY id"

    async def told() -> Rows:
        return (await ask(small_store, archive, tmp_path / "asked", question))[1]

    assert await told() == expected
    assert await archiver(small_store, root, most=120, page=30).cycle()
    assert await told() == expected
    assert await archiver(small_store, root).cycle() is None  # the first one holds the lease
    names, rows = await ask(small_store, archive, tmp_path / "asked", "SELECT count(*) AS many FROM log")
    assert (names, rows) == (("many",), [(len(expected),)])


@pytest.mark.usefixtures("full_log")
async def test_what_is_both_hot_and_archived_is_told_once(
    small_store: Store, root: Path, archive: Archive, tmp_path: Path
) -> None:
    """Between the manifest and the removal from the streams."""
    cycle = await archiver(small_store, root).begin()
    assert cycle
    for step in cycle.steps[:-1]:
        await step()
    _, rows = await ask(
        small_store, archive, tmp_path / "asked", "SELECT count(*), count(DISTINCT id) FROM log"
    )
    assert rows[0][0] == rows[0][1] > 300


@pytest.mark.usefixtures("full_log")
async def test_what_no_version_can_read_is_seen_here(
    small_store: Store, root: Path, archive: Archive, tmp_path: Path
) -> None:
    await strange(small_store)
    question = "SELECT kind, count(*) FROM log WHERE newer IS NOT NULL GROUP BY kind ORDER BY kind"
    before = (await ask(small_store, archive, tmp_path / "asked", question))[1]
    assert ("beamed", 1) in before
    assert columns.UNREADABLE in {row[0] for row in before}
    assert await archiver(small_store, root).cycle()
    assert (await ask(small_store, archive, tmp_path / "asked", question))[1] == before


@pytest.mark.parametrize(
    "question",
    [
        "COPY log TO 'TARGET'",
        "COPY (SELECT 1) TO 'FILE'",
        "WITH x AS (COPY (SELECT 7 b) TO 'FILE' (USE_TMP_FILE false)) SELECT * FROM x",
        "WITH x AS (INSERT INTO lines VALUES (1) RETURNING *) SELECT * FROM x",
        "WITH x AS (DELETE FROM lines RETURNING *) SELECT * FROM x",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM json_execute_serialized_sql('{}')",
        "ATTACH 'TARGET'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET memory_limit = '10GB'",
        "PRAGMA enable_profiling",
        "CALL pragma_version()",
        "CREATE TABLE mine AS SELECT 1",
        "CREATE MACRO mine() AS 1",
        "DROP VIEW log",
        "DELETE FROM lines",
        "EXPORT DATABASE 'TARGET'",
        "EXPLAIN ANALYZE SELECT 1",
        "PREPARE p AS SELECT 1",
        "SELECT 1; SELECT 2",
        "SELECT 1; COPY log TO 'TARGET'",
        "",
        "   ;",
        "-- nothing",
        "SELEC 1",
        "SELECT * FROM nowhere",
        "SELECT nothing FROM log",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_text('MANIFEST')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM 'OTHER'",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM read_parquet('FILE')",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM python_map_function()",
        "SELECT (SELECT content FROM read_text('/etc/passwd'))",
        "SELECT * FROM log WHERE id IN (SELECT filename FROM read_blob('/etc/passwd'))",
        "WITH RECURSIVE x AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM x",
        "FROM read_json('/etc/passwd') SELECT 1",
        "SELECT 1 UNION SELECT content FROM read_text('/etc/passwd')",
        "PIVOT log ON kind",
        "SELECT " + "(" * 3000 + "1" + ")" * 3000,
    ],
)
@pytest.mark.usefixtures("full_log")
async def test_whatever_does_not_only_read_the_log_is_refused(
    question: str, small_store: Store, root: Path, archive: Archive, tmp_path: Path
) -> None:
    assert await archiver(small_store, root).cycle()
    other = parquet_of_others(tmp_path)
    before = contents(root)
    names = {
        "TARGET": tmp_path / "target",
        "FILE": one_of(root),
        "OTHER": other,
        "MANIFEST": manifest_of(root),
    }
    for name, path in names.items():
        question = question.replace(name, str(path))
    with pytest.raises(Refused) as refused:
        await ask(small_store, archive, tmp_path / "asked", question)
    assert str(refused.value)
    assert isinstance(refused.value, InvalidInput)
    assert contents(root) == before
    assert not (tmp_path / "target").exists()


def parquet_of_others(folder: Path) -> Path:
    path = folder / "other.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 'secret' AS a) TO {columns.quoted(str(path))}")
    return path


def one_of(root: Path) -> Path:
    return next(root.glob("records/**/*.parquet"))


def manifest_of(root: Path) -> Path:
    return next(root.glob("manifests/**/*.json"))


def contents(root: Path) -> dict[str, str]:
    found: Iterator[Path] = (path for path in root.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


@pytest.mark.parametrize(
    "question",
    [
        "SELECT 1",
        "FROM log LIMIT 3",
        "DESCRIBE log",
        "SUMMARIZE log",
        "WITH x AS (SELECT * FROM log) SELECT count(*) FROM x",
        "SELECT kind, count(*) FROM log GROUP BY ALL ORDER BY ALL",
        "SELECT * FROM range(3) UNION SELECT 5",
        "SELECT details->>'hop' FROM log WHERE details IS NOT NULL",
        "SELECT l.id FROM log l JOIN log d ON l.decision = d.id",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT * FROM t",
        "SELECT row_number() OVER (PARTITION BY kind ORDER BY ms) FROM log;",
    ],
)
@pytest.mark.usefixtures("full_log")
async def test_what_people_ask_is_answered(
    question: str, small_store: Store, root: Path, archive: Archive, tmp_path: Path
) -> None:
    assert await archiver(small_store, root).cycle()
    await raw(small_store, 5)
    names, _ = await ask(small_store, archive, tmp_path / "asked", question)
    assert names


async def test_without_archive_and_records_there_is_a_log_all_the_same(
    small_store: Store, tmp_path: Path
) -> None:
    names, rows = await ask(small_store, None, tmp_path / "asked", "SELECT * FROM log")
    assert rows == []
    assert {"id", "recipient", "kind", "time", "scope", "details"} <= {*names}


async def test_a_question_that_takes_too_long_is_ended(small_store: Store, tmp_path: Path) -> None:
    question = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range % 7 = b.range % 5"
    with pytest.raises(Refused, match="took longer"):
        await ask(small_store, None, tmp_path / "asked", question, seconds=0.5)


async def test_a_question_that_takes_too_much_memory_is_ended(small_store: Store, tmp_path: Path) -> None:
    question = "SELECT list(range) FROM range(200000000)"
    with pytest.raises(Refused, match=r"memory|longer"):
        await ask(small_store, None, tmp_path / "asked", question, seconds=20)


@pytest.mark.usefixtures("full_log")
async def test_only_records_of_the_time_that_is_asked_for(
    small_store: Store, root: Path, archive: Archive, history: History, tmp_path: Path
) -> None:
    assert await archiver(small_store, root, most=120, page=30).cycle()
    times = [sql_ms async for sql_ms in _times(history)]
    middle = times[len(times) // 2]
    question = "SELECT count(*) FROM log"
    _, ((first,),) = await ask(small_store, archive, tmp_path / "asked", question, until=middle)
    _, ((second,),) = await ask(small_store, archive, tmp_path / "asked", question, since=middle)
    assert (first, second) == (
        sum(ms < middle for ms in times), sum(ms >= middle for ms in times)
    )  # fmt: skip


async def _times(history: History) -> Any:
    from gateway.archive.questions import place_of

    async for record in history.all():
        yield place_of(record.id).ms
