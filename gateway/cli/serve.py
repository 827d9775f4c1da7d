"""`gateway serve`."""

import os
from typing import Annotated

import typer

from gateway.cli.options import CONFIG, Config, Workers

Roles = Annotated[
    str, typer.Option(help="What these processes are for: some of smtp, http, dispatcher and archiver.")
]


def serve(
    config: Config = CONFIG, workers: Workers = None, roles: Roles = "smtp,http,dispatcher,archiver"
) -> None:
    """Run in production, until SIGTERM. --workers: one for each processor by default."""
    from gateway import logs
    from gateway.assembly import serving
    from gateway.assembly.roles import parse
    from gateway.config import settings

    logs.configure(people=False)
    wanted = parse(roles)
    raise typer.Exit(serving.serve(settings.load(config), workers or os.cpu_count() or 1, wanted))
