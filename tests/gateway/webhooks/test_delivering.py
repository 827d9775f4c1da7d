"""One event posted over real HTTP: what the receiver gets, what counts as its yes, and where nothing goes."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web

from gateway.webhooks.delivering import AT_ONCE, Delivering
from gateway.webhooks.destination import Destinations
from gateway.webhooks.subscriptions import Subscription
from tests.conftest import free_port
from tests.gateway.smtp.certificate import client_context, server_context
from tests.gateway.webhooks.receiver import KEY, LOOPBACK, OLD, Receiver, to_loopback

BODY = b'{"type":"lifted"}'


@pytest.fixture
async def delivering() -> AsyncIterator[Delivering]:
    delivering = Delivering(to_loopback(), within=5)
    yield delivering
    await delivering.close()


def answer(status: int, **headers: str) -> web.Response:
    return web.Response(
        status=status, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )


async def test_a_receiver_gets_a_signed_post_that_the_library_verifies(
    receiver: Receiver, delivering: Delivering
) -> None:
    said = await delivering.post(receiver.subscription(), "evt_1", BODY)
    assert (said.status, said.taken) == (204, True)
    (came,) = receiver.came
    assert came.verified() == {"type": "lifted"}
    assert (came.id, came.path) == ("evt_1", "/events?of=gateway")
    assert came.headers["content-type"] == "application/json"
    assert came.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert abs(int(came.headers["webhook-timestamp"]) - time.time()) < 5


async def test_while_a_secret_is_rotated_a_receiver_with_either_verifies(
    receiver: Receiver, delivering: Delivering
) -> None:
    await delivering.post(receiver.subscription(keys=(KEY, OLD)), "evt_1", BODY)
    assert receiver.came[0].verified(KEY) == receiver.came[0].verified(OLD)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed_and_no_yes(
    receiver: Receiver, delivering: Delivering, status: int
) -> None:
    receiver.answers = [lambda: answer(status, location="/elsewhere")]
    said = await delivering.post(receiver.subscription(), "evt_1", BODY)
    assert (said.status, said.taken, len(receiver.came)) == (status, False, 1)


async def test_a_receiver_that_says_nothing_in_time_is_a_failure(receiver: Receiver) -> None:
    receiver.hangs = 5
    delivering = Delivering(to_loopback(), within=0.3)
    began = time.monotonic()
    said = await delivering.post(receiver.subscription(), "evt_1", BODY)
    assert (said.status, said.cause) == (0, "no answer in time")
    assert time.monotonic() - began < 3
    await delivering.close()


async def test_one_that_drips_an_endless_answer_is_cut(delivering: Delivering) -> None:
    """4 KiB of it are read, and what the status said stands."""
    sent, over = 0, asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                writer.write(b"x" * 1024)
                await writer.drain()
                sent += 1024
                await asyncio.sleep(0.01)
        except ConnectionError:
            writer.close()
            over.set()

    server = await asyncio.start_server(endless, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server:
        said = await delivering.post(Subscription("shop", "brand", url, (KEY,)), "evt_1", BODY)
        await asyncio.wait_for(over.wait(), 5)
    assert said.taken
    assert sent < 64 * 1024


async def test_nobody_there_is_a_failure_without_the_address_in_its_words(delivering: Delivering) -> None:
    url = f"http://127.0.0.1:{free_port()}/?key=secret"
    said = await delivering.post(Subscription("shop", "brand", url, (KEY,)), "evt_1", BODY)
    assert (said.status, said.cause) == (0, "ClientConnectorError")


async def test_what_is_no_http_is_a_failure(delivering: Delivering) -> None:
    async def junk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(BODY)
        writer.write(b"\x00\x01 hello\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(junk, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server:
        said = await delivering.post(Subscription("shop", "brand", url, (KEY,)), "evt_1", BODY)
    assert (said.status, said.cause) == (0, "ClientResponseError")


async def test_retry_after_is_read_in_seconds_and_as_a_date(
    receiver: Receiver, delivering: Delivering
) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    waits = []
    for text in ("120", date, "soon", "-5", "9" * 30, ""):
        receiver.answers = [lambda text=text: answer(503, retry_after=text)]  # type: ignore[misc]
        waits.append((await delivering.post(receiver.subscription(), "evt_1", BODY)).wait)
    assert waits[0] == 120
    assert 80 < waits[1] <= 90
    assert waits[2:4] == [0, 0]
    assert waits[5] == 0


async def test_a_proxy_of_the_environment_is_not_asked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would connect to what was not checked."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    delivering = Delivering(to_loopback(), within=5)
    assert (await delivering.post(receiver.subscription(), "evt_1", BODY)).taken
    await delivering.close()


async def test_a_slow_receiver_has_ten_connections_at_most(
    receiver: Receiver, delivering: Delivering
) -> None:
    receiver.hangs = 0.1
    posts = (delivering.post(receiver.subscription(), f"evt_{n}", BODY) for n in range(40))
    said = await asyncio.gather(*posts)
    assert all(one.taken for one in said)
    assert receiver.most_at_once == AT_ONCE
    assert len(receiver.connections) == AT_ONCE


class Rebinding:
    """A name that leads to the receiver when it is checked, and somewhere else when it is asked again."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, _host: str, _port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers.pop(0)


async def test_the_address_that_was_checked_is_connected_to_and_the_certificate_is_the_names(
    tmp_path: Path,
) -> None:
    """TLS: the name is in SNI and Host and is verified, though an address is connected to. It is asked for once."""
    resolve = Rebinding(["127.0.0.1"], ["10.0.0.1"])
    delivering = Delivering(Destinations(LOOPBACK, resolve), client_context(tmp_path), within=5)
    async with Receiver().open(server_context(tmp_path)) as receiver:
        url = f"https://localhost:{receiver.port}/"
        said = await delivering.post(Subscription("shop", "brand", url, (KEY,)), "evt_1", BODY)
        assert said.taken, said
        assert receiver.came[0].headers["host"] == f"localhost:{receiver.port}"
        other = f"https://other.example.com:{receiver.port}/"
        misled = Delivering(
            Destinations(LOOPBACK, Rebinding(["127.0.0.1"])), client_context(tmp_path), within=5
        )
        wrong = await misled.post(Subscription("shop", "brand", other, (KEY,)), "evt_2", BODY)
        assert (wrong.status, wrong.cause) == (0, "ClientConnectorCertificateError")
    assert (resolve.asked, len(receiver.came)) == (1, 1)
    await delivering.close()
    await misled.close()


async def test_a_certificate_that_nobody_signed_is_not_believed(tmp_path: Path) -> None:
    async with Receiver().open(server_context(tmp_path)) as receiver:
        delivering = Delivering(to_loopback(), within=5)
        url = f"https://localhost:{receiver.port}/"
        assert (await delivering.post(Subscription("shop", "brand", url, (KEY,)), "evt_1", BODY)).status == 0
        await delivering.close()
    assert receiver.came == []


async def test_a_receiver_inside_is_not_asked(receiver: Receiver) -> None:
    delivering = Delivering(Destinations(), within=5)
    said = await delivering.post(receiver.subscription(), "evt_1", BODY)
    assert (said.status, receiver.came) == (0, [])
    assert "network" in said.cause
