"""Real processes, killed with -9 at every step and at any moment."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.archive.folder import Folder
from gateway.embedded.server import EmbeddedServer
from suppression.store.store import Store
from tests.conftest import url_of
from tests.gateway.archive.house import STEPS, Books, archived, finish, hot_lines, lease_over, raw

ROOT = Path(__file__).parents[3]
PEAK = 400 * 1024  # KiB: the interpreter and all libraries, DuckDB's work, and a cycle's ids

pytestmark = pytest.mark.usefixtures("full_log")


@asynccontextmanager
async def process(server: EmbeddedServer, root: Path, *more: str, **options: Any) -> AsyncIterator[str]:
    """What it says first; killed at the end."""
    command = [sys.executable, "-m", "tests.gateway.archive.archiver_process", "--store", url_of(server)]
    command += ["--root", str(root), "--options", json.dumps(options), *more]
    running = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE)
    assert running.stdout
    try:
        yield (await running.stdout.readline()).decode().strip()
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


@pytest.mark.slow
async def test_killed_before_and_after_every_step(
    valkey: EmbeddedServer, small_store: Store, root: Path, books: Books
) -> None:
    for step in (*STEPS, "end"):
        async with process(valkey, root, "--before", step) as said:
            assert said.isdigit()
        await books.check()
        await finish(small_store, root)
        await books.check_all_archived()
        await raw(small_store, 50)
        await books.note()
    await finish(small_store, root)
    assert [*root.parent.glob("scratch/*")] == [], "what they left is cleared away"


@pytest.mark.slow
async def test_killed_at_any_moment(
    valkey: EmbeddedServer, small_store: Store, root: Path, books: Books
) -> None:
    """In a row of cycles of a few records each."""
    for time in range(6):
        await raw(small_store, 600)
        await books.note()
        await lease_over(small_store)
        left = len(await hot_lines(small_store))
        async with process(valkey, root, most=40, page=10) as said:
            assert said == "started"
            async with asyncio.timeout(20):
                while len(await hot_lines(small_store)) == left:  # noqa: ASYNC110 - another process does it
                    await asyncio.sleep(0.002)
            await asyncio.sleep(0.013 * time)
        await books.check()
    await finish(small_store, root)
    await books.check_all_archived()


@pytest.mark.slow
async def test_a_long_shard_takes_little_memory(
    valkey: EmbeddedServer, small_store: Store, root: Path
) -> None:
    await raw(small_store, 100_000, small_store.shards.all[:1])
    count = len(await hot_lines(small_store))
    async with process(valkey, root, "--before", "end", page=1000) as peak:
        assert int(peak) < PEAK
    assert await hot_lines(small_store) == {}
    assert len(archived(Folder(root))) == count


def test_who_only_finds_the_archive_loads_no_database() -> None:
    names = ("places", "folder", "manifest", "bucket")
    imports = "; ".join(f"import gateway.archive.{name}" for name in names)
    command = [sys.executable, "-c", f"import sys; {imports}; print('duckdb' in sys.modules)"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout == b"False\n"
