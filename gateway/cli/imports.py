"""`gateway import`: a list of stops from elsewhere, tried or put in."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.options import CONFIG, Config, DataDir, settings_from

if TYPE_CHECKING:
    from gateway.config.settings import Settings
    from gateway.imports.importing import Brought, Importing
    from gateway.state.imports import Import

_SAMPLES = 10


def import_(
    file: Annotated[
        Path, typer.Argument(help="CSV, NDJSON or a provider's export.", exists=True, dir_okay=False)
    ],
    format: Annotated[str, typer.Option(help="As its heading tells, unless given.")] = "",  # noqa: A002 - the option's name
    encoding: Annotated[str, typer.Option(help="windows-1252, where it is that.")] = "",
    label: Annotated[str, typer.Option(help="What its entries name as their source.")] = "import",
    channels: Annotated[str, typer.Option(help="Where a row names none; all by default.")] = "",
    purpose: Annotated[str, typer.Option(help="Where a row names none; all by default.")] = "",
    sender: Annotated[str, typer.Option(help="Where a row names none; all by default.")] = "",
    reason: Annotated[str, typer.Option(help="Where a row names none; unsubscribed by default.")] = "",
    region: Annotated[str, typer.Option(help="Of phone numbers without a country's code, like GB.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what it would do.")] = False,  # noqa: FBT002 - a flag
    rejects: Annotated[Path | None, typer.Option(help="Write rejected rows to this file.")] = None,
    config: Config = CONFIG,
    data_dir: DataDir = None,
) -> None:
    """Record the stops of a list. It never gives a consent or lifts; the same list again changes nothing, and one
    that was interrupted goes on where it was.
    """
    from gateway.imports.importing import Brought
    from gateway.imports.importing import label as checked
    from gateway.imports.rows import Options

    options = Options(format, encoding, channels, purpose, sender, reason, region)
    brought = Brought(options, checked(label), "command line")
    asyncio.run(_import(settings_from(config, data_dir), brought, file.resolve(), rejects, dry_run=dry_run))


async def _import(
    loaded: "Settings", brought: "Brought", file: Path, rejects: Path | None, *, dry_run: bool
) -> None:
    from gateway.cli.stores import opened
    from gateway.imports.importing import Importing, Spooled, digest_of

    async with opened(loaded) as store:
        catalogue = await store.catalogue()
        importing = Importing(
            store,
            lambda: catalogue,
            loaded.senders,
            loaded.apps,
            spool=loaded.spool_dir,
            data_dir=loaded.store.data_dir,
        )
        size = (await asyncio.to_thread(file.stat)).st_size
        spooled = Spooled(file, size, await asyncio.to_thread(digest_of, file))
        one, _ = await importing.begin(brought, spooled, dry_run=dry_run, spooled=False)
        telling = asyncio.create_task(_tell_progress(importing, one.id))
        try:
            one = await importing.work_alone(one.id)
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
        _tell(one)
        if rejects is not None:
            await _write(importing, one.id, rejects)


async def _tell_progress(importing: "Importing", import_id: str) -> None:
    while True:
        await asyncio.sleep(2)
        one = await importing.imports.find(import_id)
        typer.echo(f"{one.per_cent} %: {one.rows:,} rows", err=True)


def _tell(one: "Import") -> None:
    done = "would change" if one.dry_run else "changed"
    typer.echo(f"Import {one.id} ({one.format}) is {one.state}: {one.rows:,} rows.")
    typer.echo(f"{one.changed:,} {done}, {one.known:,} known, {one.rejected:,} rejected.")
    for reason, count in sorted(one.why.items(), key=lambda item: -item[1]):
        typer.echo(f"  {count:,} rejected: {reason}")
    if one.ignored:
        typer.echo(f"Columns that are not read: {', '.join(one.ignored[:_SAMPLES])}")


async def _write(importing: "Importing", import_id: str, path: Path) -> None:
    with path.open("wb") as file:
        async for piece in importing.rejects(import_id):
            file.write(piece)
