"""Sessions spread over the workers, however they arrive; the caps hold for all workers together."""

import contextlib
import socket
import time
from collections import Counter
from typing import Any, Protocol

import pytest


class Start(Protocol):
    def __call__(self, workers: int, *behaviour: str) -> Any: ...


@pytest.fixture
def gateway(supervised: Start) -> Any:
    started = supervised(2)
    started.wait_for("ready")
    return started


def shares(pids: list[int]) -> list[float]:
    counted = Counter(pids)
    return [count / len(pids) for count in counted.values()]


@pytest.mark.parametrize("interval", [0.0, 0.002, 0.02])
def test_neither_of_two_workers_gets_more_than_65_percent_of_40_sessions(
    gateway: Any, interval: float
) -> None:
    with contextlib.ExitStack() as open_ones:
        pids = []
        for _ in range(40):
            connection, pid = gateway.connect()
            open_ones.enter_context(connection)
            pids.append(pid)
            time.sleep(interval)
    assert max(shares(pids)) <= 0.65


def test_a_burst_is_spread_too(gateway: Any) -> None:
    port = int(gateway.wait_for("port").read_text())
    with contextlib.ExitStack() as open_ones:
        burst = []
        for _ in range(40):
            connection = open_ones.enter_context(socket.socket())
            connection.settimeout(0)
            connection.connect_ex(("127.0.0.1", port))
            burst.append(connection)
        for connection in burst:
            connection.settimeout(10)
        pids = [int(connection.recv(100)) for connection in burst]
    assert max(shares(pids)) <= 0.65


def test_the_cap_per_address_counts_the_connections_of_all_workers(gateway: Any) -> None:
    with contextlib.ExitStack() as open_ones:
        for _ in range(50):
            open_ones.enter_context(gateway.connect()[0])
        port = int(gateway.wait_for("port").read_text())
        with socket.create_connection(("127.0.0.1", port), timeout=10) as one_more:
            assert one_more.recv(100) == b"421 4.7.0 busy\r\n"
            assert one_more.recv(100) == b""
    time.sleep(0.2)
    assert gateway.worker_pid()
