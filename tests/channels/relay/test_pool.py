"""Connections to the next hop: made with TLS and AUTH, reused, bounded, left when they die."""

import asyncio
import ssl

import pytest

from channels.carrier import Sent
from channels.email.next_hop import HopLost, NextHop, connect
from suppression.errors import CarrierUnavailable
from tests.channels.relay.conftest import Relaying, mail, send
from tests.channels.relay.sink import Script, Sink

Contexts = tuple[ssl.SSLContext, ssl.SSLContext]
WITH_TLS = "250-sink.example\r\n250-STARTTLS\r\n250 AUTH PLAIN"


async def test_connection_serves_many_copies(sink: Sink, relaying: Relaying) -> None:
    """One after the other over one connection."""
    carriers = relaying(sink)
    for _ in range(5):
        await send(carriers)

    assert sink.connections == 1
    assert len(sink.taken) == 5


async def test_copies_at_once_use_as_many_connections_as_allowed(relaying: Relaying) -> None:
    """The others wait their turn."""
    async with Sink(delay={"END": 0.05}) as sink:
        carriers = relaying(sink, connections=3)
        await asyncio.gather(*(send(carriers) for _ in range(9)))

        assert sink.connections == 3
        assert len(sink.taken) == 9


async def test_wait_for_a_connection_ends(relaying: Relaying) -> None:
    """CarrierUnavailable, so that the app is told to try again."""
    async with Sink({"END": "<hang>"}) as sink:
        carriers = relaying(sink, connections=1, wait=0.1)
        first = asyncio.create_task(send(carriers))
        await sink.event("END").wait()

        with pytest.raises(CarrierUnavailable):
            await send(carriers)
        first.cancel()


async def test_cancelled_copy_gives_its_place_back_but_not_its_connection(relaying: Relaying) -> None:
    """Nobody knows what the hop will answer next on it."""
    async with Sink({"END": ["<hang>", "250 2.0.0 Ok"]}) as sink:
        carriers = relaying(sink, connections=1)
        first = asyncio.create_task(send(carriers))
        await sink.event("END").wait()
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)

        assert isinstance(await send(carriers), Sent)
        assert sink.connections == 2


async def test_rested_connection_is_asked_before_it_is_handed_out(relaying: Relaying) -> None:
    """A dead one is replaced before any commit is made for it."""
    async with Sink({"RSET": "<close>"}) as sink:
        carriers = relaying(sink, trusted=0.0)
        await send(carriers)
        async with carriers.ready() as carrier:
            assert sink.connections == 2
            assert carrier is not None


async def test_idle_connections_are_parted_with(sink: Sink, relaying: Relaying) -> None:
    """QUIT after the idle time."""
    await send(relaying(sink, idle=0.1))
    await asyncio.sleep(0.3)

    assert sink.commands[-1] == "QUIT"
    assert sink.open == 0


async def test_closing_says_goodbye(sink: Sink, relaying: Relaying) -> None:
    """Also on connections that were out when it was called."""
    carriers = relaying(sink)
    async with carriers.ready():
        await carriers.close()
    await asyncio.wait_for(sink.event("QUIT").wait(), 5)


@pytest.mark.parametrize(
    ("script", "settings"),
    [
        ({"GREETING": "554 5.3.2 No"}, {}),
        ({"GREETING": "421 4.3.2 Busy <close>"}, {}),
        ({"GREETING": "<close>"}, {}),
        ({"GREETING": "<hang>"}, {"connect_timeout": 0.2}),
        ({"GREETING": "HTTP/1.1 400 Bad Request"}, {}),
        ({"EHLO": "502 5.5.1 no", "HELO": "502 5.5.1 no"}, {}),
        ({"EHLO": "<close>"}, {}),
        ({"EHLO": "<hang>"}, {"connect_timeout": 0.2}),
        ({}, {"tls": "starttls"}),
        ({}, {"username": "u", "password": "p"}),
        ({"EHLO": "250-x\r\n250 AUTH PLAIN", "AUTH": "535 5.7.8 no"}, {"username": "u", "password": "p"}),
    ],
)
async def test_hop_that_cannot_be_used_is_unavailable(
    script: dict[str, Script], settings: dict[str, object], relaying: Relaying
) -> None:
    """Also one that lacks the TLS or AUTH that settings demand: never without them."""
    async with Sink(script) as sink:
        with pytest.raises(CarrierUnavailable):
            await send(relaying(sink, **settings))
        assert not any(command.startswith("MAIL") for command in sink.commands)


async def test_hop_that_is_not_there_is_unavailable() -> None:
    """Connection refused."""
    async with Sink() as sink:
        port = sink.port

    with pytest.raises(HopLost):
        await connect(NextHop("127.0.0.1", port, tls="none"))


async def test_hop_of_the_old_kind_is_greeted_with_helo(relaying: Relaying) -> None:
    """RFC 5321 3.2; it then offers nothing."""
    async with Sink({"EHLO": "500 What?"}) as sink:
        assert isinstance(await send(relaying(sink)), Sent)
        assert "HELO localhost" in sink.commands
        assert sink.taken[0].options == ""


async def test_starttls_and_auth_are_done_before_a_copy(certificate: Contexts, relaying: Relaying) -> None:
    """Both once per connection."""
    server, client = certificate
    async with Sink({"EHLO": WITH_TLS}, tls=server) as sink:
        carriers = relaying(sink, tls="starttls", tls_context=client, username="u", password="p")
        await send(carriers)
        await send(carriers)

        assert [taken.tls for taken in sink.taken] == [True, True]
        assert [command.split()[0] for command in sink.commands[:4]] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]
        assert sink.connections == 1


async def test_implicit_tls(certificate: Contexts, relaying: Relaying) -> None:
    """TLS from the first byte."""
    server, client = certificate
    async with Sink(tls=server, implicit=True) as sink:
        await send(relaying(sink, tls="tls", tls_context=client))

        assert sink.taken[0].tls


async def test_certificate_that_is_not_trusted_is_not_talked_to(
    certificate: Contexts, relaying: Relaying
) -> None:
    """By default the system's authorities decide."""
    async with Sink({"EHLO": WITH_TLS}, tls=certificate[0]) as sink:
        with pytest.raises(CarrierUnavailable):
            await send(relaying(sink, tls="starttls"))
        assert sink.taken == []


async def test_words_injected_before_tls_are_not_read(certificate: Contexts, relaying: Relaying) -> None:
    """FAULTS.md "SMTP": a reply smuggled in before the handshake."""
    script: dict[str, Script] = {
        "EHLO": WITH_TLS,
        "STARTTLS": "220 Go on\r\n250-evil\r\n250 AUTH PLAIN",
    }
    async with Sink(script, tls=certificate[0]) as sink:
        carriers = relaying(sink, tls="starttls", tls_context=certificate[1], connect_timeout=2.0)
        try:
            await send(carriers, mail())
        except CarrierUnavailable:
            return  # the handshake broke on it: as good

        assert [command.split()[0] for command in sink.commands[:3]] == ["EHLO", "STARTTLS", "EHLO"]
