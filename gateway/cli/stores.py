"""The store of some settings, for as long as a command lasts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from gateway.assembly.store_access import open_store
from gateway.config.settings import Settings
from gateway.embedded.server import reachable
from suppression.store.store import Store


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """With an embedded store: the server that runs, or one for this command alone."""
    data_dir = settings.store.data_dir
    with nullcontext() if data_dir is None else reachable(data_dir):
        async with open_store(settings) as store:
            yield store
