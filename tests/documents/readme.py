"""README.md and its pages as these tests read them: their sections, with tables and blocks of code."""

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

README = "README.md"
SETTINGS, COMMANDS = "deploy/SETTINGS.md", "deploy/COMMANDS.md"
_GUIDES = "deploy/guides"
CONCEPTS, RELAYING, TEXTING = f"{_GUIDES}/concepts.md", f"{_GUIDES}/relaying.md", f"{_GUIDES}/texting.md"
INTEGRATING, SUPPORT = f"{_GUIDES}/integrating.md", f"{_GUIDES}/support.md"
OPERATING, AUDITING = f"{_GUIDES}/operating.md", f"{_GUIDES}/auditing.md"

_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


@cache
def text(name: str = README) -> str:
    return (ROOT / name).read_text("utf-8")


def section(title: str, page: str = README) -> str:
    """What stands under a heading, up to the next of its rank or above."""
    headings = list(_HEADING.finditer(_FENCED.sub(_blank, text(page))))
    for place, heading in enumerate(headings):
        if heading[2] == title:
            above = (one.start() for one in headings[place + 1 :] if len(one[1]) <= len(heading[1]))
            return text(page)[heading.end() + 1 : next(above, None)]
    raise AssertionError(f"{page} has no section {title}")


def _blank(block: re.Match[str]) -> str:
    """A comment in a block is no heading."""
    return re.sub(r"[^\n]", " ", block[0])


def rows(title: str, number: int = 0, *, page: str = README) -> list[list[str]]:
    """The cells of a section's table, without its head. `number`: which of several."""
    tables = re.findall(r"(?:^\|.*\|\n)+", section(title, page), re.MULTILINE)
    _head, _rule, *lines = tables[number].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def names(title: str, number: int = 0, *, page: str = README) -> list[str]:
    """The first column, without its back-ticks."""
    return [row[0].strip("` ") for row in rows(title, number, page=page)]


def blocks(title: str, language: str, *, page: str = README) -> list[str]:
    """The code in a section."""
    return re.findall(rf"^```{language}\n(.*?)^```", section(title, page), re.MULTILINE | re.DOTALL)
