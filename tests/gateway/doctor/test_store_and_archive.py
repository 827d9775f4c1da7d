"""The store and the archive as doctor sees them."""

import time
from collections.abc import Callable
from pathlib import Path

from gateway.archive.folder import Folder
from gateway.doctor import archive
from gateway.doctor.findings import Level
from gateway.doctor.store import look, look_at_clock
from suppression.store.store import Store


async def test_a_good_store_is_told_so(store: Store) -> None:
    found = await look(store, None)
    assert {finding.level for finding in found} == {Level.OK}
    assert found[-1].said.endswith("of its memory is used.")


async def test_a_store_without_append_only_file_fails(store: Store) -> None:
    await store.client.sends.execute("CONFIG", "SET", "appendonly", "no")
    try:
        found = await look(store, None)
    finally:
        await store.client.sends.execute("CONFIG", "SET", "appendonly", "yes")
    assert [finding.level for finding in found if "append-only" in finding.said] == [Level.FAIL]


async def test_a_store_that_is_nearly_full_fails(store: Store) -> None:
    used = (await store.client.sends.execute("INFO", "memory")).decode().split("used_memory:")[1].split()[0]
    await store.client.sends.execute("CONFIG", "SET", "maxmemory", int(int(used) * 1.2))
    try:
        found = await look(store, None)
    finally:
        await store.client.sends.execute("CONFIG", "SET", "maxmemory", 0)
    assert "short of memory" in found[-1].said


async def test_clocks_that_differ_are_told(store: Store) -> None:
    def clock(off: float) -> Callable[[], float]:
        return lambda: time.time() + off

    levels = [(await look_at_clock(store, clock(off)))[0].level for off in (0.0, 5.0, -3600.0)]
    assert levels == [Level.OK, Level.WARN, Level.FAIL]


async def test_no_archive_is_warned_of_and_a_lost_one_fails(tmp_path: Path) -> None:
    (none,) = await archive.look(None, tmp_path, None)
    (lost,) = await archive.look(None, tmp_path, (3, "0" * 64))
    assert (none.level, lost.level) == (Level.WARN, Level.FAIL)


async def test_before_the_first_start_the_archives_own_folder_is_not_missed(tmp_path: Path) -> None:
    (found,) = await archive.look(Folder(tmp_path / "log"), tmp_path / "scratch", None, is_to_come=True)
    assert (found.level, "when the gateway first starts" in found.said) == (Level.OK, True)
    assert not (tmp_path / "log").exists()


async def test_an_archive_is_read_and_written_and_nothing_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    found = await archive.look(Folder(tmp_path / "log"), tmp_path / "scratch", None)
    assert [finding.level for finding in found] == [Level.OK, Level.OK]
    assert list((tmp_path / "log").rglob("doctor*")) == []


async def test_a_folder_that_is_away_or_behind_the_store_fails(tmp_path: Path) -> None:
    (gone,) = await archive.look(Folder(tmp_path / "gone"), tmp_path / "scratch", (1, "0" * 64))
    (tmp_path / "log").mkdir()
    (behind,) = await archive.look(Folder(tmp_path / "log"), tmp_path / "scratch", (7, "0" * 64))
    (lost,) = await archive.look(
        Folder(tmp_path / "gone"), tmp_path / "scratch", (1, "0" * 64), is_to_come=True
    )
    assert (gone.level, behind.level, lost.level) == (Level.FAIL, Level.FAIL, Level.FAIL)
    assert "manifest 7" in behind.said
