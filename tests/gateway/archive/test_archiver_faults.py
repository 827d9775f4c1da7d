"""A place that is full, gone, altered or not ours: the store keeps what is not safely archived."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.archive.archiver import Archiver, Moved
from gateway.archive.folder import Folder
from gateway.archive.manifest import Chain, manifest_name
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable, Place
from suppression.store.hot import Head, HotLog
from suppression.store.store import Store
from tests.gateway.archive.house import (
    STEPS,
    Books,
    archived,
    archiver,
    begun,
    finish,
    hot_lines,
    lease_over,
    raw,
    take,
    with_history,
)

pytestmark = pytest.mark.usefixtures("full_log")


async def stays_as_it_is(
    store: Store, root: Path, error: type[Exception], told: str, place: Place | None = None
) -> None:
    """The archiver says why it does nothing, and the store keeps all."""
    before = await hot_lines(store)
    own = archiver(store, root, place)
    with pytest.raises(error, match=told):
        await own.cycle()
    await own.release()
    assert await hot_lines(store) == before


def fill(disk: Path) -> None:
    (disk / "ballast").write_bytes(bytes(40_000))


def emptied(root: Path) -> None:
    shutil.rmtree(root)
    root.mkdir()


def moved(path: Path, name: str) -> Path:
    return path.rename(path.with_name(name))


def enlarge(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=4m", disk], check=True)


async def test_a_full_disk_of_the_archive(small_store: Store, small_disk: Path) -> None:
    fill(small_disk)
    await stays_as_it_is(small_store, small_disk, ArchiveUnavailable, "No space left")
    assert Folder(small_disk).names("records/") == [], "nothing of it is left to fill the disk"
    enlarge(small_disk)
    assert await archiver(small_store, small_disk).cycle()
    assert await hot_lines(small_store) == {}


async def test_a_full_disk_of_the_scratch_folder(
    small_store: Store, root: Path, small_disk: Path, books: Books
) -> None:
    own = Archiver(HotLog(small_store), Folder(root), small_disk)
    with pytest.raises(ArchiveUnavailable):
        await own.cycle()
    assert Folder(small_disk).names("") == []
    assert Folder(root).names("") == []
    await own.release()
    await finish(small_store, root)
    await books.check_all_archived()


class Full(Folder):
    """Its disk is full for a while."""

    def __init__(self, root: Path, creates: int) -> None:
        super().__init__(root)
        self.creates = creates

    def create(self, name: str, content: bytes) -> bool:
        if self.creates:
            self.creates -= 1
            raise ArchiveUnavailable("No space left on device")
        return super().create(name, content)


async def test_no_room_for_the_manifest(small_store: Store, root: Path, books: Books) -> None:
    place = Full(root, creates=1)
    await stays_as_it_is(small_store, root, ArchiveUnavailable, "No space", place)
    await finish(small_store, root)
    await books.check_all_archived()


async def test_a_folder_that_is_gone(small_store: Store, root: Path, books: Books) -> None:
    await with_history(books)
    await books.note()
    away = moved(root, "away")
    await stays_as_it_is(small_store, root, ArchiveUnavailable, "not there")
    moved(away, root.name)
    await finish(small_store, root)
    await books.check_all_archived()


async def test_an_empty_folder_in_the_place_of_the_archive(
    small_store: Store, root: Path, books: Books
) -> None:
    await with_history(books)
    emptied(root)
    await stays_as_it_is(small_store, root, ArchiveDamaged, "ends at manifest 0, and 2 was written")
    assert Folder(root).names("") == []


async def test_an_older_archive_in_its_place(small_store: Store, root: Path, books: Books) -> None:
    await with_history(books)
    older = shutil.copytree(root, root.with_name("older"))
    await with_history(books, cycles=1)
    await books.note()
    newer = moved(root, "newer")
    moved(older, root.name)
    await stays_as_it_is(small_store, root, ArchiveDamaged, "ends at manifest 2, and 3 was written")
    moved(root, "older")
    moved(newer, root.name)
    await finish(small_store, root)
    await books.check_all_archived()


async def test_a_folder_that_is_emptied_while_the_archiver_goes_on(small_store: Store, root: Path) -> None:
    """Also by one that knows the chain already, and between its look and its manifest."""
    own = archiver(small_store, root)
    await own.cycle()
    await raw(small_store, 30)
    cycle = await own.begin()
    assert cycle
    await take(cycle, 0, STEPS.index("publish"))
    emptied(root)
    with pytest.raises(ArchiveDamaged, match="manifest 1 is no more"):
        await cycle.publish()
    with pytest.raises(ArchiveDamaged, match="ends at manifest 0"):
        await own.cycle()
    assert len(await hot_lines(small_store)) == 30


async def test_an_archive_that_went_on_without_this_store(
    small_store: Store, root: Path, books: Books
) -> None:
    await with_history(books)
    state = Chain(Folder(root)).state()
    other = Chain(Folder(root))
    assert other.publish(state, [], at=datetime.now(UTC), by="me", epoch="another")
    await stays_as_it_is(small_store, root, ArchiveDamaged, "another store archives here")


async def test_an_archive_with_another_history(small_store: Store, root: Path, books: Books) -> None:
    await with_history(books)
    hot = HotLog(small_store)
    fence = await hot.lease("me", 1)
    assert fence
    await hot.keep_head(fence, Head(2, "ab" * 32))
    await hot.lease("me", 0)
    await stays_as_it_is(small_store, root, ArchiveDamaged, "manifest 2 is not the one")


async def test_a_new_store_goes_on_with_an_archive_that_it_adopted(
    small_store: Store, root: Path, books: Books
) -> None:
    await with_history(books, cycles=1)
    before = len(archived(Folder(root)))
    lane = small_store.client.bulk
    for shard in small_store.shards.all:
        await lane.execute("DEL", shard.log, shard.archiver, shard.archived)
        await lane.execute("HSET", shard.meta, "epoch", "new")
    small_store.steps.epoch = "new"
    await raw(small_store, 25)
    await stays_as_it_is(small_store, root, ArchiveDamaged, "another store archives here")
    own = archiver(small_store, root)
    await own.adopt()
    assert await own.cycle() == Moved(25, 25, full=False)
    assert len(archived(Folder(root))) == before + 25


@pytest.mark.parametrize(
    "content", [b"", b"{", None, b'{"format":2}'], ids=["empty", "cut off", "edited", "newer"]
)
async def test_a_manifest_that_is_not_what_was_written(
    content: bytes | None, small_store: Store, root: Path, books: Books
) -> None:
    await with_history(books)
    for number in (1, 2):
        path = root / manifest_name(number)
        kept = path.read_bytes()
        path.write_bytes(kept.replace(b'"bytes":', b'"bytes": ') if content is None else content)
        await stays_as_it_is(small_store, root, ArchiveDamaged, "manifest")
        path.write_bytes(kept)
    await finish(small_store, root)
    assert await hot_lines(small_store) == {}


async def test_files_that_were_swapped_or_are_missing_are_not_gone_by(
    small_store: Store, root: Path, books: Books
) -> None:
    """What tells which records the archive has already must be what was written."""
    cycle = await begun(small_store, root)
    await take(cycle, 0, STEPS.index("remove"))
    await lease_over(small_store)
    file = next(iter(Chain(Folder(root)).state().files.values()))
    kept = (root / file.name).read_bytes()
    (root / file.name).write_bytes(kept[:-9] + b"x" + kept[-8:])
    await stays_as_it_is(small_store, root, ArchiveDamaged, "is not what its manifest says")
    (root / file.name).unlink()
    await stays_as_it_is(small_store, root, ArchiveDamaged, "is missing")
    (root / file.name).write_bytes(kept)
    await finish(small_store, root)
    await books.check_all_archived()


async def test_what_came_down_wrong_on_the_disk_is_not_removed_from_the_store(
    small_store: Store, root: Path
) -> None:
    class Lossy(Folder):
        def put(self, name: str, path: Path) -> None:
            path.write_bytes(path.read_bytes()[:-1] + b"x")
            super().put(name, path)

    await stays_as_it_is(small_store, root, ArchiveDamaged, "is not what its manifest says", Lossy(root))
