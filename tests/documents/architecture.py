"""The parts of deploy/ARCHITECTURE.md that are made of the code: packages, imports, keys in Redis.

Run `python -m tests.documents.architecture` when a test says that they are not current: it writes them anew.
"""

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Iterator

from suppression.store.keys import ShardKeys
from tests.architecture.source import PACKAGES, ROOT, python_files, tree
from tests.documents import imports

PAGE = "deploy/ARCHITECTURE.md"

_BLOCK = re.compile(r"(<!-- made: (\w+) -->\n)\n.*?(<!-- end -->)", re.DOTALL)
_KNOW_KEYS = {"state", "store", "duties"}  # folders
# What stands for the arguments of a key's name.
_STANDS_FOR = {"key": b"<KEY>", "number": b"<NUMBER>", "entry": b"<ENTRY>".hex()}


class _Code(int):
    """A number that shows itself as a name."""

    def __str__(self) -> str:
        return "<CODE>"


def fresh(page: str) -> str:
    """The page with its made parts as they should be."""
    return _BLOCK.sub(
        lambda found: found[1] + "\n" + _MADE[found[2]]().rstrip("\n") + "\n\n" + found[3], page
    )


def packages() -> str:
    """Each folder with what its docstring says first."""
    rows = []
    for path in python_files(*PACKAGES):
        if path.name == "__init__.py":
            said = (ast.get_docstring(tree(path)) or "").split("\n\n")[0]
            first = re.split(r"(?<=\.) |:\n", " ".join(said.split()))[0]
            rows.append((f"`{path.parent.relative_to(ROOT).as_posix()}`", first))
    return _table(("package", "what it owns"), [row for row in rows if row[1]])


def keys() -> str:
    """Every key of a shard, by its name."""
    return _table(("key", "what"), sorted(_keys()))


def _keys() -> Iterator[tuple[str, str]]:
    of_shard = ShardKeys(0, "TAG")
    for name, member in vars(ShardKeys).items():
        if name.startswith("_") or name in ShardKeys.__dataclass_fields__:
            continue
        made = getattr(of_shard, name)
        value = made if isinstance(made, bytes) else made(*_arguments(made))
        yield f"`{value.decode()}`", " ".join((inspect.getdoc(member) or "").split())


def _arguments(method: Callable[..., bytes]) -> Iterator[object]:
    for name, parameter in inspect.signature(method).parameters.items():
        yield _Code() if parameter.annotation is int else _STANDS_FOR.get(name, f"<{name.upper()}>")


def other_keys() -> set[str]:
    """The beginnings of keys' names that stand elsewhere in the code: "{console}agents"."""
    named = re.compile(r"^(\{(?:%b|\{?[a-z]+(?:-[a-z]+)*\}?)\}[a-z:]*)")
    found = set()
    for path in python_files(*PACKAGES):
        if path.parent.name in _KNOW_KEYS and path.name != "keys.py":
            for node in ast.walk(tree(path)):
                text = node.value if isinstance(node, ast.Constant) else None
                text = text.decode("latin-1") if isinstance(text, bytes) else text
                if isinstance(text, str) and (match := named.match(text)) and " " not in text:
                    found.add(match[1].replace("{%b}", "{TAG}"))
    return found


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


_MADE = {"packages": packages, "imports": lambda: imports.told() + "\n", "keys": keys}


if __name__ == "__main__":
    page = ROOT / PAGE
    page.write_text(fresh(page.read_text("utf-8")), "utf-8")
    (ROOT / imports.PICTURE).write_text(imports.drawn(), "utf-8")
