"""What every mail carrier does alike: the SMTP relay and the sandbox under one suite."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from channels.carrier import Carriers, Sent, WrongMessage
from channels.email.mail import Mail
from channels.email.next_hop import NextHop
from channels.email.smtp_pool import SmtpPool
from channels.email.smtp_relay import SmtpCarriers
from channels.sandbox import Sandbox, SandboxCarriers, SandboxMailCarrier
from suppression.address import parse_email
from suppression.decision import Reason, Send
from suppression.model import Recipient
from suppression.store.permit import LIFETIME, Permit, PermitExpired, PermitUsed
from tests.channels.relay.sink import Sink

MAIL = Mail("m1", "brand", "shop@example.com", b"To: eve@example.net\r\nSubject: Hello\r\n\r\n.Dot\r\n")


@dataclass
class Way:
    """Carriers, and what left by them: (recipient, bytes) in order."""

    carriers: Carriers[Mail]
    left: Callable[[], list[tuple[str, bytes]]]


def permit(message: str = "m1", *, born: float | None = None) -> Permit:
    """As the store's commit makes it."""
    recipient = Recipient(b"k" * 16, "e" * 16, parse_email("ann@example.net"))
    return Permit(Send(Reason.CONSENTED), recipient, message, "d1", born=born)


@asynccontextmanager
async def relay() -> AsyncIterator[Way]:
    async with Sink() as sink:
        carriers = SmtpCarriers(SmtpPool(NextHop("127.0.0.1", sink.port, tls="none")))
        yield Way(carriers, lambda: [(taken.to, taken.raw) for taken in sink.taken])
        await carriers.close()


@asynccontextmanager
async def sandbox(folder: Path) -> AsyncIterator[Way]:
    import base64

    kept = Sandbox(folder)
    yield Way(
        SandboxCarriers(SandboxMailCarrier(kept)),
        lambda: [(entry["to"], base64.b64decode(entry["raw"])) for entry in kept.messages()],
    )


@pytest.fixture(params=["relay", "sandbox"])
async def way(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Way]:
    async with relay() if request.param == "relay" else sandbox(tmp_path / "sandbox") as way:
        yield way


async def test_message_goes_to_the_recipient_of_its_permit(way: Way) -> None:
    """Whatever its To says; its bytes arrive as they are."""
    async with way.carriers.ready() as carrier:
        outcome = await carrier.send(MAIL, permit())

    assert isinstance(outcome, Sent)
    assert way.left() == [("ann@example.net", MAIL.raw)]


async def test_permit_is_good_for_one_hand_over(way: Way) -> None:
    """The second raises PermitUsed and hands nothing over."""
    once = permit()
    async with way.carriers.ready() as carrier:
        await carrier.send(MAIL, once)
        with pytest.raises(PermitUsed):
            await carrier.send(MAIL, once)

    assert len(way.left()) == 1


async def test_permit_that_is_too_old_hands_nothing_over(way: Way) -> None:
    """PermitExpired, and the carrier is good for the next one."""
    async with way.carriers.ready() as carrier:
        with pytest.raises(PermitExpired):
            await carrier.send(MAIL, permit(born=time.monotonic() - LIFETIME - 0.1))
        assert way.left() == []

        assert isinstance(await carrier.send(MAIL, permit()), Sent)


async def test_permit_of_another_message_is_refused(way: Way) -> None:
    """A decision is for one message."""
    async with way.carriers.ready() as carrier:
        with pytest.raises(WrongMessage):
            await carrier.send(MAIL, permit("m2"))

    assert way.left() == []
