"""What is made one has the same records, whatever happens meanwhile."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.archive import keeping
from gateway.archive.compacting import MANY, MOST, Merge, compact, plan
from gateway.archive.folder import Folder
from gateway.archive.manifest import Chain, File, Removed, State
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable, digest_of
from gateway.archive.verifying import verify
from suppression.store.hot import Head
from tests.gateway.archive.made import DAY, MONDAY, NOON, WHO, Killed, Mortal, add, ids, line, rows

NEXT_DAY = NOON + timedelta(days=1)


@pytest.fixture
def place(tmp_path: Path) -> Folder:
    (tmp_path / "archive").mkdir()
    return Folder(tmp_path / "archive")


def filled(place: Folder, tmp_path: Path, batches: int = 3) -> State:
    """Two classes, `batches` files of each; of a third one file."""
    state = State()
    for batch in range(batches):
        start = MONDAY + batch * 1000
        lines = [line(start + n, n) for n in range(5)] + [line(start + n, 7, "care/tips") for n in range(4)]
        lines += [line(start, 9, "billing/due")] if not batch else []
        state = add(place, tmp_path / "work", lines)
    return state


def run(place: Folder | Mortal, tmp_path: Path) -> State | None:
    return compact(Chain(place), place, tmp_path / "scratch", now=NEXT_DAY, **WHO)


def run_all(place: Folder, tmp_path: Path) -> State:
    while run(place, tmp_path) is not None:
        pass
    return Chain(place).state()


def test_a_day_that_is_over_becomes_a_file_a_class(place: Folder, tmp_path: Path) -> None:
    before = filled(place, tmp_path)
    had = ids(place, list(before.files.values()))
    after = run_all(place, tmp_path)
    files = sorted(after.files.values(), key=lambda file: file.class_)
    assert [(file.class_, file.records, file.level) for file in files] == [
        ("billing", 1, 0),
        ("care", 12, 2),
        ("marketing", 15, 2),
    ]
    assert ids(place, files) == had
    assert (files[2].first, files[2].last) == (MONDAY, MONDAY + 2004)
    assert verify(place, Head(after.number, after.digest)) == []


def test_records_are_sorted_within_the_file(place: Folder, tmp_path: Path) -> None:
    filled(place, tmp_path)
    for file in run_all(place, tmp_path).files.values():
        found = rows(f"SELECT recipient, ms, seq FROM '{place.local(file)}'")
        assert found == sorted(found)
        assert rows(f"SELECT DISTINCT compression FROM parquet_metadata('{place.local(file)}')") == [
            ("ZSTD",)
        ]


def test_columns_of_a_newer_version_stay(place: Folder, tmp_path: Path) -> None:
    state = filled(place, tmp_path, 2)
    old = next(file for file in state.files.values() if file.class_ == "care")
    newer = tmp_path / "newer.parquet"
    rows(f"COPY (SELECT *, 'green' AS colour FROM '{place.local(old)}') TO '{newer}'")
    name = f"records/class=care/day={old.day}/0000000003-00.parquet"
    place.put(name, newer)
    file = File(
        name, digest_of(newer), newer.stat().st_size, old.records, "care", old.day, old.first, old.last
    )
    Chain(place).publish(state, [file], [Removed(old.name, "compacted")], at=NOON, **WHO)
    after = run_all(place, tmp_path)
    (made,) = (file for file in after.files.values() if file.class_ == "care")
    found = rows(f"SELECT colour, count(*) FROM '{place.local(made)}' GROUP BY 1 ORDER BY 1")
    assert found == [("green", 4), (None, 4)]


def test_an_altered_file_is_not_made_good(place: Folder, tmp_path: Path) -> None:
    """Its records would get a new name, which vouches for them."""
    state = filled(place, tmp_path)
    path = place.local(next(file for file in state.files.values() if file.class_ == "care"))
    content = bytearray(path.read_bytes())
    content[10] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(ArchiveDamaged, match="manifest says"):
        run_all(place, tmp_path)
    assert Chain(place).state() == state


def test_a_missing_file_stops_it(place: Folder, tmp_path: Path) -> None:
    state = filled(place, tmp_path)
    place.delete(next(file.name for file in state.files.values() if file.class_ == "care"))
    with pytest.raises(ArchiveDamaged, match="missing"):
        run_all(place, tmp_path)
    assert Chain(place).state() == state


def test_of_two_who_compact_at_once_one_does(place: Folder, tmp_path: Path) -> None:
    class Late(Folder):
        """Between its look at the chain and its manifest another's comes."""

        def put(self, name: str, path: Path) -> None:
            super().put(name, path)
            add(place, tmp_path / "work", [line(MONDAY + DAY)])

    state = filled(place, tmp_path)
    late = Late(tmp_path / "archive")
    assert compact(Chain(late), late, tmp_path / "scratch", now=NEXT_DAY, **WHO) is None
    assert place.names("records/") == sorted(Chain(place).state().files)
    assert Chain(place).state().number == state.number + 1


@pytest.mark.parametrize("dies", range(4))
def test_killed_at_any_step_nothing_is_lost_or_double_or_left(
    place: Folder, tmp_path: Path, dies: int
) -> None:
    before = filled(place, tmp_path)
    had = ids(place, list(before.files.values()))
    with pytest.raises(Killed):
        run(Mortal(place, dies), tmp_path)
    state = Chain(place).state()
    assert ids(place, list(state.files.values())) == had
    assert [finding for finding in verify(place, Head(state.number, state.digest)) if finding.damage] == []
    state = run_all(place, tmp_path)
    assert ids(place, list(state.files.values())) == had
    keeping.sweep(Chain(place), place, now=NEXT_DAY + timedelta(days=1))
    assert place.names("records/") == sorted(state.files)
    assert verify(place, Head(state.number, state.digest)) == []


def test_it_keeps_to_its_memory(place: Folder, tmp_path: Path) -> None:
    """What is more than it may have goes to the scratch folder."""
    for batch in range(2):
        start = MONDAY + batch * 100_000
        add(place, tmp_path / "work", [line(start + n, n % 7) for n in range(60_000)])
    compacted = compact(Chain(place), place, tmp_path / "scratch", now=NEXT_DAY, memory="48MB", **WHO)
    assert compacted is not None
    assert [file.records for file in compacted.files.values()] == [120_000]
    assert list((tmp_path / "scratch").iterdir()) == []


def test_too_little_memory_is_unavailable_and_changes_nothing(place: Folder, tmp_path: Path) -> None:
    state = filled(place, tmp_path)
    with pytest.raises(ArchiveUnavailable):
        compact(Chain(place), place, tmp_path / "scratch", now=NEXT_DAY, memory="1kB", **WHO)
    assert Chain(place).state() == state
    assert place.names("records/") == sorted(state.files)


# What is planned.


def file(
    number: int, *, records: int = 100, level: int = 0, day: str = "2026-11-02", first: int | None = None
) -> File:
    start = MONDAY + number * 1000 if first is None else first
    name = f"records/class=other/day={day}/{number:010d}-00.parquet"
    return File(name, "", 1, records, "other", day, start, start + 999, level)


def planned(*files: File, now: timedelta = timedelta()) -> list[tuple[int, int]]:
    return [(len(merge.files), merge.level) for merge in plan(files, NOON + now)]


def test_few_files_of_today_stay() -> None:
    assert planned(*map(file, range(MANY - 1))) == []


def test_many_files_of_today_become_one() -> None:
    assert planned(*map(file, range(MANY * 2 + 3))) == [(MANY, 1), (MANY, 1)]


def test_many_small_made_ones_become_one() -> None:
    assert planned(*(file(number, level=1) for number in range(MANY))) == [(MANY, 1)]


def test_large_made_ones_stay() -> None:
    assert planned(*(file(number, level=1, records=MOST // MANY) for number in range(MANY))) == []


def test_the_latest_files_stay_for_batches_that_look_into_them() -> None:
    just_now = [file(n, first=MONDAY + 12 * 3_600_000 - 60_000 + n) for n in range(MANY)]
    assert planned(*just_now) == []


def test_a_day_is_made_one_some_time_after_its_end() -> None:
    files = [file(number) for number in range(2)]
    assert planned(*files, now=timedelta(hours=12, minutes=59)) == []
    assert planned(*files, now=timedelta(hours=13, minutes=1)) == [(2, 2)]


def test_a_day_of_one_file_stays_as_it_is() -> None:
    assert planned(file(1), now=timedelta(days=2)) == []
    assert planned(file(1, level=2), file(2, level=2), now=timedelta(days=2)) == []


def test_what_came_late_joins_its_day() -> None:
    assert planned(file(1, level=2), file(2), now=timedelta(days=2)) == [(2, 2)]


def test_a_large_day_becomes_several() -> None:
    files = [file(number, records=MOST // 4, level=1) for number in range(10)]
    assert planned(*files, now=timedelta(days=2)) == [(4, 2), (4, 2), (2, 2)]


def test_days_and_classes_are_not_mixed() -> None:
    files = [file(number, day=f"2026-10-{1 + number:02d}") for number in range(MANY)]
    assert planned(*files) == []


def test_what_is_planned_comes_to_an_end() -> None:
    """However files come: what was made is not made again and again."""
    files = {f.name: f for f in (file(n, records=n * 37_000 % MOST, level=n % 3) for n in range(60))}
    for round_ in range(100, 300):
        merge: Merge | None = next(plan(files.values(), NOON + timedelta(days=2)), None)
        if merge is None:
            break
        for one in merge.files:
            del files[one.name]
        made = file(
            round_,
            records=sum(one.records for one in merge.files),
            level=merge.level,
            first=merge.files[0].first,
        )
        files[made.name] = made
    else:
        raise AssertionError("it does not end")
