"""A gateway for all tests that leave it running, and gateways of one test's own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.client import Client
from tests.end_to_end.processes import Running


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A `gateway dev` with two workers, for tests that use addresses and Message-IDs of their own."""
    running = Running.dev(tmp_path_factory.mktemp("shared"), "--workers", "2")
    running.ready()
    yield running
    assert running.stop() == 0
    running.end()
    assert not (running.data / "dev.json").exists()


@pytest.fixture(scope="session")
def shared_facts(shared: Running) -> dict[str, Any]:
    """Its dev.json."""
    return shared.ready()


@pytest.fixture
def gateway(shared_facts: dict[str, Any]) -> Iterator[Client]:
    client = Client(shared_facts)
    yield client
    client.http.delete("/sandbox/messages")  # reading it takes as long as there is much in it
    client.close()


Start = Callable[..., tuple[Running, Client]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a `gateway dev` of the test's own; again on the same folder, if asked again."""
    started: list[Running] = []
    clients: list[Client] = []

    def begin(*arguments: str, data: Path | None = None) -> tuple[Running, Client]:
        started.append(Running.dev(tmp_path, *arguments, data=data))
        clients.append(Client(started[-1].ready()))
        return started[-1], clients[-1]

    yield begin
    for client in clients:
        client.close()
    for running in started:
        if running.process.poll() is None:
            running.stop()
    for running in started:
        running.end()
