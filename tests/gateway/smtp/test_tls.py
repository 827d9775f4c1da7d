"""TLS on the way in, on asyncio's loop and on uvloop's."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import uvloop

from gateway.embedded.server import EmbeddedServer
from suppression.store.opening import StoreSettings
from tests.channels.relay.sink import Sink
from tests.conftest import fresh_store, url_of
from tests.gateway.smtp.certificate import client_context, server_context
from tests.gateway.smtp.front_door import FrontDoor, Talker, order, relay_to, until

Loop = Callable[[], asyncio.AbstractEventLoop]
Scenario = Callable[[FrontDoor, Sink], Awaitable[None]]


class Place:
    """Runs a scenario on one kind of loop, with everything made on it."""

    def __init__(self, loop: Loop, server: EmbeddedServer, folder: Path) -> None:
        self._loop = loop
        self._url = url_of(server)
        self.server = server_context(folder)
        self.client = client_context(folder)

    def run(self, scenario: Scenario, *, implicit: bool = False) -> None:
        with asyncio.Runner(loop_factory=self._loop) as runner:
            runner.run(self._run(scenario, implicit=implicit))

    async def _run(self, scenario: Scenario, *, implicit: bool) -> None:
        store = await fresh_store(StoreSettings(self._url))
        async with Sink() as sink:
            door = FrontDoor(store, relay_to(sink.port), tls=None if implicit else self.server)
            strict = replace(door.limits, auth_on_loopback=False)
            door = FrontDoor(store, relay_to(sink.port), limits=strict, tls=door.tls)
            async with door.open(implicit=self.server if implicit else None):
                await scenario(door, sink)
                await until(door.empty)
        await store.close()

    @asynccontextmanager
    async def secured(self, door: FrontDoor) -> AsyncIterator[Talker]:
        """A client after STARTTLS."""
        async with door.talk() as client:
            assert (await client.say("STARTTLS")).startswith("220 2.0.0")
            await client.writer.start_tls(self.client, server_hostname="localhost")
            yield client


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def place(request: pytest.FixtureRequest, valkey: EmbeddedServer, tmp_path: Path) -> Place:
    return Place(request.param, valkey, tmp_path)


def test_mail_over_starttls(place: Place) -> None:
    """AUTH is offered after it only; the trace says ESMTPSA; a large message passes whole."""

    async def scenario(door: FrontDoor, sink: Sink) -> None:
        async with door.talk() as client:
            offers = await client.say("EHLO client.example")
            assert "STARTTLS" in offers
            assert "AUTH" not in offers
        async with place.secured(door) as client:
            offers = await client.say("EHLO client.example")
            assert "STARTTLS" not in offers
            assert "AUTH PLAIN LOGIN" in offers
            assert (await client.say("STARTTLS")).startswith("503")
            assert (await client.auth("shop")).startswith("235")
            large = order() + (b"x" * 70 + b"\r\n") * 60_000
            assert (await client.mail(["ann@example.net"], large)).startswith("250")
        assert sink.taken[0].raw.endswith(large)
        assert b"with ESMTPSA id" in sink.taken[0].raw

    place.run(scenario)


def test_nothing_counts_that_was_said_before_tls(place: Place) -> None:
    """RFC 3207 4.2: not even the greeting."""

    async def scenario(door: FrontDoor, _sink: Sink) -> None:
        async with place.secured(door) as client:
            assert (await client.say("MAIL FROM:<shop@example.com>")).startswith("503 5.5.1 Send EHLO")

    place.run(scenario)


def test_plain_text_after_starttls_ends_the_session(place: Place) -> None:
    """FAULTS.md "SMTP": what is pipelined there could be anybody's."""

    async def scenario(door: FrontDoor, sink: Sink) -> None:
        async with door.talk() as client:
            client.write(b"STARTTLS\r\nMAIL FROM:<eve@example.org>\r\n")
            assert (await client.reply()).startswith("554 5.5.1")
            assert await client.closed()
        assert sink.commands == []

    place.run(scenario)


@pytest.mark.parametrize("noise", [b"EHLO again\r\n", b"\x16\x03\x01\x00\x05hello", b""])
def test_handshake_that_fails_leaves_nothing_behind(place: Place, noise: bytes) -> None:
    """Noise, or a client that leaves: the connection is gone from the books as well."""

    async def scenario(door: FrontDoor, _sink: Sink) -> None:
        async with door.talk() as client:
            assert (await client.say("STARTTLS")).startswith("220")
            client.write(noise)
            if not noise:
                client.abort()
            else:
                await asyncio.wait_for(client.reader.read(), 10)

    place.run(scenario)


def test_implicit_tls(place: Place) -> None:
    """TLS from the first byte, AUTH at once."""

    async def scenario(door: FrontDoor, sink: Sink) -> None:
        client = await Talker.to(door.port, place.client)
        await client.reply()
        assert "STARTTLS" not in await client.say("EHLO client.example")
        assert (await client.auth("shop")).startswith("235")
        assert (await client.mail(["ann@example.net"], order())).startswith("250")
        assert (await client.say("QUIT")).startswith("221")
        client.close()
        assert b"with ESMTPSA id" in sink.taken[0].raw

    place.run(scenario, implicit=True)


def test_client_that_vanishes_over_tls_leaves_nothing_behind(place: Place) -> None:
    """In the middle of content."""

    async def scenario(door: FrontDoor, _sink: Sink) -> None:
        async with place.secured(door) as client:
            await client.say("EHLO client.example")
            await client.auth("shop")
            await client.envelope(["ann@example.net"])
            await client.say("DATA")
            client.write(b"x" * 1000)
            client.abort()

    place.run(scenario)
    assert isinstance(place.client, ssl.SSLContext)
