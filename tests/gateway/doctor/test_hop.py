"""The next hop as doctor sees it: real sessions with a hop that is in order, and with ones that are not."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from channels.email.next_hop import NextHop
from gateway.doctor.findings import Level
from gateway.doctor.hop import look
from tests.channels.relay.sink import DEFAULTS, HANG, Sink
from tests.conftest import free_port
from tests.gateway.config.conftest import write_certificate, write_key

SAYS_ALL = str(DEFAULTS["EHLO"]).replace(
    "250-8BITMIME", "250-8BITMIME\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN"
)

WRONG = {"tls": "starttls", "username": "gw", "password": "wr0ng"}


@pytest.fixture
def server_tls(tmp_path: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    write_key(tmp_path / "tls.key", key)
    write_certificate(tmp_path / "tls.pem", key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls.pem", tmp_path / "tls.key")
    return context


@pytest.fixture
async def sink(server_tls: ssl.SSLContext) -> AsyncIterator[Sink]:
    async with Sink({"EHLO": SAYS_ALL}, tls=server_tls) as sink:
        yield sink


def hop(sink: Sink, **how: object) -> NextHop:
    given = {"host": "127.0.0.1", "port": sink.port, "tls": "none", "connect_timeout": 1.0}
    return NextHop(**given | how)  # type: ignore[arg-type]


def anybody() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def test_a_hop_in_order_is_told_so_and_gets_no_mail(sink: Sink) -> None:
    found = await look(hop(sink, tls="starttls", tls_context=anybody(), username="gw", password="right"))
    assert [finding.level for finding in found] == [Level.OK]
    assert "took our credentials" in found[0].said
    assert not [command for command in sink.commands if command.upper().startswith(("MAIL", "RCPT", "DATA"))]


async def test_unchecked_certificates_and_missing_8bitmime_are_warned_of(sink: Sink) -> None:
    found = await look(hop(sink, tls="starttls", tls_context=anybody()), verify=False)
    assert [finding.level for finding in found] == [Level.OK, Level.WARN]
    sink.answer("EHLO", "250 old.example")
    found = await look(hop(sink))
    assert [finding.level for finding in found] == [Level.OK, Level.WARN]
    assert "8BITMIME" in found[1].said


@pytest.mark.parametrize(
    ("script", "how", "said"),
    [
        ({"AUTH": "535 5.7.8 No"}, WRONG, "refuses our credentials"),
        ({"EHLO": "250 plain.example"}, {"tls": "starttls"}, "offers no STARTTLS"),
        ({"GREETING": "554 5.7.1 Go away"}, {}, "answers 554"),
        ({"GREETING": HANG}, {"connect_timeout": 0.3}, "does not answer"),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_hop_is_told_with_what_to_do(
    sink: Sink, script: dict[str, str], how: dict[str, object], said: str
) -> None:
    for step, answer in script.items():
        sink.answer(step, answer)
    (found,) = await look(hop(sink, tls_context=anybody(), **how))
    assert found.level is Level.FAIL
    assert said in found.said
    assert found.todo
    assert "wr0ng" not in f"{found}"


async def test_a_certificate_that_cannot_be_verified_fails(sink: Sink) -> None:
    (found,) = await look(hop(sink, tls="starttls", tls_context=ssl.create_default_context()))
    assert found.level is Level.FAIL
    assert "cannot be verified" in found.said


async def test_a_closed_port_fails() -> None:
    (found,) = await look(NextHop("127.0.0.1", free_port(), tls="none", connect_timeout=1.0))
    assert (found.level, "Nobody listens" in found.said) == (Level.FAIL, True)
