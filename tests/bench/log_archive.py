"""`make bench-log`: an archive of a year, of 100,000,000 records, and one recipient's history out of it.

BENCH_LOG_RECORDS    how many
BENCH_LOG_DIR        where (about 4 GB), build/bench-log else; it is deleted afterwards
BENCH_LOG_DAYS_MADE  of the year's days only so many are made, and the others are copies of them: quicker, and the same
                     to whoever asks, but that recipients of the days made have all the records
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path

from gateway.archive.manifest import State
from tests.bench import log_records
from tests.bench.result import Result, table, write

RECORDS = 100_000_000
ASKED = 7  # recipients of each sort, each by a process of its own
MOST = 500  # records


def main() -> None:
    records = int(os.environ.get("BENCH_LOG_RECORDS", str(RECORDS)))
    made = min(int(os.environ.get("BENCH_LOG_DAYS_MADE", str(log_records.DAYS))), log_records.DAYS)
    folder = Path(os.environ.get("BENCH_LOG_DIR", "build/bench-log")).absolute()
    folder.mkdir(parents=True)
    try:
        found = [*_made(folder, records, made), *_asked(folder)]
    finally:
        shutil.rmtree(folder)
    write(found, Path("build/bench-log.json"))
    print(table(found))
    if made < log_records.DAYS:
        print(f"{log_records.DAYS - made} of the {log_records.DAYS} days are copies of the other {made}.")


def _made(folder: Path, records: int, days: int) -> Iterator[Result]:
    from tests.bench.log_files import make

    before = time.monotonic()
    state = make(folder, records, days)
    has = sum(file.records for file in state.files.values())
    if days < log_records.DAYS:
        yield Result("days that are copies of others", log_records.DAYS - days, "days")
    yield Result("archive made: records", has, "records")
    yield Result("archive made", has / (time.monotonic() - before), "records/s")
    yield from _filtered(folder, state, has)


def _filtered(folder: Path, state: State, records: int) -> Iterator[Result]:
    from gateway.archive.filter_keeping import FilterKeeper
    from gateway.archive.folder import Folder

    place, filters = Folder(folder / "archive"), folder / "archive" / "filters"
    before = time.process_time()
    made = FilterKeeper(place, filters, folder / "scratch", seconds=3600).keep(datetime.now(UTC))
    if made != len(state.files):
        raise AssertionError("not all files have a filter")
    yield Result("a file's filter made, processor", (time.process_time() - before) / made, "s")
    size = sum(file.bytes for file in state.files.values())
    beside = sum(path.stat().st_size for path in filters.iterdir())
    yield Result("a record in the archive", (size + beside) / records, "bytes", goal="<= 40")
    yield Result("of which filters", beside / records, "bytes")


def _asked(folder: Path) -> Iterator[Result]:
    sorts = {
        "one recipient": _some(folder),
        "the one who is in all files": [_key("0")] * ASKED,
        "one who is in none": [_key(f"nobody {number}") for number in range(ASKED)],
    }
    for sort, keys in sorts.items():
        yield from _told(folder, keys, sort, filtered=True)
        yield from _told(folder, keys, f"{sort}, without filters", filtered=False)


def _told(folder: Path, keys: Sequence[str], name: str, *, filtered: bool) -> Iterator[Result]:
    runs = []
    for key in keys:
        before = time.monotonic()
        command = [sys.executable, "-m", "tests.bench.log_archive", "ask", str(folder), key]
        said = subprocess.run([*command, *(["filtered"] * filtered)], check=True, capture_output=True).stdout
        runs.append({"whole": time.monotonic() - before, **json.loads(said)})
    told = {what: statistics.median(run[what] for run in runs) for what in runs[0]}
    goal = "<= 1" if filtered else ""
    yield Result(f"history of {name}: records", told["records"], "records")
    yield Result(f"history of {name}: files that may have some", told["files"], "files")
    yield Result(f"history of {name}, asked", told["seconds"], "s", goal=goal)
    yield Result(f"history of {name}, processor", told["processor"], "s")
    yield Result(f"history of {name}, with the process's start", told["whole"], "s")


def _key(person: str) -> str:
    """As log_records has it."""
    return md5(person.encode(), usedforsecurity=False).hexdigest()


def _some(folder: Path) -> list[str]:
    """Recipients of one day."""
    import duckdb

    from gateway.archive.columns import quoted

    path = max((folder / "archive").glob("records/class=marketing/day=*/*.parquet"))
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT DISTINCT recipient FROM {quoted(str(path))} ORDER BY 1"
        ).fetchall()
    return [row[0].hex() for row in found[:: len(found) // ASKED][:ASKED]]


def ask(folder: Path, key: str, *, filtered: bool) -> None:
    """One question, of a process that knows nothing yet."""
    from gateway.archive.archive import Archive
    from gateway.archive.folder import Folder
    from gateway.archive.questions import Question
    from suppression.store.newest import EVER

    before, worked = time.monotonic(), time.process_time()
    filters = folder / "archive" / "filters" if filtered else None
    scratch = folder / f"scratch-{os.getpid()}"
    archive = Archive(Folder(folder / "archive"), scratch, seconds=60, filters=filters)
    found = archive.newest(None, Question(recipient=key), "", MOST)
    seconds, processor = time.monotonic() - before, time.process_time() - worked
    if any(record.recipient != key for record in found):
        raise AssertionError("somebody else's records")
    files = len(archive.files(None, 0, EVER, Question(recipient=key)))
    print(json.dumps({"seconds": seconds, "processor": processor, "records": len(found), "files": files}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["ask"]:
        ask(Path(sys.argv[2]), sys.argv[3], filtered=sys.argv[4:] == ["filtered"])
    else:
        main()
