"""A folder keeps what is put there once, whole, and says what it cannot do."""

import os
import shutil
import threading
from pathlib import Path

import pytest

from gateway.archive.folder import Folder
from gateway.archive.manifest import File
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable, Place, check, digest
from suppression.errors import NotFound

CONTENT = b"some content"
FILE = File(
    "records/class=other/day=2026-11-18/0000000001-ab.parquet",
    digest(CONTENT),
    len(CONTENT),
    1,
    "other",
    "2026-11-18",
    5,
    9,
)


@pytest.fixture
def place(root: Path) -> Place:
    return Folder(root)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    return path


def test_what_was_created_is_read_and_never_written_over(place: Place) -> None:
    assert place.create("a/b/c.json", b"one")
    assert not place.create("a/b/c.json", b"two")
    assert place.read("a/b/c.json") == b"one"


def test_of_many_that_create_one_name_one_does(place: Place) -> None:
    made: list[int] = []

    def create(number: int) -> None:
        if place.create("name", str(number).encode()):
            made.append(number)

    threads = [threading.Thread(target=create, args=[number]) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [place.read("name")] == [str(number).encode() for number in made]


def test_a_file_is_put_under_a_new_name_only(place: Place, source: Path) -> None:
    place.put(FILE.name, source)
    check(place.local(FILE), FILE)
    with pytest.raises(ArchiveDamaged, match="taken"):
        place.put(FILE.name, source)


def test_what_is_not_there_is_not_found(place: Place) -> None:
    with pytest.raises(NotFound):
        place.read("manifests/no")
    with pytest.raises(ArchiveDamaged, match="missing"):
        place.local(FILE)
    place.delete("manifests/no")


def test_what_is_of_another_content_is_told(place: Place, source: Path, root: Path) -> None:
    place.put(FILE.name, source)
    (root / FILE.name).write_bytes(CONTENT[::-1])
    with pytest.raises(ArchiveDamaged, match="not what"):
        check(place.local(FILE), FILE)
    (root / FILE.name).write_bytes(b"shorter")
    with pytest.raises(ArchiveDamaged, match="not what"):
        place.local(FILE)
    (root / FILE.name).unlink()
    with pytest.raises(ArchiveDamaged, match="missing"):
        check(root / FILE.name, FILE)


def test_names_are_sorted_and_only_of_what_is_whole(place: Place, root: Path) -> None:
    for name in ("x/2", "x/1", "y/3"):
        place.create(name, b"")
    (root / ".incoming" / "half").write_bytes(b"")
    assert place.names("") == ["x/1", "x/2", "y/3"]
    assert place.names("x/") == ["x/1", "x/2"]
    assert place.names("z/") == []
    place.delete("x/1")
    assert place.names("x/") == ["x/2"]


def test_what_a_killed_process_left_half_written_goes_after_a_day(place: Place, root: Path) -> None:
    place.create("x", b"")
    for name, age in (("old", 90_000), ("new", 60)):
        path = root / ".incoming" / name
        path.write_bytes(b"")
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    place.create("y", b"")
    assert [path.name for path in (root / ".incoming").iterdir()] == ["new"]


def test_a_folder_that_is_gone_is_not_made_anew(place: Place, root: Path, source: Path) -> None:
    place.put(FILE.name, source)
    shutil.rmtree(root)
    for use in (
        lambda: place.create("x", b""),
        lambda: place.put("y", source),
        lambda: place.read("x"),
        lambda: place.local(FILE),
        lambda: place.names(""),
        lambda: place.delete("x"),
    ):
        with pytest.raises(ArchiveUnavailable, match="not there"):
            use()
    assert not root.exists()


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", ".incoming/x", "a/.hidden"])
def test_no_name_leads_out_of_the_folder(name: str, place: Place) -> None:
    with pytest.raises(ArchiveDamaged, match="leads out"):
        place.create(name, b"")


def test_a_full_disk_is_unavailable_and_leaves_nothing(small_disk: Path, source: Path) -> None:
    place = Folder(small_disk)
    source.write_bytes(bytes(200_000))
    with pytest.raises(ArchiveUnavailable, match="No space left"):
        place.put(FILE.name, source)
    assert place.names("") == []
    assert place.create("x", b"small enough")
