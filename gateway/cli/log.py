"""`gateway log --recipient A | --decision ID | --follow`."""

import asyncio
import contextlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.options import CONFIG, Config, DataDir, settings_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.config.settings import Settings
    from suppression.records import Record
    from suppression.store.store import Store

HEAD = ("time", "kind", "outcome", "reason", "channel", "purpose", "app", "way", "text", "id")


def log(
    recipient: Annotated[str | None, typer.Option(help="An address: its records, oldest first.")] = None,
    decision: Annotated[str | None, typer.Option(help="A record's id: it, and how it ended.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Everybody's records, as they come.")] = False,  # noqa: FBT002 - a flag
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Of a recipient's records.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object a line.")] = False,  # noqa: FBT002 - a flag
    config: Config = CONFIG,
    data_dir: DataDir = None,
) -> None:
    """Read the log. It holds no addresses."""
    if sum((recipient is not None, decision is not None, follow)) != 1:
        raise typer.BadParameter("name one of --recipient, --decision, --follow")
    loaded = settings_from(config, data_dir)
    if follow:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_follow(loaded, as_json=as_json))
        return
    _print(asyncio.run(_read(loaded, recipient, decision or "", limit)), as_json=as_json)


async def _read(loaded: "Settings", recipient: str | None, decision: str, limit: int) -> "Sequence[Record]":
    from gateway.cli.stores import opened

    async with opened(loaded) as store:
        if recipient is None:
            found: Sequence[Record] = await store.log.history(decision)
            return found
        return await _of_recipient(store, recipient, limit)


async def _of_recipient(store: "Store", text: str, limit: int) -> "Sequence[Record]":
    from suppression.address import parse

    found = await store.log.of(store.keyring.recipient(parse(text)).key, limit)
    return found[::-1]


async def _follow(loaded: "Settings", *, as_json: bool) -> None:
    from gateway.cli.stores import opened

    async with opened(loaded) as store:
        async for record in store.log.follow():
            typer.echo(_json(record) if as_json else "  ".join(filter(None, _row(record))))


def _print(records: "Sequence[Record]", *, as_json: bool) -> None:
    from gateway.cli.tables import print_table

    if as_json:
        for record in records:
            typer.echo(_json(record))
    else:
        print_table(HEAD, [_row(record) for record in records])


def _row(record: "Record") -> tuple[str, ...]:
    time = f"{record.time:%Y-%m-%dT%H:%M:%S}.{record.at % 1000:03}Z"
    return (
        *(time, record.kind, record.outcome, record.reason, record.channel, record.purpose, record.app),
        *(record.way, record.text, record.id),
    )


def _json(record: "Record") -> str:
    return json.dumps({name: value for name, value in asdict(record).items() if value})
