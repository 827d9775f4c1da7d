"""Fixtures: the same tests over doors of memory and over the real ones."""

from collections.abc import AsyncIterator

import pytest

from tests.gateway.http.world import FakeWorld, World, fake_world


@pytest.fixture
async def fakes() -> AsyncIterator[FakeWorld]:
    """For what only a fake can be made to do."""
    made = fake_world()
    async with made.client:
        yield made


@pytest.fixture
async def world(fakes: FakeWorld) -> World:
    return fakes
