"""Names say what a thing is; there is a known set of places for things to be."""

import ast
import re

from tests.architecture.source import PACKAGES, ROOT, name_of, python_files, tracked, tree

TOP_FOLDERS = {".ci", *PACKAGES, "tests", "deploy"}
EMPTY_WORDS = re.compile(r"(?i)(?:^|_)(utils?|helpers?|managers?|misc|common)(?:_|$)")
EMPTY_ENDINGS = ("Manager", "Service", "Helper", "Util", "Utils")


def test_top_level_folders_are_the_known_ones() -> None:
    folders = {path.relative_to(ROOT).parts[0] for path in tracked() if path.parent != ROOT}
    assert folders <= TOP_FOLDERS


def test_no_module_or_folder_has_a_name_that_says_nothing() -> None:
    parts = (
        (path, part.removesuffix(".py")) for path in python_files() for part in path.relative_to(ROOT).parts
    )
    assert [name_of(path) for path, part in parts if EMPTY_WORDS.search(part)] == []


def test_no_class_is_a_manager_a_service_or_a_helper() -> None:
    named = [
        f"{name_of(path)}: {node.name}"
        for path in python_files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and node.name.endswith(EMPTY_ENDINGS)
    ]
    assert named == []


def test_every_module_says_what_it_owns() -> None:
    silent = [
        name_of(path)
        for path in python_files(*PACKAGES)
        if path.name != "__init__.py" and not ast.get_docstring(tree(path))
    ]
    assert silent == []
