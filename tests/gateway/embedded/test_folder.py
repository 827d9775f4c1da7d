"""Who may use a data folder: one gateway at a time; the server of a dead one is taken over."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from gateway.embedded.data_folder import DataFolder
from gateway.embedded.server import EmbeddedServer
from suppression.errors import ConfigurationError

Gateway = subprocess.Popen[str]
StartGateway = Callable[[Path], Gateway]


def said(process: Gateway) -> str:
    """Its next line."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_second_gateway_is_refused_and_told_the_pid_of_the_first(data: Path, gateway: StartGateway) -> None:
    first = gateway(data)
    assert said(first).startswith("started")
    second = gateway(data)
    assert said(second) == f"refused data folder {data} is in use by the gateway with pid {first.pid}"
    assert second.wait(10) == 2


def test_the_server_of_a_killed_gateway_is_adopted_with_what_it_holds(
    data: Path, gateway: StartGateway
) -> None:
    first = gateway(data)
    _, pid, _ = said(first).split()
    first.kill()
    first.wait(10)
    assert DataFolder(data).has_server
    with EmbeddedServer(data) as second:
        assert (second.adopted, second.pid, second.alive) == (True, int(pid), True)
        with redis.Redis(unix_socket_path=str(second.socket)) as store:
            assert store.ping()
    assert not DataFolder(data).has_server


def test_a_third_gateway_is_refused_while_the_second_has_adopted(data: Path, gateway: StartGateway) -> None:
    first = gateway(data)
    said(first)
    first.kill()
    first.wait(10)
    second = gateway(data)
    assert said(second).endswith("True")
    third = gateway(data)
    assert said(third).endswith(f"pid {second.pid}")


def test_an_adopted_server_that_dies_is_seen_and_started_again(data: Path, gateway: StartGateway) -> None:
    first = gateway(data)
    said(first)
    first.kill()
    first.wait(10)
    with EmbeddedServer(data) as second:
        second.kill()
        assert not second.alive
        assert second.revive()
        second._wait_until_ready()
        assert second.alive


def test_a_forked_worker_that_outlives_the_gateway_does_not_hold_the_folder(data: Path) -> None:
    """The lock is the gateway's own: a draining worker of a dead one is no gateway."""
    ready, tell = os.pipe()
    release, hold = os.pipe()
    gateway = os.fork()
    if gateway == 0:
        os.close(hold)
        EmbeddedServer(data).start()
        if os.fork() == 0:
            os.read(release, 1)
        else:
            os.write(tell, b".")
        os._exit(0)
    os.close(tell)
    os.close(release)
    os.read(ready, 1)
    os.waitpid(gateway, 0)
    with EmbeddedServer(data) as second:
        assert second.adopted
    os.close(hold)
    os.close(ready)


def test_a_server_of_a_dead_gateway_that_does_not_answer_is_named(data: Path, gateway: StartGateway) -> None:
    first = gateway(data)
    _, pid, _ = said(first).split()
    first.kill()
    first.wait(10)
    (data / "store" / "socket").unlink()
    with pytest.raises(ConfigurationError, match=f"does not answer, pid {pid}"):
        EmbeddedServer(data, patience=0.3).start()


def test_a_server_that_is_another_than_recorded_is_refused(data: Path, gateway: StartGateway) -> None:
    first = gateway(data)
    said(first)
    first.kill()
    first.wait(10)
    folder = DataFolder(data)
    record = folder.record()
    assert record is not None
    text = (data / "store.json").read_text()
    (data / "store.json").write_text(text.replace(str(record.pid), "1", 1))
    with pytest.raises(ConfigurationError, match="of another server"):
        EmbeddedServer(data).start()
    (data / "store.json").write_text(text)


def test_a_folder_that_others_own_and_only_looks_like_our_socket_folder_is_left_alone(tmp_path: Path) -> None:
    foreign = tmp_path / "suppression-gateway-foreign"
    foreign.mkdir(mode=0o755)
    foreign.chmod(0o755)
    folder = DataFolder(tmp_path / "data")
    folder._remove_short(foreign)
    assert foreign.exists()
    shutil.rmtree(foreign)
