"""README's table of clients that were tried is what the tests try."""

import re

from tests.documents import readme

SECTION = "Clients tried"
_MARKED = re.compile(r'^(?:pytestmark = |@)pytest\.mark\.client\("([^"]+)"\)', re.MULTILINE)


def marked() -> dict[str, set[str]]:
    """In which test files each client is used."""
    found: dict[str, set[str]] = {}
    for path in sorted((readme.ROOT / "tests").glob("*/test_*.py")):
        for name in _MARKED.findall(path.read_text("utf-8")):
            found.setdefault(name, set()).add(str(path.relative_to(readme.ROOT)))
    return found


def test_every_client_is_named_with_its_tests_and_no_other() -> None:
    named = {row[0]: set(re.findall(r"`([^`]+)`", row[3])) for row in readme.rows(SECTION)}
    assert named == marked()


def test_every_client_has_a_version_and_what_came_of_it() -> None:
    assert all(len(row) == 4 and all(row) for row in readme.rows(SECTION))
