"""Clocks that jump, and stores that come back as they were: no id is trusted to be newer than another."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.archive.archiver import Moved
from gateway.archive.folder import Folder
from gateway.archive.manifest import manifest_name
from suppression.store.store import Store
from tests.gateway.archive.house import (
    Books,
    archived,
    archiver,
    finish,
    hot_lines,
    raw,
    with_history,
)

pytestmark = pytest.mark.usefixtures("full_log")


async def test_a_store_that_remembers_less_than_there_is(
    small_store: Store, root: Path, books: Books
) -> None:
    """It came back from an older copy of itself, with records that the archive has."""
    lane = small_store.client.bulk
    copies = {shard.log: await lane.execute("DUMP", shard.log) for shard in small_store.shards.all}
    await with_history(books, cycles=3)
    await books.note()
    await finish(small_store, root)
    await lane.execute("HDEL", small_store.shards.all[0].archiver, "head")
    for log, copy in copies.items():
        await lane.execute("RESTORE", log, 0, copy, "REPLACE")
    assert await hot_lines(small_store)
    rows = len(archived(Folder(root)))
    await finish(small_store, root)
    assert len(archived(Folder(root))) == rows
    assert await hot_lines(small_store) == {}


async def test_after_a_failover_an_id_may_come_again_with_another_record(
    small_store: Store, root: Path, books: Books
) -> None:
    """Ids may run backwards, and one that was lost with its record may be given to another's."""
    shard = small_store.shards.all[0]
    own = archiver(small_store, root)
    await own.cycle()
    (number, ms, seq) = next(one for one in books.logged if one[0] == 0)
    await small_store.client.bulk.execute("DEL", shard.log)
    for order in (f"{ms - 50_000_000}-0", f"{ms}-{seq}"):
        other = json.dumps({"n": 1, "kind": "sent", "at": 5, "recipient": "ee" * 16})
        await small_store.client.bulk.execute("XADD", shard.log, order, "r", other)
    rows = len(archived(Folder(root)))
    assert await own.cycle() == Moved(2, 2, full=False)
    found = archived(Folder(root))
    assert len(found) == rows + 2
    assert len([row for row in found if row[:3] == (number, ms, seq)]) == 2


async def test_a_clock_that_jumps_back(small_store: Store, root: Path, books: Books) -> None:
    """This host's clock dates manifests, and nothing else."""
    times = iter([datetime(2026, 11, 18, tzinfo=UTC) - timedelta(days=900 * n) for n in range(3)])
    own = archiver(small_store, root, clock=lambda: next(times))
    for _ in range(3):
        assert await own.cycle()
        await raw(small_store, 10)
        await books.note()
    await own.release()
    await finish(small_store, root)
    said = [json.loads((root / manifest_name(number)).read_bytes())["at"] for number in (1, 2, 3)]
    assert said == sorted(said, reverse=True)
    await books.check_all_archived()


async def test_a_store_s_clock_that_jumps_back_makes_long_sequences(small_store: Store, root: Path) -> None:
    """Redis then counts on within its last millisecond."""
    log = small_store.shards.all[2].log
    await archiver(small_store, root).cycle()
    last = max(ms for row in archived(Folder(root)) for ms in row[1:2])
    for seq in (65_535, 65_536, 4_000_000):
        await small_store.client.bulk.execute(
            "XADD", log, f"{last + 9}-{seq}", "r", '{"n":1,"kind":"sent","at":5}'
        )
    await small_store.client.bulk.execute("DEL", small_store.shards.all[0].archiver)
    assert await archiver(small_store, root).cycle()
    assert {row[2] for row in archived(Folder(root)) if row[1] == last + 9} == {65_535, 65_536, 4_000_000}
