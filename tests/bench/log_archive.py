"""`make bench-log`: an archive of a year, of 100,000,000 records, and one recipient's history out of it.

BENCH_LOG_RECORDS  how many; BENCH_LOG_DIR  where (about 4 GB), build/bench-log else; it is deleted afterwards.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from gateway.archive.manifest import Chain, File
from gateway.archive.places import digest_of
from tests.bench import log_records
from tests.bench.result import Result, table, write

RECORDS = 100_000_000
ASKED = 7  # recipients, each by a process of its own
_FOUND = "histories"


def main() -> None:
    records = int(os.environ.get("BENCH_LOG_RECORDS", str(RECORDS)))
    folder = Path(os.environ.get("BENCH_LOG_DIR", "build/bench-log")).absolute()
    folder.mkdir(parents=True)
    try:
        found = [*_made(folder, records), *_asked(folder, records)]
    finally:
        shutil.rmtree(folder)
    write(found, Path("build/bench-log.json"))
    print(table(found))


def _made(folder: Path, records: int) -> Iterator[Result]:
    from gateway.archive.folder import Folder

    (folder / "archive").mkdir()
    place = Folder(folder / "archive")
    chain, state = Chain(place), Chain(place).state()
    before = time.monotonic()
    for number, (first, sql) in enumerate(log_records.days(records), 1):
        files = []
        for file, path in _files(folder, sql, number):
            place.put(file.name, path)
            path.unlink()
            files.append(file)
        at = datetime.fromtimestamp(first / 1000, UTC)
        published = chain.publish(state, files, at=at, by="bench:1", epoch="bench")
        if published is None:
            raise AssertionError("somebody else writes here")
        state = published
        if sys.stderr.isatty():
            print(f"\r{number} of {log_records.DAYS} days", end="", file=sys.stderr)
    has = sum(file.records for file in state.files.values())
    yield Result("archive made: records", has, "records")
    yield Result("archive made", has / (time.monotonic() - before), "records/s")
    size = sum(file.bytes for file in state.files.values())
    yield Result("a record in the archive", size / has, "bytes", goal="<= 40")


def _files(folder: Path, sql: str, number: int) -> Iterator[tuple[File, Path]]:
    """A day's, one of each class."""
    import duckdb

    from gateway.archive import columns
    from gateway.archive.writing import ROW_GROUP

    with duckdb.connect() as connection:
        for macro in columns.MACROS:
            connection.execute(macro)
        connection.execute(f'CREATE TEMP TABLE made AS SELECT *, {columns.CLASS_OF} AS "class" FROM ({sql})')
        told = connection.execute(
            'SELECT "class", count(*), min(ms), max(ms) FROM made GROUP BY 1 ORDER BY 1'
        )
        for class_, count, first, last in told.fetchall():
            path = folder / f"{class_}.parquet"
            connection.execute(
                f"""COPY (SELECT * EXCLUDE "class" FROM made WHERE "class" = '{class_}' ORDER BY {columns.ORDER})
                TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"""
            )
            day = datetime.fromtimestamp(first / 1000, UTC).date().isoformat()
            name = f"records/class={class_}/day={day}/{number:010d}-00.parquet"
            size = path.stat().st_size
            yield File(name, digest_of(path), size, count, class_, day, first, last, 2), path


def _asked(folder: Path, records: int) -> Iterator[Result]:
    people = log_records.people(records)
    runs = []
    for number in range(ASKED):
        person = people * number // ASKED
        before = time.monotonic()
        command = [sys.executable, "-m", "tests.bench.log_archive", "ask", str(folder), str(person)]
        said = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        runs.append((time.monotonic() - before, said["seconds"], said[_FOUND]))
    yield Result("one recipient's history: records", statistics.mean(run[2] for run in runs), "records")
    yield Result(
        "one recipient's history, asked", statistics.median(run[1] for run in runs), "s", goal="<= 1"
    )
    whole = statistics.median(run[0] for run in runs)
    yield Result("one recipient's history, with the process's start", whole, "s")


def ask(folder: Path, person: int) -> None:
    """One question, of a process that knows nothing yet."""
    import hashlib

    from gateway.archive.archive import Archive
    from gateway.archive.folder import Folder
    from gateway.archive.questions import Question

    key = hashlib.md5(str(person).encode(), usedforsecurity=False).hexdigest()
    before = time.monotonic()
    archive = Archive(Folder(folder / "archive"), folder / f"scratch-{os.getpid()}", seconds=60)
    found = archive.newest(None, Question(recipient=key), "", 500)
    seconds = time.monotonic() - before
    if any(record.recipient != key for record in found):
        raise AssertionError("somebody else's records")
    print(json.dumps({"seconds": seconds, _FOUND: len(found)}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["ask"]:
        ask(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
