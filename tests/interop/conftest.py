"""A gateway for all clients."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.hop import Hop
from tests.end_to_end.production import Production
from tests.interop.house import House
from tests.interop.tried import Version

Installed = Callable[..., str]


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All in one test process: they share the gateway."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("interop"))


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With whom all clients speak; next hop is a sink."""
    with Hop() as hop:
        production = Production(tmp_path_factory.mktemp("interop"), hop.port)
        production.command("init")
        production.begin()
        try:
            yield House(production, hop)
        finally:
            production.end()


@pytest.fixture
def installed(version: Version) -> Installed:
    """A program on PATH, its version noted; skips the test where there is none."""

    def find(name: str) -> str:
        path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")
        if path is None:
            pytest.skip(f"needs Debian's package {name}")
        told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
        version((told.stdout or told.stderr).splitlines()[0])
        return path

    return find
