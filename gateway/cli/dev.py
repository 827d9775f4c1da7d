"""`gateway dev`."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import Port, Workers


def dev(
    data_dir: Annotated[Path | None, typer.Option(help="Kept for the next start.")] = None,
    smtp_port: Port = 0,
    http_port: Port = 0,
    workers: Workers = 1,
) -> None:
    """Start everything here, and nothing leaves.

    An embedded store, a sandbox with what would have left, a demo configuration.
    """
    from gateway import logs
    from gateway.dev import start as development

    logs.configure(people=True)
    folder = data_dir or development.default_folder()
    raise typer.Exit(development.run(folder, smtp_port, http_port, workers or 1))
