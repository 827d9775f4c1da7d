"""All commands, assembled."""

from importlib.metadata import version
from typing import Annotated

import typer

from gateway.cli import (
    agents,
    check,
    dev,
    doctor,
    events,
    explain,
    imports,
    init,
    keys,
    lists,
    log,
    report,
    restore,
    serve,
)

app = typer.Typer(
    name="gateway",
    help="One enforced decision before every mail, text and call a company sends.",
    epilog=(
        "Exit codes: 0 it is done; 1 it is not, or something was found wrong; 2 wrong command line or settings; "
        "130 interrupted. Why is on stderr. More: deploy/COMMANDS.md."
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(asked: bool) -> None:  # noqa: FBT001 - the parser's callback
    if asked:
        typer.echo(f"gateway {version('suppression-gateway')}")
        raise typer.Exit


@app.callback()
def gateway(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print it, and no more.")
    ] = False,
) -> None:
    """What all commands have in common."""


app.command("dev")(dev.dev)
app.command("init")(init.init)
app.command("serve")(serve.serve)
app.command("check")(check.check)
app.command("doctor")(doctor.doctor)
app.command("explain")(explain.explain)
app.command("import")(imports.import_)
app.command("report")(report.report)
app.command("restore")(restore.restore)
app.add_typer(keys.app, name="keys")
app.add_typer(agents.app, name="agents")
app.add_typer(events.app, name="events")
app.add_typer(lists.app, name="lists")
app.add_typer(log.app, name="log")
