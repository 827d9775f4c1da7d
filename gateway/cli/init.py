"""`gateway init`."""

import typer

from gateway.cli.options import CONFIG, Config


def init(config: Config = CONFIG) -> None:
    """Make secrets, prepare an empty store. Once for each store."""
    from gateway.assembly import serving, store_access
    from gateway.config import settings

    loaded = settings.load(config, make_secrets=True)
    with serving.store_server(loaded.store.data_dir):
        store_access.prepare(loaded)
    typer.echo(
        f"The store is prepared. Keep a copy of {loaded.given.secrets}: without it the store is worthless."
    )
