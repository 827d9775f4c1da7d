"""`gateway check`."""

import asyncio
from typing import TYPE_CHECKING

import typer

from gateway.cli.options import CONFIG, ROLES, Config, Roles

if TYPE_CHECKING:
    from gateway.config.settings import Settings


def check(config: Config = CONFIG, roles: Roles = ROLES) -> None:
    """Validate settings and store. Prints what is in force.

    Looks at the secrets of these roles and at extras, too; no secret is printed.
    """
    from gateway.config import extras, settings
    from gateway.config.effective import effective
    from gateway.config.roles import parse
    from suppression.errors import ConfigurationError

    loaded = settings.load(config, roles=parse(roles))
    typer.echo(effective(loaded))
    for key in (key for keys in loaded.dkim.values() for key in keys):
        typer.echo(f'# DNS: {key.selector}._domainkey.{key.domain} TXT "{key.dns_txt()}"')
    if absent := extras.missing(loaded.given):
        raise ConfigurationError("\n".join(absent))
    asyncio.run(_open(loaded))
    typer.echo("# The store is ours and keeps what it acknowledges.")


async def _open(loaded: "Settings") -> None:
    from gateway.cli.stores import opened

    async with opened(loaded):
        pass
