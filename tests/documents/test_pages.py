"""Links between documents lead somewhere, and what these pages tell to run is there."""

import importlib.util
import re
import subprocess
from pathlib import Path

import pytest

from tests.documents import pages, readme

OURS = ("deploy/ARCHITECTURE.md", "deploy/RFCS.md", "deploy/HTTP.md", "CONTRIBUTING.md")


@pytest.mark.parametrize("name", pages.names())
def test_every_link_leads_to_a_file_and_a_heading(name: str) -> None:
    for path, anchor in pages.links(name):
        assert pages.exists(path), path
        if anchor and Path(path).suffix == ".md":
            assert anchor in pages.anchors(path), f"{path}#{anchor}"


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


def test_files_that_contributing_names_exist() -> None:
    named = re.findall(
        r"`((?:suppression|channels|gateway|tests|deploy)/[\w./-]+)`", readme.text("CONTRIBUTING.md")
    )
    assert [name for name in named if not pages.exists(name)] == []
