"""`gateway serve`."""

import os

import typer

from gateway.cli.options import CONFIG, ROLES, Config, Roles, Workers


def serve(config: Config = CONFIG, workers: Workers = None, roles: Roles = ROLES) -> None:
    """Run in production, until SIGTERM. --workers: one for each processor by default."""
    from gateway import logs
    from gateway.assembly import serving
    from gateway.config import settings
    from gateway.config.roles import parse

    logs.configure(people=False)
    wanted = parse(roles)
    loaded = settings.load(config, roles=wanted)
    raise typer.Exit(serving.serve(loaded, workers or os.cpu_count() or 1, wanted))
