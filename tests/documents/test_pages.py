"""Links between documents lead somewhere, what they tell to run is there, and a test holds each of their blocks."""

import ast
import importlib.util
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import typer

from gateway.cli.commands import app as commands
from tests.architecture.source import tree
from tests.documents import blocks, pages, readme

OURS = ("deploy/ARCHITECTURE.md", "deploy/RFCS.md", "deploy/HTTP.md", "CONTRIBUTING.md")


@pytest.mark.parametrize("name", pages.names())
def test_every_link_leads_to_a_file_and_a_heading(name: str) -> None:
    for path, anchor in pages.links(name):
        assert pages.exists(path), path
        if anchor and Path(path).suffix == ".md":
            assert anchor in pages.anchors(path), f"{path}#{anchor}"


@pytest.mark.parametrize("name", pages.names())
def test_nobody_has_to_search_for_a_page(name: str) -> None:
    """README names it, or a page that README names."""
    beside = {path for path, _ in pages.links(readme.README)}
    assert name == readme.README or name in beside


@pytest.mark.parametrize("name", OURS)
def test_every_command_that_is_told_exists(name: str) -> None:
    """A target of the Makefile with its paths, a tool of the venv, a module with its own."""
    for line in pages.commands(name):
        words = line.split()
        if words[0] == "make":
            _is_planned(words)
        elif "-m" in words:
            assert importlib.util.find_spec(words[words.index("-m") + 1]) is not None, line
        else:
            assert Path(words[0]).name in {"gateway", "pytest", "ruff", "mypy", "lint-imports"}, line


def _is_planned(words: list[str]) -> None:
    targets = [word for word in words[1:] if re.fullmatch(r"[a-z]+", word)]
    planned = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", *targets],
        cwd=readme.ROOT,
        capture_output=True,
        check=False,
    )
    assert planned.returncode == 0, words
    assert all(pages.exists(word[2:]) for word in words if word.startswith("T=")), words


@pytest.mark.parametrize("name", pages.names())
def test_every_command_of_gateway_is_one_with_such_options(name: str) -> None:
    for line in pages.told_to_gateway(name):
        command: Any = typer.main.get_command(commands)
        for word in line.split()[1:]:
            if isinstance(command, click.Group) or hasattr(command, "commands"):
                assert word in command.commands or command.invoke_without_command, line
                command = command.commands.get(word, command)
            known = {option for part in command.params for option in part.opts}
            assert not word.startswith("--") or word in known, line


def test_every_block_is_held_by_a_test_or_says_why_not() -> None:
    assert blocks.found() == {where: len(held) for where, held in blocks.HELD.items()}


@pytest.mark.parametrize("where", blocks.HELD, ids=" ".join)
def test_the_test_that_holds_a_block_exists_and_reads_it(where: tuple[str, str]) -> None:
    for held in blocks.HELD[where]:
        if not held.startswith(blocks.NOT):
            path, _, name = held.partition("::")
            assert name in set(_functions(path)), held
            assert f'"{where[1]}"' in (readme.ROOT / path).read_text(), (held, where)


def _functions(path: str) -> Iterator[str]:
    return (node.name for node in ast.walk(tree(readme.ROOT / path)) if isinstance(node, ast.FunctionDef))


def test_files_that_contributing_names_exist() -> None:
    named = re.findall(
        r"`((?:suppression|channels|gateway|tests|deploy)/[\w./-]+)`", readme.text("CONTRIBUTING.md")
    )
    assert [name for name in named if not pages.exists(name)] == []
