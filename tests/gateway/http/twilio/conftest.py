"""A gateway whose webhooks are open, on a real store."""

from collections.abc import AsyncIterator

import pytest

from tests.gateway.http.twilio.world import Hooked, hooked
from tests.gateway.http.world import RealWorld


@pytest.fixture
async def gateway(real: RealWorld) -> AsyncIterator[Hooked]:
    made = await hooked(real)
    async with made.client:
        yield made
