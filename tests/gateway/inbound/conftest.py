"""The port for mail that comes back, a next hop behind it, and what mail that comes back is made of."""

from collections.abc import AsyncIterator

import pytest

from suppression.store.store import Store
from tests.channels.email.corpora import require
from tests.channels.relay.sink import Sink
from tests.gateway.smtp.front_door import relay_to
from tests.gateway.smtp.inbound_door import InboundDoor


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with Sink() as sink:
        yield sink


@pytest.fixture
async def door(store: Store, sink: Sink) -> AsyncIterator[InboundDoor]:
    async with InboundDoor(store, relay_to(sink.port)).open() as door:
        yield door


@pytest.fixture
def corpora_here() -> None:
    """Skip where they are not; in CI they must be."""
    require()
