"""A store that was lost is filled from the archive, and what follows is archived behind it."""

from pathlib import Path

import pytest

from gateway.archive.archive import Archive
from gateway.archive.archiver import Archiver
from gateway.archive.folder import Folder
from gateway.assembly.restoring import restore
from gateway.roads.changes import Changes
from suppression.address import parse
from suppression.decision import Reason
from suppression.errors import Conflict
from suppression.model import Basis, Facts, Recipient, Scope, Way
from suppression.store.hot import HotLog
from suppression.store.opening import StoreSettings
from suppression.store.people import People
from suppression.store.store import Store
from tests.conftest import fresh_store

NAMES = ("ann", "bob", "cem", "dan")
MARKETING = Scope(purpose="marketing", sender="brand")


def of(store: Store, name: str) -> Recipient:
    return store.keyring.recipient(parse(f"{name}@example.net"))


async def known(store: Store) -> list[Facts]:
    facts = [await store.facts(of(store, name)) for name in NAMES]
    return [Facts(suppressions=one.suppressions, consents=one.consents, person=one.person) for one in facts]


async def live(store: Store) -> None:
    changes = Changes(store)
    for name in NAMES:
        await changes.consent(
            of(store, name), MARKETING, basis=Basis.OPT_IN, source="form", actor="test", at=store.now(),
            evidence={"wording": "v1"}, direct=True,
        )  # fmt: skip
    await People(store).link("p", [of(store, "bob"), of(store, "cem")], {}, owner="brand", actor="key")
    for name in ("ann", "bob"):
        await changes.suppress(
            of(store, name), Scope(), reason=Reason.UNSUBSCRIBED, way=Way.AGENT, source="api", actor="test"
        )


def archiver(store: Store, folder: Path) -> Archiver:
    return Archiver(HotLog(store), Folder(folder), folder.parent / "scratch")


async def test_a_lost_store_knows_again_and_goes_on(store_settings: StoreSettings, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    store = await fresh_store(store_settings)
    await live(store)
    before = await known(store)
    assert await archiver(store, folder).cycle()
    await store.close()

    again = await fresh_store(store_settings)
    replayed = await restore(again, Archive(Folder(folder), tmp_path / "scratch"), archiver(again, folder))

    assert await known(again) == before
    assert replayed.hashes == len(NAMES) + 1
    await Changes(again).suppress(
        of(again, "dan"), Scope(), reason=Reason.UNSUBSCRIBED, way=Way.LINK, source="page", actor="recipient"
    )
    moved = await archiver(again, folder).cycle()
    assert moved
    assert moved.archived == 1
    with pytest.raises(Conflict):
        await restore(again, Archive(Folder(folder), tmp_path / "scratch"), archiver(again, folder))
    await again.close()
