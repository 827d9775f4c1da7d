"""Options that several commands share, and the settings that they name."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gateway.config.settings import Settings

Config = Annotated[Path, typer.Option(envvar="GATEWAY_CONFIG", help="The settings file.")]
DataDir = Annotated[
    Path | None, typer.Option(help="The data folder of a `gateway dev`, instead of a settings file.")
]
Workers = Annotated[int | None, typer.Option(min=1, max=64, help="Worker processes.")]
Roles = Annotated[
    str, typer.Option(help="What these processes are for: some of smtp, http, dispatcher and archiver.")
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="0: a free one.")]

ROLES = "smtp,http,dispatcher,archiver"
CONFIG = Path("gateway.toml")


def settings_from(config: Path, data_dir: Path | None) -> "Settings":
    """For commands that ask or alter the store, on whatever host: no role's secrets are needed."""
    from gateway.config import settings
    from gateway.dev import demo

    return settings.load(config, roles=frozenset()) if data_dir is None else demo.settings_of(data_dir)
