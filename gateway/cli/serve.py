"""`gateway serve`."""

import os

import typer

from gateway.cli.options import CONFIG, Config, Workers


def serve(config: Config = CONFIG, workers: Workers = None) -> None:
    """Run in production. --workers: one for each processor by default."""
    from gateway import logs, serving
    from gateway.config import settings

    logs.configure(people=False)
    raise typer.Exit(serving.serve(settings.load(config), workers or os.cpu_count() or 1))
