"""`gateway agents`: added, listed, disabled and reset from the command line."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.processes import environment


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Of a `gateway dev` that has run."""
    from tests.end_to_end.processes import Running

    running = Running.dev(tmp_path_factory.mktemp("agents"), "--workers", "1")
    running.ready()
    yield running.data
    running.stop()
    running.end()


@pytest.fixture
def agents(folder: Path) -> Callable[..., Any]:
    def run(*arguments: str, stdin: str = "") -> Any:
        return subprocess.run(
            [sys.executable, "-m", "gateway", "agents", *arguments, "--data-dir", folder],
            capture_output=True, text=True, timeout=60, check=False, env=environment(), input=stdin,
        )  # fmt: skip

    return run


def test_an_agent_is_added_listed_disabled_and_reset(agents: Callable[..., Any]) -> None:
    added = agents("add", "kim", "--role", "supervisor", "--title", "Kim Doe")
    assert len(added.stdout.strip()) == 20
    assert row(agents, "kim")[:4] == ["kim", "Kim Doe", "supervisor", "not yet"]
    assert agents("disable", "kim").stdout == "Agent kim is disabled.\n"
    assert row(agents, "kim")[-1] == "disabled"
    reset = agents("reset", "kim")
    assert len(reset.stdout.strip()) == 20
    assert reset.stdout != added.stdout
    assert row(agents, "kim")[-1] == ""


def row(agents: Callable[..., Any], name: str) -> list[str]:
    lines = [line.split("\t") for line in agents("list").stdout.splitlines()]
    return next(line for line in lines if line[0] == name)


def test_a_password_from_stdin_is_not_printed(agents: Callable[..., Any]) -> None:
    told = agents("add", "lee", "--role", "agent", "--password-stdin", stdin="a long pass phrase\n")
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "Agent lee is added.\n")


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (["add", "demo", "--role", "agent"], "", "there is an agent of this name"),
        (["add", "x", "--role", "god"], "", "a role is one of: agent, supervisor, auditor, admin"),
        (
            ["add", "a b", "--role", "agent"],
            "",
            "a name is 1 to 64 of a-z, 0-9 and, within it, '.', '_' and '-'",
        ),
        (
            ["add", "x", "--role", "agent", "--password-stdin"],
            "short\n",
            "a password has 12 to 200 characters",
        ),
        (["disable", "nobody"], "", "no agent of this name"),
        (["reset", "nobody"], "", "no agent of this name"),
    ],
)
def test_what_cannot_be_done_is_said(
    agents: Callable[..., Any], arguments: list[str], stdin: str, said: str
) -> None:
    told = agents(*arguments, stdin=stdin)
    assert (told.returncode, told.stderr) == (1, f"gateway: {said}\n")
