"""`gateway log`: the records that are asked for, as they come, by SQL; and whether the archive is whole."""

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.formats import Format
from gateway.cli.options import CONFIG, Config, DataDir, settings_from

if TYPE_CHECKING:
    from gateway.config.settings import Settings

app = typer.Typer(help="Read the log. It holds no addresses.", invoke_without_command=True)

Since = Annotated[str | None, typer.Option(help='Logged from then on: 2026-11-24T18:00:00Z, "2h", "7d".')]
Until = Annotated[str | None, typer.Option(help="Logged before then.")]
Form = Annotated[Format, typer.Option("--format", help="For people, for programs, or for tables.")]
_SHARED = {"config", "data_dir"}  # may stand before a command, too
_ALWAYS = {"limit", "form", "as_json", *_SHARED}  # no question by themselves


@app.callback()
def log(
    context: typer.Context,
    recipient: Annotated[str | None, typer.Option(help="An address: its records.")] = None,
    decision: Annotated[str | None, typer.Option(help="A record's id: it, and how it ended.")] = None,
    app: Annotated[str, typer.Option(help="Of this app.")] = "",
    kind: Annotated[str, typer.Option(help="What happened: decided, sent, suppressed...")] = "",
    outcome: Annotated[str, typer.Option(help="Of a decision: send, refuse or defer.")] = "",
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    channel: Annotated[str, typer.Option(help="email, sms, voice or audience.")] = "",
    purpose: Annotated[str, typer.Option(help="A purpose, or what is above it.")] = "",
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=0, help="The newest so many; 0: all.")] = 100,
    follow: Annotated[bool, typer.Option("--follow", help="As they come.")] = False,  # noqa: FBT002 - a flag
    form: Form = Format.TABLE,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,  # noqa: FBT002 - a flag
    config: Config = CONFIG,
    data_dir: DataDir = None,
) -> None:
    """Read the log, oldest first. It holds no addresses."""
    given = _given(context)
    if context.invoked_subcommand is not None:
        if given - _SHARED:
            raise typer.BadParameter(f"options come after {context.invoked_subcommand}")
        return
    if not given - _ALWAYS or (decision is not None and (follow or recipient is not None)):
        raise typer.BadParameter("name --recipient, --decision, --follow, or what to choose by")
    from gateway.cli.asking import Asking, question

    asked = question(app, kind, outcome, reason, channel, purpose, since, until)
    loaded = settings_from(config, data_dir)
    asking = Asking(loaded, asked, recipient, Format.JSON if as_json else form)
    with contextlib.suppress(KeyboardInterrupt):
        if follow:
            asyncio.run(asking.follow())
        elif decision is not None:
            asyncio.run(asking.decision(decision))
        else:
            asyncio.run(asking.show(limit))


@app.command("sql")
def sql(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help='One SELECT over the view "log".')],
    since: Since = None,
    until: Until = None,
    form: Form = Format.TABLE,
    config: Config = CONFIG,
    data_dir: DataDir = None,
) -> None:
    """Ask the whole log by SQL (DuckDB's). It only reads, and nothing but the log."""
    from gateway.cli.asking import by_sql, span

    asked = span(since, until)
    asyncio.run(by_sql(_settings(context, config, data_dir), question, asked, form))


@app.command("verify")
def verify(context: typer.Context, config: Config = CONFIG, data_dir: DataDir = None) -> None:
    """Say whether the archive is whole. Reads every byte of it; exit code 1 if not."""
    from gateway.cli.asking import damages

    raise typer.Exit(1 if asyncio.run(damages(_settings(context, config, data_dir))) else 0)


def _settings(context: typer.Context, config: Path, data_dir: Path | None) -> "Settings":
    """As the command's own options name them, else those before it."""
    above = context.parent
    if above is not None and not _given(context) & _SHARED and _given(above) & _SHARED:
        config, data_dir = above.params["config"], above.params["data_dir"]
    return settings_from(config, data_dir)


def _given(context: Any) -> set[str]:
    """Options that were written. `context`: Typer's own type, or that of what it is made of."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}
