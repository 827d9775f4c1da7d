"""Filters are made where they are missing, and change no answer, whatever becomes of them."""

import hashlib
import os
import random
import time
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.archive.archive import Archive
from gateway.archive.compacting import compact
from gateway.archive.filter_keeping import FilterKeeper
from gateway.archive.filters import file_name
from gateway.archive.folder import Folder
from gateway.archive.manifest import Chain, File
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable
from gateway.archive.questions import Question
from suppression.records import Record
from suppression.store.hot import Line
from tests.gateway.archive.made import DAY, MONDAY, NOON, WHO, add

DAYS, PEOPLE = 8, 12
LATER = NOON + timedelta(days=DAYS + 2)


def key(person: int) -> str:
    return hashlib.md5(str(person).encode(), usedforsecurity=False).hexdigest()


def sent(person: int, ms: int, seq: int) -> Line:
    purpose = "care/tips" if seq % 3 else "marketing/offers"
    said = (
        f'{{"n":1,"kind":"sent","at":{ms},"recipient":"{key(person)}","purpose":"{purpose}","sender":"shop"}}'
    )
    return Line(ms, seq, (b"r", said.encode()))


class CountingFolder(Folder):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.opened: list[str] = []

    def local(self, file: File) -> Path:
        self.opened.append(file.name)
        return super().local(file)


@pytest.fixture
def place(root: Path, tmp_path: Path) -> CountingFolder:
    """Of each day, in each of two classes, a file of three people or fewer."""
    told, place = random.Random(9), CountingFolder(root)
    for day in range(DAYS):
        lines = [sent(told.randrange(PEOPLE), MONDAY + day * DAY + n, n) for n in range(5)]
        add(place, tmp_path / "work", lines)
    return place


@pytest.fixture
def folder(root: Path) -> Path:
    return root / "filters"


@pytest.fixture
def keeper(place: Folder, folder: Path, tmp_path: Path) -> FilterKeeper:
    return FilterKeeper(place, folder, tmp_path / "scratch", seconds=600)


def histories(place: Folder, tmp_path: Path, filters: Path | None) -> list[list[Record]]:
    """Everybody's, those who are not there among them, asked in each way."""
    archive = Archive(place, tmp_path / "asked", filters=filters)
    found = []
    for person in range(PEOPLE):
        question = Question(recipient=key(person))
        newest = archive.newest(None, question, "", 100)
        ids = [record.id for record in newest]
        assert archive.every(None, question) == newest[::-1]
        assert archive.records(None, ids, key(person)) == newest
        own = Question(recipient=key(person), senders=frozenset({"shop"}), since=MONDAY + DAY)
        found += [newest, archive.newest(None, own, "", 100), archive.newest(None, question, "", 2)]
    return found


def names(place: Folder, folder: Path) -> tuple[set[str], set[str]]:
    """Of the filters that there should be, and of those that there are."""
    files = Chain(place).state().files.values()
    return {file_name(file) for file in files}, {path.name for path in folder.iterdir()}


def test_answers_are_the_same_and_fewer_files_are_opened(
    place: CountingFolder, keeper: FilterKeeper, folder: Path, tmp_path: Path
) -> None:
    without = histories(place, tmp_path, None)
    files = len(Chain(place).state().files)
    assert keeper.keep(LATER) == files
    opened = len(place.opened)
    place.opened.clear()
    assert histories(place, tmp_path, folder) == without
    assert any(without)
    assert len(place.opened) < opened / 2


def test_who_is_not_there_opens_nothing(
    place: CountingFolder, keeper: FilterKeeper, folder: Path, tmp_path: Path
) -> None:
    keeper.keep(LATER)
    place.opened.clear()
    archive = Archive(place, tmp_path / "asked", filters=folder)
    assert archive.newest(None, Question(recipient=key(PEOPLE)), "", 100) == []
    assert archive.every(None, Question(recipient=key(PEOPLE), senders=frozenset({"shop"}))) == []
    assert archive.records(None, ["0" * 16], key(PEOPLE)) == []
    assert place.opened == []


def test_filters_that_are_lost_or_changed_change_no_answer(
    place: Folder, keeper: FilterKeeper, folder: Path, tmp_path: Path
) -> None:
    without = histories(place, tmp_path, None)
    keeper.keep(LATER)
    first, second, third, fourth, *_ = sorted(folder.iterdir())
    first.unlink()
    second.write_bytes(third.read_bytes())
    third.write_bytes(b"")
    fourth.write_bytes(fourth.read_bytes()[:4000])
    assert histories(place, tmp_path, folder) == without
    assert keeper.keep(LATER) == 1
    assert FilterKeeper(place, folder, tmp_path / "scratch", seconds=600).keep(LATER) == 3
    assert histories(place, tmp_path, folder) == without


def test_what_is_there_is_not_made_again(
    place: Folder, keeper: FilterKeeper, folder: Path, tmp_path: Path
) -> None:
    assert keeper.keep(LATER) > 0
    assert keeper.keep(LATER) == 0
    assert FilterKeeper(place, folder, tmp_path / "scratch", seconds=600).keep(LATER) == 0
    next(folder.iterdir()).unlink()
    assert keeper.keep(LATER) == 1


def test_files_that_will_be_made_one_have_none_yet(place: Folder, keeper: FilterKeeper, folder: Path) -> None:
    files = Chain(place).state().files.values()
    assert keeper.keep(NOON + timedelta(days=1)) == len([file for file in files if file.day == "2026-11-02"])
    assert len(names(place, folder)[1]) < len(files)


def test_files_that_were_made_one_have_another(
    place: Folder, keeper: FilterKeeper, folder: Path, tmp_path: Path
) -> None:
    keeper.keep(LATER)
    without = histories(place, tmp_path, None)
    add(place, tmp_path / "work", [sent(person, MONDAY + 10, person) for person in range(PEOPLE)])
    while compact(Chain(place), place, tmp_path / "scratch", now=LATER, **WHO):
        pass
    assert keeper.keep(NOON) == 2  # whatever the time: it is not touched again
    assert names(place, folder)[0] == names(place, folder)[1]
    assert histories(place, tmp_path, folder) == histories(place, tmp_path, None) != without


def test_what_belongs_to_no_file_goes_and_what_is_being_written_stays(
    place: Folder, keeper: FilterKeeper, folder: Path
) -> None:
    folder.mkdir()
    for name in ("a.filter", "new.part", "old.part"):
        (folder / name).write_bytes(b"")
    long_ago = time.time() - 25 * 3600
    os.utime(folder / "old.part", (long_ago, long_ago))
    keeper.keep(LATER)
    wanted, there = names(place, folder)
    assert there == wanted | {"new.part"}


def test_a_call_does_not_work_for_long_and_the_next_goes_on(
    place: Folder, folder: Path, tmp_path: Path
) -> None:
    hurried = FilterKeeper(place, folder, tmp_path / "scratch", seconds=0)
    files = len(Chain(place).state().files)
    assert [hurried.keep(LATER) for _ in range(files + 1)] == [1] * files + [0]


def test_a_file_that_is_not_its_manifests_gets_none_and_is_told_of_once(
    place: Folder, root: Path, keeper: FilterKeeper, folder: Path
) -> None:
    altered, missing, *others = sorted(place.names("records/"))
    content = bytearray((root / altered).read_bytes())
    content[100] ^= 1
    (root / altered).write_bytes(content)
    (root / missing).unlink()
    for _ in range(2):
        with pytest.raises(ArchiveDamaged, match=r"not what its manifest says|is missing"):
            keeper.keep(LATER)
    keeper.keep(LATER)
    assert len(names(place, folder)[1]) == len(others)


def test_an_archive_whose_disk_is_away_is_not_made_anew(
    place: Folder, root: Path, keeper: FilterKeeper
) -> None:
    root.rename(root.with_name("away"))
    with pytest.raises(ArchiveUnavailable):
        keeper.keep(LATER)
    assert not root.exists()
    root.with_name("away").rename(root)
    assert keeper.keep(LATER) == len(place.names("records/"))


def test_a_disk_that_is_full_is_unavailable_and_leaves_nothing_half_done(
    place: Folder, small_disk: Path, tmp_path: Path
) -> None:
    folder = small_disk / "filters"
    (small_disk / "others").write_bytes(bytes(40_000))
    with pytest.raises(ArchiveUnavailable):
        FilterKeeper(place, folder, tmp_path / "scratch", seconds=600).keep(LATER)
    assert histories(place, tmp_path, folder) == histories(place, tmp_path, None)
    assert not list(folder.glob("*.part"))
