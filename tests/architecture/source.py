"""The code base as these tests see it: the files that git keeps or would keep, and the functions in them."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("suppression", "channels", "gateway")

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Function:
    """`own`: its lines without those of functions within it, which are counted by themselves."""

    path: Path
    name: str
    line: int
    lines: int
    own: int

    def __str__(self) -> str:
        return f"{name_of(self.path)}:{self.line} {self.name} ({self.lines} lines)"


@cache
def tracked() -> tuple[Path, ...]:
    """Files in git and new ones that are not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return tuple(path for name in sorted(listed.split("\0")) if name and (path := ROOT / name).is_file())


def python_files(*tops: str) -> list[Path]:
    """Those in these top-level folders; of all when none is named."""
    found = (path for path in tracked() if path.suffix == ".py")
    return [path for path in found if not tops or path.relative_to(ROOT).parts[0] in tops]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(tree(path)):
        if isinstance(node, FunctionNode):
            inner = sum(_length(within) for within in _functions_in(node))
            yield Function(path, node.name, node.lineno, _length(node), _length(node) - inner)


def _length(node: FunctionNode) -> int:
    """Decorators are data about a function, not part of it."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _functions_in(node: ast.AST) -> Iterator[FunctionNode]:
    """The outermost ones."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FunctionNode):
            yield child
        else:
            yield from _functions_in(child)
