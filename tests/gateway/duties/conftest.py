"""A dispatcher, and Twilio's stand-in."""

from collections.abc import AsyncIterator

import pytest

from suppression.store.store import Store
from tests.gateway.duties.office import Office
from tests.twilio_stand_in import StandIn


@pytest.fixture
async def twilio() -> AsyncIterator[StandIn]:
    async with StandIn() as twilio:
        yield twilio


@pytest.fixture
async def office(store: Store, twilio: StandIn) -> AsyncIterator[Office]:
    office = Office(store, {"brand": twilio.url, "other": twilio.url})
    yield office
    await office.close()
