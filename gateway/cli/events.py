"""`gateway events replay`."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.options import CONFIG, Config, DataDir, settings_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.config.settings import Settings
    from gateway.webhooks.subscriptions import EventType

app = typer.Typer(help="Events: what apps are told of what happened.", no_args_is_help=True)


@app.callback()
def _events() -> None:
    """A group, though it has one command."""


@app.command("replay")
def replay(
    name: Annotated[str, typer.Option("--app", help="Whose webhook.")],
    since: Annotated[str, typer.Option(help="From when on: 2026-11-24, or 2026-11-24T18:00:00Z.")],
    until: Annotated[str | None, typer.Option(help="Up to when; now by default.")] = None,
    types: Annotated[list[str] | None, typer.Option("--type", help="Of an event; may be repeated.")] = None,
    config: Config = CONFIG,
    data_dir: DataDir = None,
) -> None:
    """Tell an app again what happened. The same events, under the ids that they had."""
    start, end = _moment(since, "--since"), _moment(until, "--until") if until else datetime.now(UTC)
    loaded = settings_from(config, data_dir)
    count = asyncio.run(_replay(loaded, name, start, end, _types(types or [])))
    typer.echo(f"{count} events wait for {name} again.")


async def _replay(
    loaded: "Settings", name: str, since: datetime, until: datetime, types: "Sequence[EventType]"
) -> int:
    from gateway.assembly.archives import history_of
    from gateway.cli.stores import opened
    from gateway.webhooks.replaying import replay
    from suppression.errors import NotFound
    from suppression.store.event_entries import EventEntries

    subscription = loaded.webhooks.of_app.get(name)
    if subscription is None:
        raise NotFound(f"there is no app {name} with a webhook")
    async with opened(loaded) as store:
        records = history_of(loaded, store.log)
        return await replay(records, EventEntries(store), subscription, since, until, types)


def _types(given: "Sequence[str]") -> "list[EventType]":
    from gateway.webhooks.subscriptions import EventType

    try:
        return [EventType(text) for text in given]
    except ValueError:
        raise typer.BadParameter(f"one of {', '.join(EventType)}", param_hint="--type") from None


def _moment(text: str, option: str) -> datetime:
    """UTC, where no time zone is named."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("a time like 2026-11-24T18:00:00Z", param_hint=option) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
