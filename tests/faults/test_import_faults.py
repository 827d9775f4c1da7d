"""A worker is killed in the middle of a list, the store goes away in the middle of one: nothing lost, nothing twice."""

import asyncio
import contextlib
import random
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.embedded.server import EmbeddedServer
from gateway.imports.importing import Brought, Importing, Spooled, digest_of
from gateway.imports.rows import Options
from gateway.state import imports
from gateway.state.imports import Import, State
from suppression.address import parse
from suppression.errors import StoreUnavailable
from suppression.purposes import Catalogue
from suppression.records import RecordKind
from suppression.store.opening import StoreSettings, open_store
from suppression.store.store import Store
from tests.conftest import SECRETS
from tests.faults.reply_dropper import dropping_replies

ROOT = Path(__file__).parents[2]
ROWS = 6_000
WITHIN = 60.0


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    folder = tmp_path / "spool"
    folder.mkdir()
    return folder


def importing(store: Store, spool: Path) -> Importing:
    return Importing(store, Catalogue.shipped, {}, {}, spool=spool)


async def bring(store: Store, spool: Path) -> Import:
    path = spool / "list.part"
    path.write_text("address\n" + "".join(f"r{n}@example.net\nnobody {n}\n" for n in range(ROWS)))
    file = Spooled(path, path.stat().st_size, digest_of(path))
    one, _ = await importing(store, spool).begin(Brought(Options(), "list", "test"), file)
    return one


def worker(valkey: EmbeddedServer, spool: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.faults.import_process", str(valkey.socket), str(spool)]
    return subprocess.Popen(command, cwd=ROOT)


async def reached(store: Store, import_id: str, rows: int) -> Import:
    known = imports.Imports(store.client.bulk)
    async with asyncio.timeout(WITHIN):
        one = await known.find(import_id)
        while one.rows < rows and not one.ended:
            await asyncio.sleep(0.01)
            one = await known.find(import_id)
    return one


async def let_go(store: Store, import_id: str) -> None:
    """As if the lease of who was killed had ended."""
    await store.client.bulk.execute("ZADD", b"{imports}open", "XX", 0, import_id)


async def records(store: Store) -> list[str]:
    """Whom each record of a change is about."""
    found: list[str] = []
    for shard in store.shards.all:
        for _, values in await store.client.bulk.execute("XRANGE", shard.log, "-", "+"):
            line = values[1].decode()
            if f'"kind":"{RecordKind.SUPPRESSED.value}"' in line:
                found.append(line.partition('"recipient":"')[2][:32])
    return found


async def test_a_worker_that_is_killed_again_and_again_loses_and_doubles_nothing(
    store: Store, valkey: EmbeddedServer, spool: Path
) -> None:
    one = await bring(store, spool)
    for part in (1, 3, 5):
        running = worker(valkey, spool)
        try:
            await reached(store, one.id, ROWS * 2 * part // 8 + random.randrange(500))
        finally:
            running.kill()
            running.wait(10)
        await let_go(store, one.id)
    last = importing(store, spool)
    assert await last.work() in {0, 1}
    done = await last.imports.find(one.id)
    assert (done.state, done.rows, done.rejected) == (State.DONE, 2 * ROWS, ROWS)
    assert (done.changed, done.known) == (ROWS, 0)
    about = await records(store)
    assert len(about) == len(set(about)) == ROWS
    rejects = await last.imports.rejects(one.id, 0, 2 * ROWS)
    lines = [int(store.sealer.open_evidence(line, b"imports' rejects")["line"]) for line in rejects]
    assert lines == [3 + 2 * number for number in range(ROWS)]


async def test_an_undoing_that_is_killed_goes_on_and_ends_every_entry(
    store: Store, valkey: EmbeddedServer, spool: Path
) -> None:
    one = await bring(store, spool)
    own = importing(store, spool)
    await own.work()
    await own.undo(one.id, "test")
    running = worker(valkey, spool)
    try:
        async with asyncio.timeout(WITHIN):
            while not one.undone:
                one = await own.imports.find(one.id)
    finally:
        running.kill()
        running.wait(10)
    await let_go(store, one.id)
    await own.work()
    assert (await own.imports.find(one.id)).state is State.UNDONE
    for number in (0, ROWS // 2, ROWS - 1):
        recipient = store.keyring.recipient(parse(f"r{number}@example.net"))
        assert (await store.facts(recipient)).suppressions == ()


async def test_a_store_that_goes_away_puts_the_list_off_and_it_goes_on_where_it_was(
    store: Store, valkey: EmbeddedServer, spool: Path
) -> None:
    one = await bring(store, spool)
    running = worker(valkey, spool)
    try:
        await reached(store, one.id, 2000)
        await store.client.stops.execute("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        done = await reached(store, one.id, 2 * ROWS)
        async with asyncio.timeout(WITHIN):
            while not done.ended:
                done = await reached(store, one.id, 2 * ROWS)
    finally:
        running.kill()
        running.wait(10)
    assert (done.state, done.changed, done.rejected) == (State.DONE, ROWS, ROWS)
    about = await records(store)
    assert len(about) == len(set(about)) == ROWS


async def test_a_lost_reply_to_every_script_doubles_nothing(
    store: Store, valkey: EmbeddedServer, spool: Path, tmp_path: Path
) -> None:
    path = spool / "list.part"
    path.write_text("address\n" + "".join(f"r{n}@example.net\n" for n in range(40)))
    file = Spooled(path, path.stat().st_size, digest_of(path))
    async with dropping_replies(valkey.socket, tmp_path) as (url, dropper):
        shaky = await open_store(StoreSettings(url), SECRETS)
        own = importing(shaky, spool)
        brought = Brought(Options(), "list", "test")
        done: Import | None = None
        while done is None or not done.ended:  # what the import's own steps lost is done again by who goes on
            with contextlib.suppress(StoreUnavailable):
                one, _ = await own.begin(brought, file)
                await own.work()
                done = await own.imports.find(one.id)
        await shaky.close()
    assert dropper.dropped > 10
    assert (done.state, done.rows, done.changed, done.known) == (State.DONE, 40, 40, 0)
    about = await records(store)
    assert len(about) == len(set(about)) == 40
