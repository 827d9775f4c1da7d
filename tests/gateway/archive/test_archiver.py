"""The log comes into the files: each record once, as it was logged."""

import json
from pathlib import Path

import pytest

from gateway.archive.archiver import Cycle, Moved
from gateway.archive.folder import Folder
from gateway.archive.manifest import Chain
from suppression.errors import StoreUnavailable
from suppression.store.hot import Head
from suppression.store.store import Store
from tests.gateway.archive.house import (
    STEPS,
    UNREADABLE,
    UNUSABLE,
    Books,
    archived,
    archiver,
    begun,
    finish,
    hot_lines,
    raw,
    strange,
    take,
)

pytestmark = pytest.mark.usefixtures("full_log")


def test_the_steps_have_these_names(small_store: Store, root: Path) -> None:
    cycle = Cycle(archiver(small_store, root), 1)
    assert tuple(step.__name__ for step in cycle.steps) == STEPS


async def test_every_record_is_in_the_files_as_it_was_logged(
    small_store: Store, root: Path, books: Books
) -> None:
    moved = await archiver(small_store, root).cycle()
    assert moved == Moved(len(books.logged), len(books.logged), full=False)
    await books.check_all_archived()


async def test_files_are_of_one_class_and_day_and_sorted(small_store: Store, root: Path) -> None:
    await archiver(small_store, root).cycle()
    files = Chain(Folder(root)).state().files.values()
    assert {file.class_ for file in files} == {"changes", "marketing", "transactional", "service", "other"}
    for file in files:
        assert file.name.startswith(f"records/class={file.class_}/day={file.day}/{1:010d}-")
    rows = archived(Folder(root))
    assert [row[1] for row in rows] != sorted(row[1] for row in rows)


async def test_a_record_and_the_archive_of_the_store_are_one(small_store: Store, root: Path) -> None:
    """The store remembers the manifest that was made last."""
    first = archiver(small_store, root)
    await first.cycle()
    state = Chain(Folder(root)).state()
    assert await first.hot.head() == Head(state.number, state.digest)
    assert state.epoch == first.hot.epoch


async def test_an_empty_cycle_writes_nothing(small_store: Store, root: Path, books: Books) -> None:
    first = archiver(small_store, root)
    await first.cycle()
    names = Folder(root).names("")
    assert await first.cycle() == Moved(0, 0, full=False)
    assert Folder(root).names("") == names
    await books.check_all_archived()


async def test_a_log_longer_than_a_cycle_takes_several(small_store: Store, root: Path, books: Books) -> None:
    first = archiver(small_store, root, most=120)
    moved = [await first.cycle() for _ in range(4)]
    assert [cycle.full for cycle in moved if cycle] == [True, True, False, False]
    assert sum(cycle.archived for cycle in moved if cycle) == len(books.logged)
    await books.check_all_archived()


async def test_a_long_shard_keeps_no_other_waiting(small_store: Store, root: Path) -> None:
    await raw(small_store, 2000, small_store.shards.all[:1])
    await archiver(small_store, root, most=600).cycle()
    assert {shard for shard, _, _ in await hot_lines(small_store)} == {0}


async def test_lines_that_cannot_be_read_are_kept(small_store: Store, root: Path, books: Books) -> None:
    await strange(small_store)
    await books.note()
    await archiver(small_store, root).cycle()
    await books.check_all_archived()
    rows = archived(Folder(root))
    kept = [row for row in rows if row[-1] is not None]
    assert len(kept) == len(UNREADABLE) + len(UNUSABLE) + 1


async def test_an_unreadable_line_is_known_again(small_store: Store, root: Path, books: Books) -> None:
    await strange(small_store)
    await books.note()
    cycle = await begun(small_store, root)
    await take(cycle, 0, STEPS.index("remove"))
    await finish(small_store, root)
    await books.check_all_archived()


async def test_a_class_is_a_plain_name(small_store: Store, root: Path, books: Books) -> None:
    for purpose in ("../../etc/x", "a b/c", "Ümlaut/x", "/x", "'; DROP TABLE lines"):
        line = json.dumps({"n": 1, "kind": "sent", "at": 5, "purpose": purpose})
        await small_store.client.bulk.execute("XADD", small_store.shards.all[0].log, "*", "r", line)
    await books.note()
    await archiver(small_store, root).cycle()
    await books.check_all_archived()
    assert {path.name for path in (root / "records").iterdir()} == {
        f"class={name}" for name in ("changes", "marketing", "transactional", "service", "other")
    }


async def test_another_store_is_not_archived(small_store: Store, root: Path) -> None:
    """One that was put in the place of ours."""
    for shard in small_store.shards.all:
        await small_store.client.bulk.execute("HSET", shard.meta, "epoch", "another")
    with pytest.raises(StoreUnavailable, match="not the one that was opened"):
        await archiver(small_store, root).cycle()


def drafts(root: Path) -> list[Path]:
    return [*root.glob(".incoming/*"), *root.parent.glob("scratch/*")]


async def test_nothing_is_left_behind(small_store: Store, root: Path) -> None:
    await archiver(small_store, root).cycle()
    assert drafts(root) == []
    assert {*Folder(root).names("records/")} == {*Chain(Folder(root)).state().files}
