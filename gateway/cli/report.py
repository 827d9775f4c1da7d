"""`gateway report --month 2026-10`."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.options import CONFIG, Config, DataDir, settings_from

if TYPE_CHECKING:
    from gateway.archive.report.figures import Figures
    from gateway.archive.report.month import Month
    from gateway.config.settings import Settings


def report(
    month: Annotated[str, typer.Option(help="In UTC: 2026-10.")],
    out: Annotated[Path | None, typer.Option(help="The file; report-MONTH.html by default.")] = None,
    sender: Annotated[str | None, typer.Option(help="Only this sender's messages.")] = None,
    config: Config = CONFIG,
    data_dir: DataDir = None,
) -> None:
    """Write a month of the log as one page.

    HTML with charts, of what is archived. Needs the extra `report`.
    """
    from gateway.archive.report import charts
    from gateway.archive.report.month import Month
    from gateway.archive.report.page import page

    charts.library()  # before the work that would be for nothing
    asked, loaded = Month.parse(month), settings_from(config, data_dir)
    found = asyncio.run(_figures(loaded, asked, _known(loaded, sender)))
    file = out or Path(f"report-{month}.html")
    _write(file, page(found, datetime.now(UTC)))
    typer.echo(f"{found.records} records of {asked.title}: {file}")


def _known(loaded: "Settings", sender: str | None) -> str | None:
    from suppression.errors import NotFound

    if sender is not None and sender not in loaded.senders:
        raise NotFound(f"name one of the senders with --sender: {', '.join(sorted(loaded.senders))}")
    return sender


async def _figures(loaded: "Settings", month: "Month", sender: str | None) -> "Figures":
    from gateway.archive.report.reading import read
    from gateway.assembly.archives import place_of, scratch_of
    from gateway.cli.stores import opened
    from suppression.errors import ConfigurationError
    from suppression.store.hot import HotLog

    place = place_of(loaded)
    if place is None:
        raise ConfigurationError("archive: no folder and no bucket, and the report is made from the archive")
    async with opened(loaded) as store:
        head, catalogue = await HotLog(store).head(), await store.catalogue()
    remembered = None if head is None else (head.number, head.digest)
    return await asyncio.to_thread(read, place, scratch_of(loaded), remembered, month, catalogue, sender)


def _write(file: Path, text: str) -> None:
    from suppression.errors import InvalidInput

    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise InvalidInput(f"{file} cannot be written: {error.strerror}") from error
