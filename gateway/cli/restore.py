"""`gateway restore`."""

import asyncio
from typing import TYPE_CHECKING

import typer

from gateway.cli.options import CONFIG, Config, DataDir, settings_from

if TYPE_CHECKING:
    from gateway.config.settings import Settings
    from suppression.store.replaying import Replayed


def restore(config: Config = CONFIG, data_dir: DataDir = None) -> None:
    """Fill an empty store from the archive.

    Stops, consents and people; the store is one that `gateway init` has prepared.
    """
    found = asyncio.run(_restore(settings_from(config, data_dir)))
    typer.echo(f"{found.changes} changes make {found.hashes} recipients and people known again.")


async def _restore(loaded: "Settings") -> "Replayed":
    from gateway.archive.archive import Archive
    from gateway.archive.archiver import Archiver
    from gateway.assembly.archives import place_of, scratch_of
    from gateway.assembly.restoring import restore as filled
    from gateway.cli.stores import opened
    from suppression.errors import ConfigurationError
    from suppression.store.hot import HotLog

    place, scratch = place_of(loaded), scratch_of(loaded)
    if place is None:
        raise ConfigurationError("archive: no folder and no bucket")
    async with opened(loaded) as store:
        return await filled(store, Archive(place, scratch), Archiver(HotLog(store), place, scratch))
