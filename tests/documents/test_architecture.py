"""deploy/ARCHITECTURE.md names what exists, and its made parts are current."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import tree
from tests.documents import architecture, imports, readme

NAMED = re.compile(r"`((?:suppression|channels|gateway|tests|deploy)/[\w./-]*?)(?::([\w.]+))?`")


def named() -> list[tuple[str, str]]:
    """Files and folders, each with the function or class in it, or ""."""
    found = NAMED.findall(readme.text(architecture.PAGE))
    assert len(found) > 100
    return found


def test_every_file_that_is_named_exists() -> None:
    assert [path for path, _ in named() if not (readme.ROOT / path).exists()] == []


def test_every_function_that_is_named_exists() -> None:
    missing = [
        f"{path}:{name}"
        for path, name in named()
        if name and name not in set(_defined(tree(readme.ROOT / Path(path)), ""))
    ]
    assert missing == []


def _defined(node: ast.AST, prefix: str) -> Iterator[str]:
    """Dotted names, also of constants, and of what a class has from a base class beside it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield prefix + child.name
            if isinstance(child, ast.ClassDef):
                yield from _defined(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.Assign):
            yield from (
                prefix + name.id
                for target in child.targets
                for name in ast.walk(target)
                if isinstance(name, ast.Name)
            )


def test_no_two_packages_import_each_other() -> None:
    assert max(imports.height(imports.boxes()).values()) > 0  # a circle raises


def test_the_decision_stands_on_nothing_and_the_command_line_on_all() -> None:
    heights = imports.height(imports.boxes())
    assert heights[imports.DECISION] == 0
    assert max(heights, key=lambda name: heights[name]) == "gateway.cli"


def test_the_made_parts_are_current() -> None:
    """Else: .venv/bin/python -m tests.documents.architecture"""
    assert readme.text(architecture.PAGE) == architecture.fresh(readme.text(architecture.PAGE))


def test_the_picture_of_imports_is_current() -> None:
    """Else: .venv/bin/python -m tests.documents.architecture"""
    assert readme.text(imports.PICTURE) == imports.drawn()


def test_every_key_in_redis_is_named_and_says_what_it_is() -> None:
    rows = re.findall(r"^\| `(\{TAG\}\S+)` \| (.*) \|$", architecture.keys(), re.MULTILINE)
    assert [key for key, said in rows if not said] == []
    page = readme.text(architecture.PAGE)
    assert [key for key in architecture.other_keys() if f"`{key}`" not in page] == []


def test_no_key_is_named_that_the_code_has_not() -> None:
    named = set(re.findall(r"`(\{[\w-]+\}[\w:]*)`", readme.section("What is in Redis", architecture.PAGE)))
    known = set(re.findall(r"`(\{TAG\}\S+)`", architecture.keys())) | architecture.other_keys()
    assert named - known == set()
