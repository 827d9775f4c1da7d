"""`gateway keys issue|list|revoke`."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.options import CONFIG, Config, DataDir, settings_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.config.settings import Settings
    from gateway.state.api_keys import ApiKey, IssuedKey

app = typer.Typer(help="API keys: what apps authenticate with, over HTTP and SMTP.", no_args_is_help=True)

HEAD = ("id", "app", "scopes", "label", "created", "ends with")


@app.command("issue")
def issue(
    app: Annotated[str | None, typer.Option(help="The app that it is for.")] = None,
    scope: Annotated[list[str] | None, typer.Option(help="app, agent or admin; may be repeated.")] = None,
    label: Annotated[str, typer.Option(help="To tell it from others.")] = "",
    config: Config = CONFIG,
    data_dir: DataDir = None,
) -> None:
    """Make a key. Its secret is shown once: on stdout, alone."""
    loaded = settings_from(config, data_dir)
    issued = asyncio.run(_issue(loaded, app, scope or (["app"] if app else []), label))
    typer.echo(f"Key {issued.id}. This is the only time that it is shown:", err=True)
    typer.echo(issued.secret)


@app.command("list")
def list_keys(config: Config = CONFIG, data_dir: DataDir = None) -> None:
    """Show all keys, without their secrets."""
    from gateway.cli.tables import print_table

    keys = asyncio.run(_list(settings_from(config, data_dir)))
    print_table(HEAD, [_row(key) for key in keys])


@app.command("revoke")
def revoke(key_id: str, config: Config = CONFIG, data_dir: DataDir = None) -> None:
    """End a key. Whoever uses it is refused from now on."""
    asyncio.run(_revoke(settings_from(config, data_dir), key_id))
    typer.echo(f"Key {key_id} is revoked.")


async def _issue(loaded: "Settings", name: str | None, scopes: "Sequence[str]", label: str) -> "IssuedKey":
    from gateway.cli.stores import opened
    from gateway.state.api_keys import ApiKeys
    from suppression.errors import NotFound

    if name is not None and name not in loaded.apps:
        raise NotFound(f"there is no app {name}")
    async with opened(loaded) as store:
        return await ApiKeys(store.client.stops).issue(name, scopes, label)


async def _list(loaded: "Settings") -> "Sequence[ApiKey]":
    from gateway.cli.stores import opened
    from gateway.state.api_keys import ApiKeys

    async with opened(loaded) as store:
        return await ApiKeys(store.client.stops).list()


async def _revoke(loaded: "Settings", key_id: str) -> None:
    from gateway.cli.stores import opened
    from gateway.state.api_keys import ApiKeys

    async with opened(loaded) as store:
        await ApiKeys(store.client.stops).revoke(key_id)


def _row(key: "ApiKey") -> tuple[str, ...]:
    created = f"{key.created:%Y-%m-%d %H:%M}"
    return (key.id, key.app or "", " ".join(sorted(key.scopes)), key.label, created, key.hint)
