"""A store with few shards, and an empty archive."""

import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway.archive.archive import Archive
from gateway.archive.folder import Folder
from gateway.archive.history import History
from gateway.embedded.server import EmbeddedServer
from suppression.store.opening import StoreSettings
from suppression.store.store import Store
from tests.conftest import fresh_store, url_of
from tests.gateway.archive.house import Books, logged, raw


@pytest.fixture
async def small_store(valkey: EmbeddedServer) -> AsyncIterator[Store]:
    store = await fresh_store(StoreSettings(url_of(valkey), shards=4))
    yield store
    await store.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "archive"
    path.mkdir()
    return path


@pytest.fixture
async def books(small_store: Store, root: Path) -> Books:
    return await Books.opened(small_store, root)


@pytest.fixture
async def full_log(small_store: Store, books: Books) -> None:
    await logged(small_store)
    await raw(small_store, 300)
    await books.note()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Of 64 KiB."""
    path = tmp_path / "disk"
    path.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", path], check=False).returncode:
        pytest.skip("a file system of 64 KiB could not be mounted: that needs root")
    yield path
    subprocess.run(["umount", "-l", path], check=True)


@pytest.fixture
def archive(root: Path, tmp_path: Path) -> Archive:
    """The one under `root`, as it is asked."""
    return Archive(Folder(root), tmp_path / "asked")


@pytest.fixture
def history(small_store: Store, archive: Archive) -> History:
    return History(small_store.log, archive)
