"""What the code names of RFCs, and what deploy/RFCS.md says of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.architecture.source import PACKAGES, ROOT, name_of, tracked
from tests.documents import readme

PAGE = "deploy/RFCS.md"
WHOLE = "-"  # an RFC, without a section

_NAMED = re.compile(r"RFC (\d{3,5})(bis)?")
_MORE = re.compile(
    r"(?P<join>,| and|/)? ?"
    r"(?:\(\d+\) and )?"
    r"(?P<what>appendix [A-Z](?:\.\d+)?|App\. [A-Z]|X(?:\.\d+)+|\d+(?:\.\d+)*)(?![\w.]*[a-z])"
)
_LEAST = 100  # a number without dots from this one on is another RFC's


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the index."""

    rfcs: tuple[str, ...]
    sections: tuple[str, ...]
    asked: str
    kept: str
    where: tuple[str, ...]
    tests: tuple[str, ...]


def named_in_code() -> dict[tuple[str, str], set[str]]:
    """(RFC, section) of comments and docstrings, with the files that name them."""
    found: dict[tuple[str, str], set[str]] = {}
    for path in tracked():
        if path.relative_to(ROOT).parts[0] in PACKAGES and path.suffix in {".py", ".lua", ".html", ".toml"}:
            for reference in references(path.read_text("utf-8")):
                found.setdefault(reference, set()).add(name_of(path))
    return found


def references(text: str) -> Iterator[tuple[str, str]]:
    """Of "RFC 5321 4.1.1.3, App. C" two, of "RFC 5890/5891" too."""
    for start in _NAMED.finditer(text):
        rfc, place, section = start[1], start.end(), WHOLE
        said = []
        while (more := _MORE.match(text, place)) and (more["join"] or text[place] == " "):
            what, place = more["what"].replace("App.", "appendix"), more.end()
            if what.isdecimal() and int(what) >= _LEAST:
                said.append((rfc, section))
                rfc, section = what, WHOLE
                continue
            if section != WHOLE:
                said.append((rfc, section))
            section = f"bis {what}" if start[2] else what
        yield from [*said, (rfc, section)]


def rows() -> list[Row]:
    """Of the whole page."""
    found = []
    for part in re.split(r"^### ", readme.text(PAGE), flags=re.MULTILINE)[1:]:
        heading, _, rest = part.partition("\n")
        rfcs = tuple(re.findall(r"RFC (\d+)", heading))
        lines = [line for line in rest.splitlines() if line.startswith("|")][2:]
        found += [_row(rfcs, line) for line in lines]
    return found


def _row(rfcs: tuple[str, ...], line: str) -> Row:
    sections, asked, kept, where, tests = (cell.strip() for cell in line.strip("|").split(" | "))
    return Row(rfcs, tuple(sections.split(", ")), asked, kept, _files(where), _files(tests))


def _files(cell: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([^`]+)`", cell))
