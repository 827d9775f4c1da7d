"""A few things are made in one place only. (That addresses are is tested beside suppression/address.py.)"""

import ast
from collections.abc import Iterator

from tests.architecture.source import PACKAGES, name_of, python_files, tree


def makers(name: str) -> Iterator[str]:
    """The modules that call something of this name."""
    for path in python_files(*PACKAGES):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and _called(node.func) == name:
                yield name_of(path)


def _called(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def test_only_the_store_makes_permits() -> None:
    assert set(makers("Permit")) == {"suppression/store/store.py", "suppression/store/transitions.py"}


def test_only_wiring_makes_carriers() -> None:
    for carriers in ("SmtpCarriers", "SandboxCarriers", "TwilioTexts", "TwilioCalls"):
        assert set(makers(carriers)) == {"gateway/assembly/ways_out.py"}
