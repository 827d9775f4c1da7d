"""The store that settings name: made, opened, and its catalogue put in force. For the command line and workers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.config import secrets as secrets_file
from gateway.config.settings import Settings
from gateway.embedded.data_folder import DataFolder
from gateway.metrics import observed
from gateway.webhooks.events import drafts
from suppression.errors import ConfigurationError
from suppression.store import opening
from suppression.store.opening import StoreSecrets, StoreSettings
from suppression.store.store import Store


def prepare(settings: Settings) -> None:
    """`gateway init`: make a store of an empty database, and bind the secrets to it."""
    epoch = asyncio.run(opening.prepare(_where(settings), _secrets(settings), settings.catalogue))
    secrets_file.record_epoch(settings.given.secrets, epoch)


def publish(settings: Settings) -> None:
    """Put the settings' catalogue in force. ConfigurationError if it drops a purpose that was in use."""

    async def run() -> None:
        async with open_store(settings) as store:
            await opening.publish(store, settings.catalogue)

    asyncio.run(run())


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """The store of these settings, checked. What is logged in it is told to the apps that want to hear of it."""
    store = await opening.open_store(_where(settings), _secrets(settings))
    store.steps.events = drafts(settings.webhooks)
    store.steps.heard = observed.logged
    observed.purposes.know(settings.catalogue)
    try:
        yield store
    finally:
        await store.close()


def _where(settings: Settings) -> StoreSettings:
    store = settings.store
    url = store.redis_url.get_secret_value() if store.redis_url else _embedded_url(store.data_dir)
    return StoreSettings(
        url,
        store.shards,
        store.timeout,
        store.allow_unsafe_store,
        hashed_matching=settings.given.hashed_matching,
    )


def _embedded_url(data_dir: Path | None) -> str:
    """Where the embedded server of the data folder listens. ConfigurationError when none runs there."""
    record = DataFolder(data_dir).record() if data_dir is not None else None
    if record is None or not record.socket:
        raise ConfigurationError("no store runs on the data folder: start the gateway first")
    return f"unix://{record.socket}"


def _secrets(settings: Settings) -> StoreSecrets:
    secrets = settings.secrets
    return StoreSecrets(secrets.pepper, dict(secrets.sealing.keys), secrets.sealing.current, secrets.epoch)
