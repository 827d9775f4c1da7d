"""A receiver of events."""

from collections.abc import AsyncIterator

import pytest

from tests.gateway.webhooks.receiver import Receiver


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver().open() as receiver:
        yield receiver
