"""A next hop made by hand, and the front on a real store before it."""

from collections.abc import AsyncIterator

import pytest

from suppression.store.store import Store
from tests.channels.relay.sink import Sink
from tests.gateway.smtp.front_door import FrontDoor, relay_to


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with Sink() as sink:
        yield sink


@pytest.fixture
async def door(store: Store, sink: Sink) -> AsyncIterator[FrontDoor]:
    async with FrontDoor(store, relay_to(sink.port)).open() as door:
        yield door
