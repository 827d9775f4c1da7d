"""Fixtures: a console whose store a test can look into."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.console.recipients import handles
from suppression.store.store import Store
from tests.gateway.console.house import Browser, House, employ, house
from tests.gateway.http.world import RealWorld, real_world


@dataclass
class Desk:
    """A house, and the world that it stands in."""

    house: House
    world: RealWorld

    def path(self, address: str, act: str = "") -> str:
        return handles.page(self.world.recipient(address), act)

    async def at(self, address: str, role: str = "agent") -> Browser:
        """Somebody signed in, on the recipient's page, which he found by its address."""
        browser = await self.house.signed_in(role)
        await browser.get("/console/find")
        answer = await browser.post("/console/find", {"q": address})
        assert answer.headers["location"] == self.path(address)
        await browser.follow(answer)
        return browser


@pytest.fixture
async def desk(store: Store, tmp_path: Path) -> Desk:
    world = await real_world(store, tmp_path)
    made = house(store, world.doors)
    await employ(made)
    return Desk(made, world)
