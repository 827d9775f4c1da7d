"""Which clients were tried, in which versions, and what came of it: build/interop.json, for README's table.

A plugin of pytest: the marker `client("curl")` names the client that a test uses, the fixture `version` its version.
"""

import fcntl
import json
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILE = ROOT / "build" / "interop.json"

Version = Callable[[str], None]

_tests: dict[str, dict[str, str]] = {}
_versions: dict[str, str] = {}


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    marker = item.get_closest_marker("client")
    if marker and (report.when == "call" or not report.passed):
        _tests.setdefault(marker.args[0], {})[item.name] = report.outcome
    return report


@pytest.fixture
def version(request: pytest.FixtureRequest) -> Version:
    """Notes the version of the client that the test is about."""
    marker = request.node.get_closest_marker("client")

    def note(text: str) -> None:
        _versions[marker.args[0]] = text.strip()

    return note


def pytest_sessionfinish() -> None:
    """Beside what other processes wrote, and what was tried before."""
    if not _tests:
        return
    FILE.parent.mkdir(exist_ok=True)
    with FILE.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        known = json.loads(file.read() or "{}")
        for client, tests in _tests.items():
            before = known.get(client, {"version": "", "tests": {}})
            version = _versions.get(client) or before["version"]
            known[client] = {"version": version, "tests": before["tests"] | tests}
        file.truncate(0)
        json.dump(known, file, indent=1, sort_keys=True)
