"""`gateway check`."""

import asyncio
from typing import TYPE_CHECKING

import typer

from gateway.cli.options import CONFIG, Config

if TYPE_CHECKING:
    from gateway.config.settings import Settings


def check(config: Config = CONFIG) -> None:
    """Validate settings and store. Prints the settings in force, without secrets."""
    from gateway.config import settings
    from gateway.config.effective import effective

    loaded = settings.load(config)
    typer.echo(effective(loaded))
    for key in (key for keys in loaded.dkim.values() for key in keys):
        typer.echo(f'# DNS: {key.selector}._domainkey.{key.domain} TXT "{key.dns_txt()}"')
    asyncio.run(_open(loaded))
    typer.echo("# The store is ours and keeps what it acknowledges.")


async def _open(loaded: "Settings") -> None:
    from gateway.cli.stores import opened

    async with opened(loaded):
        pass
