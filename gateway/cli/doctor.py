"""`gateway doctor`."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.options import CONFIG, ROLES, Config, Roles

if TYPE_CHECKING:
    from gateway.doctor.findings import Finding

Json = Annotated[bool, typer.Option("--json", help="For programs: one JSON object.")]


def doctor(
    config: Config = CONFIG,
    roles: Roles = ROLES,
    as_json: Json = False,  # noqa: FBT002 - an option, not an argument
) -> None:
    """Look at all that it stands on. Sends nothing.

    DNS, TLS, next hop, Twilio, clock, store, archive and public URL: what is wrong, and what to do about it. Exit
    code 1 if something fails.
    """
    from gateway import logs
    from gateway.config import settings
    from gateway.config.roles import parse
    from gateway.doctor.examine import examine
    from gateway.doctor.findings import Level

    logs.configure(people=True)
    of_host = parse(roles)
    found = asyncio.run(examine(settings.load(config, roles=of_host), roles=of_host))
    counts = {level.value: sum(finding.level is level for finding in found) for level in Level}
    if as_json:
        told = [{"level": one.level, "about": one.about, "said": one.said, "todo": one.todo} for one in found]
        typer.echo(json.dumps({"findings": told, **counts}, indent=1))
    else:
        for finding in found:
            typer.echo(_line(finding))
        typer.echo(", ".join(f"{count} {level}" for level, count in counts.items()))
    raise typer.Exit(1 if counts[Level.FAIL] else 0)


def _line(finding: "Finding") -> str:
    line = f"{finding.level:<5} {finding.about:<10}  {finding.said}"
    return f"{line}\n{'':>18}-> {finding.todo}" if finding.todo else line
