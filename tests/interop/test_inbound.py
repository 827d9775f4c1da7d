"""Mail that comes back by way of the programs that others use: Debian's Postfix hands it over, swaks speaks to us."""

import asyncio
import re
import shutil
import smtplib
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from suppression.store.store import Store
from tests.channels.relay.sink import Sink
from tests.documents import readme
from tests.gateway.smtp.front_door import relay_to, until
from tests.gateway.smtp.inbound_door import InboundDoor
from tests.interop.postfix import Postfix, running
from tests.interop.postfix import version as postfix_version
from tests.interop.tried import Version

ANN = "ann@example.net"


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    """The next hop, and where Postfix sends what it writes itself."""
    async with Sink() as sink:
        yield sink


@asynccontextmanager
async def handed_over(store: Store, sink: Sink) -> AsyncIterator[tuple[InboundDoor, Postfix]]:
    """A Postfix set up as the guide says, before our LMTP port."""
    async with InboundDoor(store, relay_to(sink.port), lmtp=True).open() as door:
        settings = as_documented(door.port) | {"relayhost": f"[127.0.0.1]:{sink.port}"}
        with running(settings) as postfix:
            yield door, postfix


def as_documented(port: int) -> dict[str, str]:
    (block,) = readme.blocks("Mail that comes back", "", page=readme.OPERATING)
    lines = re.findall(r"^([a-z_]+) =(.*)$", block.replace(":2424", f":{port}"), re.MULTILINE)
    assert len(lines) == 3
    return {name: value.strip() for name, value in lines}


async def send(port: int, mail_from: str, to: str, raw: bytes = b"Subject: x\r\n\r\nHello\r\n") -> None:
    def submit() -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
            client.sendmail(mail_from, [to], raw)

    await asyncio.to_thread(submit)


@pytest.mark.client("Postfix by LMTP")
async def test_postfix_hands_over_a_stop_and_a_bounce(store: Store, sink: Sink, version: Version) -> None:
    """The tokens come through in whatever case and with whatever lines Postfix writes."""
    version(postfix_version())
    async with handed_over(store, sink) as (door, postfix):
        await send(postfix.port, ANN, door.mailto(ANN).upper())
        await send(
            postfix.port, "", door.back("bob@example.net"), b"From: MAILER-DAEMON\r\n\r\nNo such user\r\n"
        )

        async def delivered() -> bool:
            return not postfix.queued

        await until(delivered)
        assert await door.would(ANN) == "unsubscribed"
        assert await door.would("bob@example.net") == "would_send"
    (bounce,) = sink.taken
    assert (bounce.mail_from, bounce.to) == ("", "shop@example.com")
    assert bounce.raw.endswith(b"\r\n\r\nNo such user\r\n")
    assert b"by gw.example with LMTP id" in bounce.raw


@pytest.mark.client("Postfix by LMTP")
async def test_postfix_tells_the_author_what_we_refuse(store: Store, sink: Sink) -> None:
    async with handed_over(store, sink) as (_, postfix):
        await send(postfix.port, ANN, "nobody@u.in.example.com")

        async def told() -> bool:
            return bool(sink.taken)

        await until(told)
    assert (sink.taken[0].mail_from, sink.taken[0].to) == ("", ANN)
    assert b"Status: 5.1.1" in sink.taken[0].raw


@pytest.mark.client("Postfix by LMTP")
async def test_postfix_keeps_what_cannot_be_stored_now(store: Store, sink: Sink) -> None:
    async with handed_over(store, sink) as (door, postfix):
        client = store.client
        door.go_away()
        await send(postfix.port, ANN, door.mailto(ANN))

        async def deferred() -> bool:
            return "status=deferred" in postfix.log

        await until(deferred)
        assert "451 4.4.3" in postfix.log
        store.client = client

        async def delivered() -> bool:
            return not postfix.queued

        await until(delivered)
        assert await door.would(ANN) == "unsubscribed"


@pytest.mark.client("swaks")
@pytest.mark.parametrize("protocol", ["ESMTP", "LMTP"])
async def test_swaks_stops_by_mail(store: Store, sink: Sink, protocol: str) -> None:
    if shutil.which("swaks") is None:
        pytest.skip("needs Debian's package swaks")
    async with InboundDoor(store, relay_to(sink.port), lmtp=protocol == "LMTP").open() as door:
        said = await asyncio.to_thread(swaks, door.port, protocol, door.mailto(ANN))
        assert said.returncode == 0, said.stdout
        assert "250 2.0.0 OK" in said.stdout
        assert await door.would(ANN) == "unsubscribed"
        refused = await asyncio.to_thread(swaks, door.port, protocol, "victim@example.org")
        assert "550 5.7.1 Relaying denied" in refused.stdout


def swaks(port: int, protocol: str, to: str) -> "subprocess.CompletedProcess[str]":
    command = ["swaks", "--server", f"127.0.0.1:{port}", "--protocol", protocol, "--from", ANN, "--to", to]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
