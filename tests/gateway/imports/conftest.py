"""Imports on a real store."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.imports.importing import Brought, Importing, Spooled, digest_of
from gateway.imports.rows import Options
from gateway.state.imports import Import
from suppression.address import parse
from suppression.model import App, Recipient, Sender
from suppression.purposes import Catalogue
from suppression.store.store import Store

SENDERS = {"shop": Sender("shop", "The Shop")}
APPS = {"demo": App("demo", "shop")}


class Lists:
    """Lists that are brought, and what became of them."""

    def __init__(self, store: Store, spool: Path) -> None:
        self.store = store
        self.spool = spool
        self.importing = self.another()

    def another(self) -> Importing:
        """Of another worker of this host."""
        return Importing(self.store, Catalogue.shipped, SENDERS, APPS, spool=self.spool)

    def file(self, text: str | bytes) -> Spooled:
        path = self.spool / f"{len(list(self.spool.iterdir()))}.part"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return Spooled(path, path.stat().st_size, digest_of(path))

    async def bring(
        self, text: str | bytes, *, dry_run: bool = False, own_sender: str = "", **options: str
    ) -> Import:
        brought = Brought(Options(**options), "old shop", "key:1", own_sender)
        one, _ = await self.importing.begin(brought, self.file(text), dry_run=dry_run)
        return one

    async def run(self, text: str | bytes, *, dry_run: bool = False, **options: str) -> Import:
        one = await self.bring(text, dry_run=dry_run, **options)
        await self.importing.work()
        return await self.importing.imports.find(one.id)

    async def undone(self, one: Import) -> Import:
        await self.importing.undo(one.id, "agent:eve")
        await self.importing.work()
        return await self.importing.imports.find(one.id)

    async def rejects(self, one: Import) -> str:
        return b"".join([piece async for piece in self.importing.rejects(one.id)]).decode()

    def recipient(self, address: str) -> Recipient:
        return self.store.keyring.recipient(parse(address))


@pytest.fixture
def lists(store: Store, tmp_path: Path) -> Lists:
    spool = tmp_path / "spool"
    spool.mkdir()
    return Lists(store, spool)


@pytest.fixture
def many() -> Callable[[int], str]:
    def made(count: int) -> str:
        return "address\n" + "".join(f"r{number}@example.net\n" for number in range(count))

    return made
