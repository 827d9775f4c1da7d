"""Listening sockets, bound once by the supervisor before it forks."""

import errno
import socket
import stat
import time
from pathlib import Path

from suppression.errors import ConfigurationError

BACKLOG = 1024
PATIENCE = 3.0  # seconds for an address in use: the workers of a gateway that was killed are letting go of it


def bind(host: str, port: int, *, patience: float = PATIENCE) -> socket.socket:
    """A listening socket; `port` 0 takes a free one. ConfigurationError when the address cannot be had."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return _bind_now(host, port)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            raise ConfigurationError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error


def _bind_now(host: str, port: int) -> socket.socket:
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    listener.settimeout(0)
    return listener


def bind_path(path: Path) -> socket.socket:
    """A listening Unix socket, in the place of one that nobody listens on any more. ConfigurationError.

    Every user may connect, as every host may to a port; who shall not is kept out by the folder's mode.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _remove_dead(path)
        listener.bind(str(path))
        path.chmod(0o666)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigurationError(f"cannot listen on {path}: {error.strerror or error}") from error
    listener.settimeout(0)
    return listener


def _remove_dead(path: Path) -> None:
    """A socket stays in its folder when its process was killed. What is no socket is never removed."""
    if not path.exists() or not stat.S_ISSOCK(path.stat().st_mode):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
