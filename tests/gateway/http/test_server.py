"""Uvicorn within our loop: real sockets, real clients, and clients that misbehave."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.http import wire
from gateway.http.server import HttpServer, serve
from tests.gateway.http.world import FakeWorld

ANN = "ann@example.net"
CLICK = b"List-Unsubscribe=One-Click"


# RFC 8058 8.3, as printed: no form parser reads it, since its boundary and its delimiter lines differ.
RFC_8058_EXAMPLE = (
    "Content-Type: multipart/form-data; boundary=---FormBoundaryjWmhtjORrn\r\nContent-Length: 124\r\n\r\n"
    '---FormBoundaryjWmhtjORrn\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
    "One-Click\r\n---FormBoundaryjWmhtjORrn--\r\n"
)


HEAD_WITHIN = 0.5


class Running:
    def __init__(self, server: HttpServer, port: int) -> None:
        self.server = server
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    async def raw(self, sent: bytes, *, close: bool = False) -> bytes:
        """What comes back until the server closes, or has answered."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(sent)
            await writer.drain()
            if close:
                return b""
            return await asyncio.wait_for(reader.read(65536), 10)
        finally:
            writer.close()


def listening() -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    sock.listen(100)
    return sock


@pytest.fixture
async def running(fakes: FakeWorld) -> AsyncIterator[Running]:
    sock = listening()
    port = sock.getsockname()[1]
    server = await serve(fakes.app, [sock], grace=5, head_within=HEAD_WITHIN)
    yield Running(server, port)
    await server.drain()


async def stops(fakes: FakeWorld) -> int:
    return len(await fakes.stops(ANN))


async def test_a_click_over_a_real_socket_stops(running: Running, fakes: FakeWorld) -> None:
    async with httpx.AsyncClient(base_url=running.url) as client:
        answer = await client.post(f"/u/{fakes.token()}", content=CLICK)

    assert answer.status_code == 200
    assert "server" not in answer.headers
    assert await stops(fakes) == 1


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 26\r\n\r\nList-Unsubscribe=One-Click",
        "\r\n",
        "Content-Length: 0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n1a\r\nList-Unsubscribe=One-Click\r\n0\r\n\r\n",
        "Expect: 100-continue\r\nContent-Length: 26\r\n\r\nList-Unsubscribe=One-Click",
        "Content-Length: 20000\r\n\r\n" + "x" * 20000,
        RFC_8058_EXAMPLE,
        "X-Forwarded-Proto: https\r\nX-Forwarded-Host: elsewhere.example\r\n\r\n",
    ],
)
async def test_a_click_as_bytes_stops_whatever_it_looks_like(
    running: Running, fakes: FakeWorld, head: str
) -> None:
    answer = await running.raw(f"POST /u/{fakes.token()} HTTP/1.1\r\nHost: x\r\n{head}".encode())

    assert b"HTTP/1.1 200" in answer
    assert b"\r\nlocation:" not in answer.lower()
    assert await stops(fakes) == 1


async def test_an_absolute_target_and_http_1_0_are_answered(running: Running, fakes: FakeWorld) -> None:
    old = await running.raw(f"POST /u/{fakes.token()} HTTP/1.0\r\n\r\n".encode())

    assert old.startswith(b"HTTP/1.1 200")
    assert await stops(fakes) == 1


async def test_a_head_has_no_body(running: Running, fakes: FakeWorld) -> None:
    answer = await running.raw(
        f"HEAD /u/{fakes.token()} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    )

    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"\r\n\r\n")
    assert await stops(fakes) == 0


async def test_a_click_whose_client_leaves_in_mid_body_is_stored(running: Running, fakes: FakeWorld) -> None:
    head = f"POST /u/{fakes.token()} HTTP/1.1\r\nHost: x\r\nContent-Length: 26\r\n\r\nList-"
    await running.raw(head.encode(), close=True)

    for _ in range(100):
        if await stops(fakes):
            break
        await asyncio.sleep(0.02)
    assert await stops(fakes) == 1


async def test_a_body_that_never_comes_does_not_hold_up_the_stop(running: Running, fakes: FakeWorld) -> None:
    head = f"POST /u/{fakes.token()} HTTP/1.1\r\nHost: x\r\nContent-Length: 26\r\n\r\n"

    answer = await running.raw(head.encode())

    assert answer.startswith(b"HTTP/1.1 200")
    assert await stops(fakes) == 1


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
        b"EHLO me\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * (wire.LARGEST_HEAD * 2),
        b"GET /" + b"a" * (wire.LARGEST_HEAD * 2),
    ],
)
async def test_what_is_no_http_is_refused_and_harms_nobody(running: Running, sent: bytes) -> None:
    answer = await running.raw(sent)

    assert answer.startswith(b"HTTP/1.1 400")
    async with httpx.AsyncClient(base_url=running.url) as client:
        assert (await client.get("/healthz")).status_code == 200


async def test_a_head_that_does_not_come_is_closed(running: Running) -> None:
    assert await running.raw(b"") == b""
    assert await running.raw(b"GET /healthz HTTP/1.1\r\nHost:") == b""


async def test_an_address_is_decoded_once_on_the_wire(running: Running, fakes: FakeWorld) -> None:
    body = {"address": "o%25neil@example.net"}
    async with httpx.AsyncClient(base_url=running.url) as client:
        client.headers["Authorization"] = fakes.bearer("app")
        assert (await client.post("/v1/suppressions", json=body)).status_code == 201
        once = await client.get("/v1/recipients/o%2525neil%40example.net")
        twice = await client.get("/v1/recipients/o%25neil%40example.net")

    assert len(once.json()["suppressions"]) == 1
    assert twice.json()["suppressions"] == []


async def test_drain_lets_an_answer_finish_and_accepts_nothing_more(fakes: FakeWorld) -> None:
    sock = listening()
    port = sock.getsockname()[1]
    fakes.memory.delay = 0.5
    server = await serve(fakes.app, [sock], grace=5)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        click_ = asyncio.create_task(client.post(f"/u/{fakes.token()}", content=CLICK))
        await asyncio.sleep(0.2)
        await server.drain()
        answer = await click_

        assert answer.status_code == 200
        assert await stops(fakes) == 1
        with pytest.raises(httpx.ConnectError):
            await client.get("/healthz")


async def test_signals_stay_the_workers_own(running: Running) -> None:
    heard = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, heard.set)
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(heard.wait(), 5)
        async with httpx.AsyncClient(base_url=running.url) as client:
            assert (await client.get("/healthz")).status_code == 200
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)


async def test_nothing_is_written_of_a_call(
    running: Running, fakes: FakeWorld, capfd: pytest.CaptureFixture[str]
) -> None:
    async with httpx.AsyncClient(base_url=running.url) as client:
        client.headers["Authorization"] = fakes.bearer("app")
        await client.get(f"/v1/recipients/{ANN}")
        await client.get("/v1/log", params={"recipient": ANN})
        await client.post(f"/u/{fakes.token()}", content=CLICK)
        fakes.memory.broken = True
        await client.get(f"/v1/recipients/{ANN}")
        fakes.memory.away, fakes.memory.broken = True, False
        await client.post(f"/u/{fakes.token()}", content=CLICK)

    out = "".join(capfd.readouterr())
    assert "http_failed" in out
    assert ANN not in out
    assert fakes.token() not in out
    assert fakes.bearer("app") not in out
