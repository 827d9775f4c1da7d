"""What the supervisor promises, seen from outside: real processes, real signals, real sockets."""

import os
import signal
import socket
import time
from typing import Any, Protocol

import pytest


class Supervised(Protocol):
    folder: Any
    process: Any

    def wait_for(self, name: str) -> Any: ...
    def connect(self) -> tuple[socket.socket, int]: ...
    def worker_pid(self) -> int: ...
    def signal(self, number: signal.Signals) -> None: ...
    def end(self) -> tuple[int, str]: ...


class Start(Protocol):
    def __call__(self, workers: int, *behaviour: str) -> Supervised: ...


def gone(pid: int, within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def echoes(connection: socket.socket) -> bool:
    connection.sendall(b"still here")
    return connection.recv(100) == b"still here"


def test_it_is_ready_when_all_workers_are_and_returns_0_after_sigterm(supervised: Start) -> None:
    gateway = supervised(2)
    gateway.wait_for("ready")
    pid = gateway.worker_pid()
    assert pid != gateway.process.pid
    gateway.signal(signal.SIGTERM)
    assert gateway.end()[0] == 0
    assert gone(pid, 0.1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_has_begun_may_end_and_nothing_new_begins(supervised: Start, number: signal.Signals) -> None:
    gateway = supervised(1)
    gateway.wait_for("ready")
    connection, _ = gateway.connect()
    gateway.signal(number)
    time.sleep(0.3)
    with pytest.raises(ConnectionRefusedError):
        gateway.connect()
    assert echoes(connection)
    connection.close()
    assert gateway.end()[0] == 0


def test_ctrl_c_reaches_the_whole_group_and_workers_still_drain(supervised: Start) -> None:
    gateway = supervised(2)
    gateway.wait_for("ready")
    connection, _ = gateway.connect()
    os.killpg(gateway.process.pid, signal.SIGINT)
    time.sleep(0.3)
    assert echoes(connection)
    connection.close()
    assert gateway.end()[0] == 0


def test_a_worker_that_does_not_drain_is_killed_in_the_end(supervised: Start) -> None:
    gateway = supervised(2, "stubborn")
    gateway.wait_for("ready")
    began = time.monotonic()
    gateway.signal(signal.SIGTERM)
    code, output = gateway.end()
    assert code == 0
    assert 0.9 < time.monotonic() - began < 5
    assert output.count("worker_killed") == 2


def test_a_killed_worker_is_replaced_and_connections_made_meanwhile_are_served(supervised: Start) -> None:
    gateway = supervised(1)
    gateway.wait_for("ready")
    first = gateway.worker_pid()
    os.kill(first, signal.SIGKILL)
    assert gateway.worker_pid() not in (first, gateway.process.pid)


def test_workers_that_die_at_once_are_started_again_more_and_more_slowly(supervised: Start) -> None:
    gateway = supervised(1, "dies")
    time.sleep(4)
    gateway.signal(signal.SIGTERM)
    code, output = gateway.end()
    starts = (gateway.folder / "starts").read_text().split()
    assert code == 0
    assert 3 <= len(starts) <= 6
    assert output.count("worker_died") >= 3
    assert not (gateway.folder / "ready").exists()


def test_a_worker_that_cannot_run_with_its_settings_ends_the_start_with_its_message(
    supervised: Start,
) -> None:
    gateway = supervised(2, "misconfigured")
    code, output = gateway.end()
    assert code == 2
    assert "smtp.port: is no port\n" in output
    assert "Traceback" not in output


def test_an_orphaned_worker_drains_and_exits(supervised: Start) -> None:
    gateway = supervised(2)
    gateway.wait_for("ready")
    connection, pid = gateway.connect()
    gateway.signal(signal.SIGKILL)
    gateway.process.wait(10)
    time.sleep(0.3)
    assert echoes(connection)
    with pytest.raises(ConnectionRefusedError):
        gateway.connect()
    connection.close()
    assert gone(pid)


def test_sighup_replaces_every_worker_and_resets_no_connection(supervised: Start) -> None:
    gateway = supervised(2)
    gateway.wait_for("ready")
    before = {gateway.worker_pid() for _ in range(20)}
    kept, keeper = gateway.connect()
    gateway.signal(signal.SIGHUP)
    deadline = time.monotonic() + 1.5
    while time.monotonic() < deadline:
        assert gateway.worker_pid()
    assert echoes(kept)
    assert not gone(keeper, 0.1)
    kept.close()
    for pid in before:
        assert gone(pid)
    time.sleep(0.5)
    after = {gateway.worker_pid() for _ in range(20)}
    assert not after & before
    gateway.signal(signal.SIGTERM)
    assert gateway.end()[0] == 0


def test_a_sighup_that_comes_while_workers_are_replaced_is_obeyed_afterwards(supervised: Start) -> None:
    gateway = supervised(2)
    gateway.wait_for("ready")
    kept, _ = gateway.connect()  # its worker cannot end: the first round lasts until this is closed
    gateway.signal(signal.SIGHUP)
    time.sleep(0.7)
    gateway.signal(signal.SIGHUP)
    time.sleep(0.7)
    kept.close()
    starts = gateway.folder / "starts"
    deadline = time.monotonic() + 10
    while len(starts.read_text().splitlines()) < 6:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    gateway.signal(signal.SIGTERM)
    assert gateway.end()[0] == 0


def test_when_on_ready_fails_the_workers_are_stopped_and_the_error_is_told(supervised: Start) -> None:
    gateway = supervised(2, "fails_ready")
    code, output = gateway.end()
    assert code == 1
    assert "disk full" in output


def test_a_tick_that_fails_stops_nobody(supervised: Start) -> None:
    gateway = supervised(1, "bad_tick")
    gateway.wait_for("ready")
    time.sleep(1.3)
    assert gateway.worker_pid()
    gateway.signal(signal.SIGTERM)
    assert gateway.end()[0] == 0
    assert 3 <= len((gateway.folder / "ticks").read_text()) <= 5
