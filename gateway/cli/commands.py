"""All commands, assembled."""

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
