"""Listening sockets, bound once by the supervisor before it forks."""

import errno
import socket
import time

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
