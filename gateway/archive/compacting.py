"""Small files of a class and day become one: a question opens few files, and what is sorted together takes less room.

A file is only ever replaced by another that has the same records, in one manifest; until that is published nothing has
changed. What was replaced stays for those who read it; `keeping` removes it. To be called by who holds the archiver's
lease, after a cycle that went well.
"""

import contextlib
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb

from gateway.archive import columns
from gateway.archive.columns import quoted
from gateway.archive.manifest import Chain, File, Removed, State
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable, Place, check, digest_of
from gateway.archive.scratch import Scratch, on_disk
from gateway.archive.writing import MEMORY, ROW_GROUP

MANY = 20  # files of a day that is not over, before they become one
MOST = 5_000_000  # records of a file, about
SETTLED = timedelta(
    minutes=10
)  # newer records may be in a batch that is being archived: their file is looked into
OVER = timedelta(hours=1)  # after its end a day's files are made one

Told = tuple[int, int]  # how many records, and the sum of their hashes


class Merge(NamedTuple):
    """Files to become one, of this level. All are of one class and day."""

    files: tuple[File, ...]
    level: int


def plan(files: Iterable[File], now: datetime) -> Iterator[Merge]:
    """What there is to be done, days that are over first."""
    days: dict[tuple[str, str], list[File]] = defaultdict(list)
    for file in files:
        days[file.day, file.class_].append(file)
    for (day, _), found in sorted(days.items()):
        found.sort(key=lambda file: (file.first, file.name))
        if now > datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1) + OVER:
            yield from _of_past(found)
        else:
            yield from _of_today(found, now)


def _of_past(files: Sequence[File]) -> Iterator[Merge]:
    for group in _groups(files, len(files)):
        if len(group) > 1 and any(file.level < 2 for file in group):
            yield Merge(tuple(group), 2)


def _of_today(files: Sequence[File], now: datetime) -> Iterator[Merge]:
    settled = (now - SETTLED).timestamp() * 1000
    new = [file for file in files if file.level == 0 and file.last < settled]
    small = [file for file in files if file.level == 1 and file.records < MOST // MANY]
    for group in (*_groups(new, MANY), *_groups(small, MANY)):
        if len(group) == MANY:
            yield Merge(tuple(group), 1)


def _groups(files: Sequence[File], most: int) -> Iterator[list[File]]:
    """In their order; each of at most so many files, and about `MOST` records."""
    group: list[File] = []
    for file in files:
        if group and (len(group) == most or sum(one.records for one in group) + file.records > MOST):
            yield group
            group = []
        group.append(file)
    yield group


def compact(
    chain: Chain, place: Place, scratch: Path, *, now: datetime, by: str, epoch: str, memory: str = MEMORY
) -> State | None:
    """Do one thing that there is to be done, and tell the new state; None: there is none, or somebody else published.

    ArchiveUnavailable; ArchiveDamaged: a file is not what its manifest says, so nothing is made of it.
    """
    state = chain.state()
    merge = next(plan(state.files.values(), now), None)
    if merge is None:
        return None
    work = Scratch(scratch)
    try:
        file = _merged(merge, place, work.path, state.number + 1, memory)
        place.put(file.name, work.path / _OUT)
    finally:
        work.close()
    gone = [Removed(one.name, "compacted") for one in merge.files]
    published = chain.publish(state, [file], gone, at=now, by=by, epoch=epoch)
    if published is None:
        with contextlib.suppress(ArchiveUnavailable):
            place.delete(file.name)
    return published


_OUT = "merged.parquet"


def _merged(merge: Merge, place: Place, folder: Path, number: int, memory: str) -> File:
    """In the folder, as `_OUT`. Of altered files nothing is made: the new file's name would vouch for them."""
    paths = [place.local(file) for file in merge.files]
    for path, file in zip(paths, merge.files, strict=True):
        check(path, file)
    out = folder / _OUT
    with on_disk("the scratch folder"):
        _write(paths, out, folder, sum(file.records for file in merge.files), memory)
        size, sha256 = out.stat().st_size, digest_of(out)
    one = merge.files[0]
    name = f"records/class={one.class_}/day={one.day}/{number:010d}-{secrets.token_hex(8)}.parquet"
    return File(
        name,
        sha256,
        size,
        sum(file.records for file in merge.files),
        one.class_,
        one.day,
        min(file.first for file in merge.files),
        max(file.last for file in merge.files),
        merge.level,
    )


def _write(paths: Sequence[Path], out: Path, folder: Path, records: int, memory: str) -> None:
    """All columns that any of them has, also those of a newer version."""
    listed = ", ".join(quoted(str(path)) for path in paths)
    files = f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
    try:
        with duckdb.connect(config={"memory_limit": memory, "threads": 1}) as connection:
            connection.execute(f"SET temp_directory = {quoted(str(folder / 'spilled'))}")
            before = _told(connection, files)
            connection.execute(
                f"COPY (SELECT * FROM {files} ORDER BY {columns.ORDER}) TO {quoted(str(out))} "
                f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
            )
            after = _told(connection, f"read_parquet({quoted(str(out))}, hive_partitioning = false)")
    except (duckdb.InvalidInputException, duckdb.BinderException) as error:
        raise ArchiveDamaged(f"{paths[0].name} or its like cannot be read: {type(error).__name__}") from error
    except duckdb.Error as error:
        raise ArchiveUnavailable(f"files cannot be made one: {type(error).__name__}") from error
    if before != after or before[0] != records:
        raise ArchiveDamaged(
            f"{paths[0].name} and its like have {before[0]} records, one file of them {after[0]}"
        )


def _told(connection: duckdb.DuckDBPyConnection, relation: str) -> Told:
    """Alike for the same records in any order."""
    found = connection.execute(
        f"SELECT count(*), coalesce(sum(hash(*COLUMNS(*))::HUGEINT), 0)::HUGEINT FROM {relation}"
    ).fetchone()
    return (int(found[0]), int(found[1])) if found else (0, 0)
