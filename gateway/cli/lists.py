"""`gateway lists load|show`: the content of registers and partner lists."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.options import CONFIG, Config, DataDir, settings_from

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gateway.config.settings import Settings
    from suppression.limits import Limits, Loaded, PartnerList, Register
    from suppression.store.keys import Keyring

app = typer.Typer(help="Registers and partner lists: what is in them.", no_args_is_help=True)

HEAD = ("name", "kind", "entries", "loaded", "state")


@app.command("load")
def load(
    name: Annotated[str, typer.Argument(help="A register or list of the settings.")],
    file: Annotated[Path, typer.Argument(help="One entry a line.", exists=True, dir_okay=False)],
    shrink: Annotated[bool, typer.Option("--shrink", help="Though it is shorter than before.")] = False,  # noqa: FBT002 - a flag
    config: Config = CONFIG,
    data_dir: DataDir = None,
) -> None:
    """Replace what is in one by a file. Numbers, addresses, or hashes where the list is one of hashes."""
    loaded = asyncio.run(_load(settings_from(config, data_dir), name, file, shrink=shrink))
    typer.echo(f"{name}: {loaded.size} entries are in force.")


@app.command("show")
def show(config: Config = CONFIG, data_dir: DataDir = None) -> None:
    """Show what is in each, and since when."""
    from gateway.cli.tables import print_table

    loaded = settings_from(config, data_dir)
    print_table(HEAD, asyncio.run(_show(loaded)))


async def _load(loaded: "Settings", name: str, file: Path, *, shrink: bool) -> "Loaded":
    from gateway.cli.stores import opened
    from suppression.errors import NotFound
    from suppression.store import lists

    entry = next((entry for entry in loaded.catalogue.limits.to_load if entry.name == name), None)
    if entry is None:
        raise NotFound(f"the settings have no register or list {name}")
    async with opened(loaded) as store:
        return await lists.load(store, entry, _members(store.keyring, entry, file), shrink=shrink)


async def _members(keyring: "Keyring", entry: "Register | PartnerList", file: Path) -> "AsyncIterator[bytes]":
    """A first line may be a heading; any other that is no entry fails the whole: it may be somebody's objection."""
    from suppression.errors import InvalidInput
    from suppression.store.lists import member

    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            text = line.strip().strip('"')
            if not text:
                continue
            try:
                yield member(keyring, entry, text)
            except InvalidInput as error:
                if number > 1:
                    raise InvalidInput(f"line {number}: {error}") from error


async def _show(loaded: "Settings") -> list[tuple[str, ...]]:
    from gateway.cli.stores import opened

    async with opened(loaded) as store:
        known = (await store.catalogue()).limits
        now = store.now()
    limits = loaded.catalogue.limits
    return [_row(entry, known, fresh=known.is_fresh(entry, now)) for entry in limits.to_load]


def _row(entry: "Register | PartnerList", known: "Limits", *, fresh: bool) -> tuple[str, ...]:
    from suppression.limits import Register
    from suppression.store.codec import moment

    kind = entry.kind if isinstance(entry, Register) else entry.hashed or "addresses"
    loaded = known.in_force(entry)
    if loaded is None:
        return (entry.name, kind, "0", "never", "refuses")
    state = "in force" if fresh else "too old: refuses"
    return (entry.name, kind, str(loaded.size), f"{moment(loaded.at):%Y-%m-%d %H:%M}", state)
