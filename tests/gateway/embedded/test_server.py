"""The embedded server on its own: how it is set up, how it stops, what a fault does to it."""

import os
import shutil
import signal
import socket
import stat
import tempfile
import time
from pathlib import Path

import pytest
import redis

from gateway.embedded.data_folder import make_short_folder
from gateway.embedded.server import EmbeddedServer, reachable
from suppression.errors import ConfigurationError


def client(server: EmbeddedServer) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(server.socket))


def wait_until_ready(server: EmbeddedServer) -> None:
    for _ in range(400):
        try:
            with client(server) as store:
                store.ping()
                return
        except redis.ConnectionError:
            time.sleep(0.01)
    raise AssertionError("no answer")


def test_it_is_ready_when_start_returns_and_gone_when_stop_returns(data: Path) -> None:
    server = EmbeddedServer(data).start()
    with client(server) as store:
        assert store.ping()
    pid = server.pid
    server.stop()
    server.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_it_keeps_everything_and_evicts_nothing(data: Path) -> None:
    with EmbeddedServer(data) as server, client(server) as store:
        settings = store.config_get()
    expected = {
        "appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction", "save": "",
        "port": "0", "hash-max-listpack-value": "2048", "hash-max-listpack-entries": "128",
    }  # fmt: skip
    assert {name: settings[name] for name in expected} == expected


def test_nobody_else_can_reach_its_socket_or_read_its_files(data: Path) -> None:
    with EmbeddedServer(data) as server, client(server) as store:
        store.set("key", "value")
        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (server.socket.parent, server.socket)}
        files = [path for path in data.rglob("*") if path.is_file()]
        assert set(modes.values()) == {0o700}
        assert [path for path in files if path.stat().st_mode & 0o077] == []


def test_it_is_in_a_process_group_of_its_own(data: Path) -> None:
    with EmbeddedServer(data) as server:
        assert os.getpgid(server.pid) == server.pid != os.getpgid(0)


def test_what_was_answered_is_there_after_kill_9_on_the_same_socket(data: Path) -> None:
    with EmbeddedServer(data) as server:
        with client(server) as store:
            store.set("stop", "kept")
        path = server.socket
        server.kill()
        assert not server.alive
        assert server.revive()
        wait_until_ready(server)
        assert server.socket == path
        with client(server) as store:
            assert store.get("stop") == b"kept"
        assert not server.revive()


def test_what_was_answered_is_there_after_stop_and_start(data: Path) -> None:
    with EmbeddedServer(data) as server, client(server) as store:
        store.set("stop", "kept")
    with EmbeddedServer(data) as server, client(server) as store:
        assert store.get("stop") == b"kept"


def test_a_data_folder_of_150_bytes_gets_a_short_private_socket_that_goes_with_the_server() -> None:
    base = Path(tempfile.mkdtemp())
    folder = base / ("d" * (150 - len(os.fsencode(base))))
    with EmbeddedServer(folder) as server:
        assert len(os.fsencode(folder)) > 150
        assert len(os.fsencode(server.socket)) <= 100
        assert stat.S_IMODE(server.socket.parent.stat().st_mode) == 0o700
        with client(server) as store:
            store.set("stop", "kept")
        short = server.socket.parent
    assert not short.exists()
    with EmbeddedServer(folder) as server, client(server) as store:
        assert store.get("stop") == b"kept"
    shutil.rmtree(base)


def test_a_short_socket_folder_left_by_a_crash_of_all_is_removed_by_the_next_start() -> None:
    base = Path(tempfile.mkdtemp())
    folder = base / ("d" * 150)
    first = EmbeddedServer(folder).start()
    left = first.socket.parent
    first.kill()
    first._folder.release()
    with EmbeddedServer(folder) as second:
        assert second.socket.parent != left
        assert not left.exists()
    shutil.rmtree(base)


def test_a_temporary_folder_with_a_long_path_is_not_used(tmp_path: Path) -> None:
    long = tmp_path / ("t" * 120)
    long.mkdir()
    with tempfile.TemporaryDirectory() as short:
        made = make_short_folder((str(long), short))
        assert made.parent == Path(short)
    with pytest.raises(ConfigurationError, match="TMPDIR"):
        make_short_folder((str(long),))


def test_a_stopped_server_that_hangs_is_killed_only_after_its_patience(data: Path) -> None:
    server = EmbeddedServer(data, patience=0.5).start()
    os.kill(server.pid, signal.SIGSTOP)
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began >= 0.5
    assert not server.alive


def test_a_server_that_cannot_start_is_a_configuration_error_with_its_last_words(data: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"ended while starting.*store\.log"):
        EmbeddedServer(data, options={"appendfsync": "sometimes"}).start()
    with EmbeddedServer(data) as server:
        assert server.alive


def test_a_damaged_append_only_file_is_refused_not_emptied(data: Path) -> None:
    with EmbeddedServer(data) as server, client(server) as store:
        for number in range(100):
            store.set(f"stop-{number}", "kept")
    (written,) = (data / "store" / "appendonlydir").glob("*.incr.aof")
    damaged = bytearray(written.read_bytes())
    damaged[len(damaged) // 2 : len(damaged) // 2 + 40] = b"x" * 40
    written.write_bytes(damaged)
    with pytest.raises(ConfigurationError, match="ended while starting"):
        EmbeddedServer(data).start()


def test_a_data_folder_that_is_a_file_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="cannot be used"):
        EmbeddedServer(tmp_path / "file").start()


def test_a_record_that_is_no_json_is_a_configuration_error(data: Path) -> None:
    data.mkdir()
    (data / "store.json").write_text("{")
    with pytest.raises(ConfigurationError, match=r"store\.json cannot be read"):
        EmbeddedServer(data).start()


def test_a_command_uses_the_running_server_and_leaves_it_running(data: Path) -> None:
    with EmbeddedServer(data) as server:
        with reachable(data) as path:
            assert path == server.socket
        assert server.alive


def test_a_command_without_a_running_server_has_one_for_itself(data: Path) -> None:
    with reachable(data) as path, socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
    assert not path.exists()
