"""Functions and files stay short: one that grows past these has two ideas in it."""

import pytest

from tests.architecture.source import PACKAGES, functions, name_of, python_files

LONGEST_FUNCTION = 60
LONG_FUNCTION = 30
MOST_ARE_WITHIN = 20
LONGEST_FILE = 400


@pytest.mark.parametrize("top", [*PACKAGES, "tests"])
def test_no_function_is_too_long(top: str) -> None:
    found = [function for path in python_files(top) for function in functions(path)]
    assert [str(function) for function in found if function.lines > LONGEST_FUNCTION] == []


@pytest.mark.parametrize("top", PACKAGES)
def test_nine_in_ten_functions_are_short(top: str) -> None:
    lengths = sorted(function.lines for path in python_files(top) for function in functions(path))
    assert lengths[len(lengths) * 9 // 10] <= MOST_ARE_WITHIN


def test_long_functions_are_few() -> None:
    """Own lines: a function that only holds others (an APIRouter's) is as long as its longest."""
    found = [function for path in python_files(*PACKAGES) for function in functions(path)]
    long = [str(function) for function in found if function.own > LONG_FUNCTION]
    assert len(long) <= len(found) // 100, long


def test_no_file_is_too_long() -> None:
    sizes = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in python_files()}
    assert {name: size for name, size in sizes.items() if size > LONGEST_FILE} == {}
