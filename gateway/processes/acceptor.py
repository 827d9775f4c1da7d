"""Accepts connections on an inherited socket: caps them, spreads them over the workers, starts their protocol.

Several workers wait on the same socket. One that has more connections than another leaves a new one to it for a few
milliseconds, because a session's work stays where it was accepted. Knows nothing of SMTP or HTTP.
"""

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Callable
from functools import partial

import structlog

from gateway.processes.connections import Connections

HANDSHAKE_TIMEOUT = 15.0  # seconds
FAREWELL_TIMEOUT = 2.0  # for the client's part of TLS's farewell: an idle one never says it
_EXHAUSTED = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))

_log = structlog.get_logger()

ProtocolFactory = Callable[[], asyncio.BaseProtocol]


async def serve(
    listener: socket.socket,
    protocol_factory: ProtocolFactory,
    *,
    connections: Connections,
    refusal: bytes = b"",
    tls: ssl.SSLContext | None = None,
) -> None:
    """Accept until cancelled, then close this process's copy of `listener`. Open connections live on.

    refusal  what a client over a cap is sent before it is closed (not over implicit TLS)
    tls      for implicit TLS: the handshake comes first
    """
    starting: set[asyncio.Task[None]] = set()
    connections.begin()
    try:
        while True:
            accepted = await _accept(listener, connections)
            if accepted is None:
                continue
            connection, address = accepted
            leave = connections.admit(address)
            if leave is None:
                _refuse(connection, b"" if tls else refusal)
                continue
            task = asyncio.create_task(_start(protocol_factory, tls, connection, leave))
            starting.add(task)
            task.add_done_callback(starting.discard)
            task.add_done_callback(partial(_started, connection, leave))
    finally:
        listener.close()
        await _let_start(starting, tls)


async def _let_start(starting: set[asyncio.Task[None]], tls: ssl.SSLContext | None) -> None:
    """Whoever was accepted is let in; a handshake that is under way is broken off.

    A plain start takes no time and must not be cancelled: uvloop then closes without telling the protocol.
    """
    if tls is not None:
        for task in starting:
            task.cancel()
    if starting:
        await asyncio.wait(starting)


async def _accept(listener: socket.socket, connections: Connections) -> tuple[socket.socket, str] | None:
    """The next connection with its peer's address; None when another worker was faster."""
    await _readable(listener)
    if pause := connections.pause():
        await asyncio.sleep(pause)
    try:
        connection, peer = listener.accept()
    except (BlockingIOError, InterruptedError, ConnectionAbortedError):
        return None
    except OSError as error:
        if error.errno not in _EXHAUSTED:
            raise
        _log.error("accept_exhausted", error=error.strerror)
        await asyncio.sleep(1)  # until some connections have ended
        return None
    connection.settimeout(0)
    return connection, peer[0] if isinstance(peer, tuple) else ""


async def _readable(listener: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    waiting = loop.create_future()

    def wake() -> None:
        if not waiting.done():
            waiting.set_result(None)

    loop.add_reader(listener, wake)
    try:
        await waiting
    finally:
        loop.remove_reader(listener)


async def _start(
    protocol_factory: ProtocolFactory,
    tls: ssl.SSLContext | None,
    connection: socket.socket,
    leave: Callable[[], None],
) -> None:
    def protocol() -> asyncio.BaseProtocol:
        return _telling(protocol_factory(), leave)

    await asyncio.get_running_loop().connect_accepted_socket(
        protocol, connection, ssl=tls,
        ssl_handshake_timeout=HANDSHAKE_TIMEOUT if tls else None,
        ssl_shutdown_timeout=FAREWELL_TIMEOUT if tls else None,
    )  # fmt: skip


def _started(connection: socket.socket, leave: Callable[[], None], task: asyncio.Task[None]) -> None:
    """Clean up after a start that failed: a scanner, a client that does not trust us, or we are stopping."""
    error = None if task.cancelled() else task.exception()
    if not task.cancelled() and error is None:
        return
    leave()
    connection.close()
    if isinstance(error, OSError):  # TLS errors are OSErrors too
        _log.info("connection_not_started", error=type(error).__name__)
    elif error is not None:
        _log.error("connection_not_started", exc_info=error)


def _telling(protocol: asyncio.BaseProtocol, leave: Callable[[], None]) -> asyncio.BaseProtocol:
    """Have it call `leave` when its connection is lost.

    On the object itself: after STARTTLS a wrapper around it would no longer be what the transport knows.
    """
    lost = protocol.connection_lost

    def connection_lost(error: Exception | None) -> None:
        leave()
        lost(error)

    protocol.connection_lost = connection_lost  # type: ignore[method-assign,assignment]
    return protocol


def _refuse(connection: socket.socket, text: bytes) -> None:
    with connection, contextlib.suppress(OSError):
        if text:
            connection.send(text)
        connection.shutdown(socket.SHUT_WR)
