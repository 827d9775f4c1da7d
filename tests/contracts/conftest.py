"""The contract suite's stores: the embedded server, the same binary as a one-node cluster, and Redis."""

from collections.abc import AsyncIterator

import pytest

from suppression.address import parse
from suppression.model import Recipient
from suppression.store.opening import StoreSettings
from suppression.store.store import Store
from tests.conftest import fresh_store, url_of


@pytest.fixture(params=["server", "cluster", "redis"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    match request.param:
        case "server":
            url = url_of(request.getfixturevalue("valkey"))
        case "redis":
            url = url_of(request.getfixturevalue("redis_server"))
        case _:
            url = request.getfixturevalue("cluster_url")
    store = await fresh_store(StoreSettings(url))
    yield store
    await store.close()


@pytest.fixture
def ann(store: Store) -> Recipient:
    return store.keyring.recipient(parse("ann@example.net"))
