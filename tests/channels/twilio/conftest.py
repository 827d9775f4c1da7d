"""A stand-in for Twilio per test, and our client of it."""

from collections.abc import AsyncIterator

import pytest

from channels.twilio.client import TwilioClient
from tests.channels.twilio.samples import client_of
from tests.twilio_stand_in import StandIn


@pytest.fixture
async def twilio() -> AsyncIterator[StandIn]:
    async with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
async def client(twilio: StandIn) -> AsyncIterator[TwilioClient]:
    client = client_of(twilio)
    yield client
    await client.close()
