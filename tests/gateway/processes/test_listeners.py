"""Unix sockets that are listened on: a dead one is replaced, nothing else is."""

import socket
from pathlib import Path

import pytest

from gateway.processes.listeners import bind_path
from suppression.errors import ConfigurationError


def test_whoever_reaches_the_folder_may_connect(tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    with bind_path(path), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        assert path.stat().st_mode & 0o777 == 0o666


def test_the_socket_of_a_process_that_was_killed_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    bind_path(path).close()
    assert path.exists()
    bind_path(path).close()


def test_a_socket_that_somebody_listens_on_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    with bind_path(path), pytest.raises(ConfigurationError, match="cannot listen on"):
        bind_path(path)


def test_what_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    path.write_text("mine")
    with pytest.raises(ConfigurationError, match="cannot listen on"):
        bind_path(path)
    assert path.read_text() == "mine"
