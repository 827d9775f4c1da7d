"""README.md as these tests read it: its sections, their tables and blocks of code."""

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def text(name: str = "README.md") -> str:
    return (ROOT / name).read_text("utf-8")


def section(title: str, page: str = "README.md") -> str:
    """What stands under a heading, up to the next of its rank."""
    pattern = rf"^(#+) {re.escape(title)}\n(.*?)(?=^#{{1,2}} |\Z)"
    found = re.search(pattern, text(page), re.MULTILINE | re.DOTALL)
    assert found, f"{page} has no section {title}"
    return found[2]


def rows(title: str, number: int = 0) -> list[list[str]]:
    """The cells of a section's table, without its head. `number`: which of several."""
    tables = re.findall(r"(?:^\|.*\|\n)+", section(title), re.MULTILINE)
    _head, _rule, *lines = tables[number].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def names(title: str, number: int = 0) -> list[str]:
    """The first column, without its back-ticks."""
    return [row[0].strip("` ") for row in rows(title, number)]


def blocks(title: str, language: str) -> list[str]:
    """The code in a section."""
    return re.findall(rf"^```{language}\n(.*?)^```", section(title), re.MULTILINE | re.DOTALL)
