"""Fixtures: the same tests over doors of memory and over the real ones."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from suppression.store.store import Store
from tests.gateway.http.world import FakeWorld, RealWorld, World, fake_world, real_world


@pytest.fixture
async def fakes() -> AsyncIterator[FakeWorld]:
    """For what only a fake can be made to do."""
    made = fake_world()
    async with made.client:
        yield made


@pytest.fixture
async def real(store: Store, tmp_path: Path) -> AsyncIterator[RealWorld]:
    made = await real_world(store, tmp_path)
    async with made.client:
        yield made


@pytest.fixture(params=["fake", "real"])
def world(request: pytest.FixtureRequest) -> World:
    made: World = request.getfixturevalue("fakes" if request.param == "fake" else "real")
    return made
