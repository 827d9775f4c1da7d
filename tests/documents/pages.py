"""The documents of the project as pages: their headings as browsers' anchors, their links, their blocks of shell."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import ROOT, name_of, tracked
from tests.documents import readme

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def names() -> list[str]:
    """Every page in git or about to be."""
    found = (name_of(path) for path in tracked() if path.suffix == ".md")
    return [name for name in found if not name.startswith("tests/")]


def anchors(name: str) -> set[str]:
    """As GitHub makes them of headings; of equal ones the first has the plain name."""
    found: set[str] = set()
    for heading in re.findall(r"^#{1,6} (.+)$", _FENCED.sub("", readme.text(name)), re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        found.add(plain if plain not in found else f"{plain}-1")
    return found


def links(name: str) -> Iterator[tuple[str, str]]:
    """(page or file, anchor) of links within the project; "" for none."""
    for target in _LINK.findall(_FENCED.sub("", readme.text(name))):
        if "://" not in target and not target.startswith("mailto:"):
            path, _, anchor = target.partition("#")
            yield _from(name, path) if path else name, anchor


def _from(name: str, path: str) -> str:
    return ((ROOT / name).parent / path).resolve().relative_to(ROOT.resolve()).as_posix()


def commands(name: str) -> list[str]:
    """One by one: of blocks of shell, and those that the text names in back-ticks (`make test T=tests/contracts`)."""
    fenced = _FENCED.findall(readme.text(name))
    lines = [line for language, text in fenced if language in {"sh", "bash"} for line in text.splitlines()]
    text = _FENCED.sub("", readme.text(name))
    lines += re.findall(r"`((?:make|\.venv/bin/\w+|gateway) [^`\n]+)`", text)
    return [part.strip() for line in lines for part in line.split("&&")]


def exists(name: str) -> bool:
    return (ROOT / Path(name)).exists()


def told_to_gateway(name: str) -> list[str]:
    """Each command of `gateway` in a block or in back-ticks, as it is told."""
    fenced = [line for _, text in _FENCED.findall(readme.text(name)) for line in text.splitlines()]
    quoted = re.findall(r"`([^`\n]+)`", _FENCED.sub("", readme.text(name)))
    found = (re.match(r"(?:\.venv/bin/)?(gateway [a-z][^#]*)", line.strip()) for line in [*fenced, *quoted])
    return [one[1] for one in found if one]
