"""A next hop made by hand, carriers to it, and permits as the store makes them."""

import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from channels.carrier import Outcome
from channels.email.mail import Mail
from channels.email.next_hop import NextHop
from channels.email.smtp_pool import SmtpPool
from channels.email.smtp_relay import SmtpCarriers
from suppression.address import parse_email
from suppression.decision import Reason, Send
from suppression.model import Recipient
from suppression.store.permit import Permit
from tests.channels.relay.sink import Sink
from tests.gateway.smtp.certificate import client_context, server_context


def permit(to: str = "ann@example.net", message: str = "m1") -> Permit:
    recipient = Recipient(b"k" * 16, "e" * 16, parse_email(to))
    return Permit(Send(Reason.CONSENTED), recipient, message, "d1")


def mail(
    raw: bytes = b"Subject: Hello\r\n\r\nBody\r\n", mail_from: str = "shop@example.com", *options: str
) -> Mail:
    return Mail("m1", "brand", mail_from, raw, options)


async def send(carriers: SmtpCarriers, message: Mail | None = None, to: str = "ann@example.net") -> Outcome:
    async with carriers.ready() as carrier:
        return await carrier.send(message or mail(), permit(to))


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with Sink() as sink:
        yield sink


Relaying = Callable[..., SmtpCarriers]


@pytest.fixture
async def relaying() -> AsyncIterator[Relaying]:
    """Carriers to a sink, with settings of the next hop; closed after the test."""
    made: list[SmtpCarriers] = []

    def make(sink: Sink, **settings: object) -> SmtpCarriers:
        hop = NextHop("localhost" if settings.get("tls", "none") != "none" else "127.0.0.1", sink.port,
                      **({"tls": "none"} | settings))  # type: ignore[arg-type]  # fmt: skip
        made.append(SmtpCarriers(SmtpPool(hop)))
        return made[-1]

    yield make
    for carriers in made:
        await carriers.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context, and a client's that trusts it."""
    folder: Path = tmp_path_factory.mktemp("tls")
    return server_context(folder), client_context(folder)
