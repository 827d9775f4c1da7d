"""Fixtures: consoles on a real store."""

from pathlib import Path

import pytest

from suppression.store.store import Store
from tests.gateway.console.apps.set_up import set_up
from tests.gateway.console.house import House, employ, house
from tests.gateway.http.world import real_world


@pytest.fixture
async def front(store: Store, tmp_path: Path) -> House:
    """Nobody needs one-time codes."""
    world = await real_world(store, tmp_path)
    made = house(store, world.doors, set_up=set_up(world))
    await employ(made)
    return made


@pytest.fixture
async def strict(store: Store, tmp_path: Path) -> House:
    """As in production: everybody does."""
    made = house(store, (await real_world(store, tmp_path)).doors, without_codes=frozenset())
    await employ(made)
    return made
