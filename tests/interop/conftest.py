"""A gateway for all clients, and a note of which were tried."""

import os
import shutil
import subprocess
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.hop import Hop
from tests.end_to_end.production import Production
from tests.interop.house import House
from tests.interop.tried import Tried

_tried = Tried()
Version = Callable[[str], None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All in one test process: they share the gateway, and the note."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("interop"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    marker = item.get_closest_marker("client")
    if marker and (report.when == "call" or not report.passed):
        for client in marker.args:
            _tried.add(client, item.name, report.outcome)
    return report


def pytest_sessionfinish() -> None:
    _tried.write()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With whom all clients speak; next hop is a sink."""
    with Hop() as hop:
        production = Production(tmp_path_factory.mktemp("interop"), hop.port)
        production.command("init")
        try:
            production.begin()
            yield House(production, hop)
        finally:
            production.end()


@pytest.fixture
def version(request: pytest.FixtureRequest) -> Version:
    """Notes the version of the client that the test is about."""
    [client] = request.node.get_closest_marker("client").args

    def note(text: str) -> None:
        _tried.version(client, text.strip())

    return note


@pytest.fixture
def installed(version: Version) -> Callable[..., str]:
    """A program on PATH, its version noted; skips the test where there is none."""

    def find(name: str, *ask: str, package: str = "") -> str:
        path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")
        if path is None:
            pytest.skip(f"needs Debian's package {package or name}")
        told = subprocess.run([path, *(ask or ("--version",))], capture_output=True, text=True, check=False)
        version((told.stdout or told.stderr).splitlines()[0])
        return path

    return find
