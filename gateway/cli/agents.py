"""`gateway agents add|list|disable|reset`."""

import asyncio
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.options import CONFIG, Config, DataDir, settings_from

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
    from typing import Any

    from gateway.config.settings import Settings
    from gateway.state.agents import Agent, Agents

app = typer.Typer(help="Agents: who may sign in to the console.", no_args_is_help=True)

HEAD = ("name", "full name", "role", "one-time codes", "created", "state")
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from stdin, instead of making one.")
]


@app.command("add")
def add(
    name: str,
    role: Annotated[str, typer.Option(help="agent, supervisor, auditor or admin.")],
    title: Annotated[str, typer.Option(help="Full name.")] = "",
    password_stdin: PasswordStdin = False,  # noqa: FBT002 - a flag of the command line
    config: Config = CONFIG,
    data_dir: DataDir = None,
) -> None:
    """Add an agent. A made password is shown once: on stdout, alone."""
    from gateway.state.agents import Role
    from suppression.errors import InvalidInput

    if role not in set(Role):
        raise InvalidInput(f"a role is one of: {', '.join(Role)}")
    given = _read_password(wanted=password_stdin)
    loaded = settings_from(config, data_dir)
    made = asyncio.run(_with(loaded, lambda agents: agents.add(name, Role(role), title, given)))
    _tell(f"Agent {name} is added.", made, given)


@app.command("list")
def list_agents(config: Config = CONFIG, data_dir: DataDir = None) -> None:
    """Show all agents."""
    from gateway.cli.tables import print_table

    agents: Sequence[Agent] = asyncio.run(
        _with(settings_from(config, data_dir), lambda agents: agents.list())
    )
    print_table(HEAD, [_row(agent) for agent in agents])


@app.command("disable")
def disable(name: str, config: Config = CONFIG, data_dir: DataDir = None) -> None:
    """Let an agent in no more. Ends the sessions; `reset` lets him in again."""
    asyncio.run(_with(settings_from(config, data_dir), lambda agents: agents.disable(name)))
    typer.echo(f"Agent {name} is disabled.")


@app.command("reset")
def reset(
    name: str,
    password_stdin: PasswordStdin = False,  # noqa: FBT002 - a flag of the command line
    config: Config = CONFIG,
    data_dir: DataDir = None,
) -> None:
    """Give an agent a new password. One-time codes are set up anew; all sessions end."""
    given = _read_password(wanted=password_stdin)
    loaded = settings_from(config, data_dir)
    made = asyncio.run(_with(loaded, lambda agents: agents.reset(name, given)))
    _tell(f"Agent {name} is reset.", made, given)


def _read_password(*, wanted: bool) -> str | None:
    return sys.stdin.readline().rstrip("\r\n") if wanted else None


def _tell(what: str, password: str, given: str | None) -> None:
    if given is not None:
        typer.echo(what, err=True)
        return
    typer.echo(f"{what} This is the only time that the password is shown:", err=True)
    typer.echo(password)


async def _with(loaded: "Settings", work: "Callable[[Agents], Coroutine[Any, Any, Any]]") -> "Any":
    async with _agents(loaded) as agents:
        return await work(agents)


@asynccontextmanager
async def _agents(loaded: "Settings") -> "AsyncIterator[Agents]":
    from gateway.cli.stores import opened
    from gateway.state.agents import Agents
    from gateway.state.passwords import Passwords

    async with opened(loaded) as store:
        yield Agents(store.client.stops, Passwords())


def _row(agent: "Agent") -> tuple[str, ...]:
    codes = "set up" if agent.enrolled else "not yet"
    state = "disabled" if agent.disabled else ""
    return (agent.name, agent.title, agent.role.value, codes, f"{agent.created:%Y-%m-%d %H:%M}", state)
