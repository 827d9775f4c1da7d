"""The accept loop in one process, on both event loops."""

import asyncio
import contextlib
import datetime as dt
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.processes.acceptor import serve
from gateway.processes.connections import Board, Connections, Limits
from gateway.processes.listeners import bind
from suppression.errors import ConfigurationError

BUSY = b"421 4.7.0 busy\r\n"


class Greeter(asyncio.Protocol):
    def __init__(self) -> None:
        self.made = self.lost = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.made += 1
        cast(asyncio.Transport, transport).write(b"hello\r\n")

    def connection_lost(self, _error: Exception | None) -> None:
        self.lost += 1


def greet() -> asyncio.BaseProtocol:
    return Greeter()


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=request.param) as runner:
        yield runner


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with bind("127.0.0.1", 0) as made:
        yield made


@contextlib.asynccontextmanager
async def serving(
    listener: socket.socket, limits: Limits, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[Connections, int]]:
    connections = Connections(limits, Board(2).take_row())
    port = listener.getsockname()[1]
    task = asyncio.create_task(serve(listener, greet, connections=connections, refusal=BUSY, tls=tls))
    try:
        yield connections, port
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def read_all(port: int) -> tuple[bytes, Callable[[], None]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    line = await asyncio.wait_for(reader.readline(), 10)
    return line, writer.close


async def until(fact: Callable[[], bool]) -> None:
    for _ in range(500):
        if fact():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("never")


def test_connections_are_counted_until_they_are_lost(run: asyncio.Runner, listener: socket.socket) -> None:
    async def scene() -> None:
        async with serving(listener, Limits()) as (connections, port):
            opened = [await read_all(port) for _ in range(3)]
            assert [line for line, _ in opened] == [b"hello\r\n"] * 3
            assert connections.open == 3
            for _, close in opened:
                close()
            await until(lambda: connections.open == 0)

    run.run(scene())


@pytest.mark.parametrize("limits", [Limits(per_address=2), Limits(total=2)])
def test_over_a_cap_a_client_is_told_so_and_let_in_again_later(
    run: asyncio.Runner, listener: socket.socket, limits: Limits
) -> None:
    async def scene() -> None:
        async with serving(listener, limits) as (connections, port):
            opened = [await read_all(port) for _ in range(2)]
            line, close = await read_all(port)
            close()
            assert line == BUSY
            opened[0][1]()
            await until(lambda: connections.open == 1)
            line, close = await read_all(port)
            assert line == b"hello\r\n"
            close()
            opened[1][1]()
            await until(lambda: connections.open == 0)

    run.run(scene())


def test_cancelled_it_accepts_no_more_and_open_connections_live_on(
    run: asyncio.Runner, listener: socket.socket
) -> None:
    async def scene() -> None:
        async with serving(listener, Limits()) as (connections, port):
            _, close = await read_all(port)
        assert listener.fileno() == -1
        assert connections.open == 1
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        close()
        await until(lambda: connections.open == 0)

    run.run(scene())


def test_a_tls_client_is_greeted_after_the_handshake_and_a_plain_one_is_dropped(
    run: asyncio.Runner, listener: socket.socket, tmp_path: Path
) -> None:
    server, client = tls_contexts(tmp_path)

    async def scene() -> None:
        async with serving(listener, Limits(), tls=server) as (connections, port):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=client, server_hostname="localhost"
            )
            assert await reader.readline() == b"hello\r\n"
            plain_reader, plain_writer = await asyncio.open_connection("127.0.0.1", port)
            plain_writer.write(b"EHLO no-tls\r\n" * 20)
            with contextlib.suppress(ConnectionResetError):
                assert b"hello" not in await plain_reader.read()
            plain_writer.close()
            await until(lambda: connections.open == 1)
            writer.close()
            await until(lambda: connections.open == 0)

    run.run(scene())


def test_a_slow_handshake_holds_up_nobody_and_ends_with_the_listener(
    run: asyncio.Runner, listener: socket.socket, tmp_path: Path
) -> None:
    server, client = tls_contexts(tmp_path)

    async def scene() -> None:
        async with serving(listener, Limits(), tls=server) as (connections, port):
            _, silent = await asyncio.open_connection("127.0.0.1", port)
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=client, server_hostname="localhost"
            )
            assert await asyncio.wait_for(reader.readline(), 5) == b"hello\r\n"
            writer.close()
            await until(lambda: connections.open == 1)
        await until(lambda: connections.open == 0)
        silent.close()

    run.run(scene())


@pytest.mark.parametrize("steps", range(12))
def test_stopped_at_any_moment_it_leaves_no_connection_that_is_not_ended_in_order(
    run: asyncio.Runner, listener: socket.socket, steps: int
) -> None:
    made: list[Greeter] = []

    def remember() -> Greeter:
        made.append(Greeter())
        return made[-1]

    async def scene() -> None:
        port = listener.getsockname()[1]
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(4)]
        connections = Connections(Limits(), Board(2).take_row())
        task = asyncio.create_task(serve(listener, remember, connections=connections))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert all(greeter.made for greeter in made)
        for client in clients:
            client.close()
        await until(lambda: connections.open == 0)
        await until(lambda: all(greeter.lost == 1 for greeter in made))

    run.run(scene())


def test_a_port_in_use_is_a_configuration_error_after_a_little_patience(listener: socket.socket) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot listen on 127\.0\.0\.1:.*in use"):
        bind("127.0.0.1", listener.getsockname()[1], patience=0.1)


def test_a_host_that_is_not_ours_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match=r"cannot listen on 192\.0\.2\.1:0"):
        bind("192.0.2.1", 0)


def tls_contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Server's and client's, for "localhost"."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return server, ssl.create_default_context(cafile=str(folder / "cert.pem"))
