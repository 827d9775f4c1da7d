"""Brings a store that an older version made to this version's schema, while both are at work."""

import asyncio
from collections.abc import Sequence

import structlog

from suppression.errors import Unavailable
from suppression.store.migrations import MIGRATIONS, Step, migrate, newest
from suppression.store.store import Store

PAUSE = 5.0

_log = structlog.get_logger(__name__)


async def migrate_forward(
    store: Store, migrations: Sequence[Step] = MIGRATIONS, pause: float = PAUSE
) -> None:
    """Until all of it is there. Every worker takes shards on; each shard is one's at a time."""
    while not await _tried(store, migrations):  # noqa: ASYNC110 - other processes and the store are waited for
        await asyncio.sleep(pause)
    _log.info("store_has_schema", schema=newest(migrations))


async def _tried(store: Store, migrations: Sequence[Step]) -> bool:
    try:
        return await migrate(store, migrations)
    except Unavailable as error:
        _log.warning("migration_put_off", cause=str(error))
        return False
