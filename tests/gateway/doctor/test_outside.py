"""What doctor looks at through the network: certificate, public URL, Twilio, receivers, DNS. And the command."""

import asyncio
import datetime as dt
import json
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from channels.twilio.client import Credentials, TwilioClient
from channels.twilio.http import Endpoint
from gateway.doctor.certificate import look_at_file, look_at_port
from gateway.doctor.findings import Findings, Level
from gateway.doctor.outside import look_at_public_url, look_at_receivers, look_at_twilio
from gateway.http.app import create_app
from gateway.http.pages import HEADERS
from gateway.http.server import serve
from gateway.webhooks.destination import Destinations
from gateway.webhooks.subscriptions import Subscription
from tests.channels.relay.sink import DEFAULTS, Sink
from tests.conftest import free_port
from tests.end_to_end.hop import Hop
from tests.end_to_end.processes import run
from tests.end_to_end.production import Production
from tests.gateway.http.world import fake_world
from tests.twilio_stand_in.stand_in import ACCOUNT, TOKEN, StandIn

KEY = b"k" * 32
NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)


def certificate(path: Path, *, days: int, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(1)
        .not_valid_before(NOW - dt.timedelta(days=90)).not_valid_after(NOW + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path.write_bytes(made.public_bytes(Encoding.PEM))
    return path


def levels(found: Findings) -> list[Level]:
    return [finding.level for finding in found]


@pytest.mark.parametrize(
    ("days", "name", "expected"),
    [
        (60, "mail.example.com", [Level.OK, Level.OK, Level.WARN]),
        (60, "*.example.com", [Level.OK, Level.OK, Level.WARN]),
        (5, "mail.example.com", [Level.WARN, Level.OK, Level.WARN]),
        (-1, "other.example.com", [Level.FAIL, Level.FAIL, Level.WARN]),
    ],
)
def test_dates_name_and_chain_of_the_certificate(
    tmp_path: Path, days: int, name: str, expected: Sequence[Level]
) -> None:
    found = look_at_file(certificate(tmp_path / "tls.pem", days=days, name=name), "mail.example.com", NOW)
    assert levels(found) == expected


async def test_a_port_without_starttls_fails_and_a_closed_one_is_warned_of() -> None:
    async with Sink() as sink:
        assert levels(await look_at_port("127.0.0.1", sink.port, "mail.example.com")) == [Level.FAIL]
    assert levels(await look_at_port("127.0.0.1", free_port(), "mail.example.com")) == [Level.WARN]


async def test_a_port_whose_certificate_nobody_vouches_for_is_warned_of(tmp_path: Path) -> None:
    from tests.gateway.config.conftest import write_certificate, write_key

    key = ec.generate_private_key(ec.SECP256R1())
    write_key(tmp_path / "key", key)
    write_certificate(tmp_path / "pem", key)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "pem", tmp_path / "key")
    says = str(DEFAULTS["EHLO"]).replace("250-8BITMIME", "250-8BITMIME\r\n250-STARTTLS")
    async with Sink({"EHLO": says}, tls=tls) as sink:
        (found,) = await look_at_port("127.0.0.1", sink.port, "mail.example.com")
    assert (found.level, "refuses it" in found.said) == (Level.WARN, True)


@asynccontextmanager
async def answering(head: str) -> AsyncIterator[str]:
    """A web server that says one thing to all."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    ("head", "level", "said"),
    [
        (
            "404 Not Found\r\n" + "\r\n".join(f"{k}: {v}" for k, v in HEADERS.items()),
            Level.FAIL,
            "with other secrets",
        ),
        ("200 OK", Level.FAIL, "not as a gateway does"),
        ("404 Not Found", Level.FAIL, "not as a gateway does"),
        ("301 Moved\r\nLocation: https://www.example.com/", Level.FAIL, "redirects"),
    ],
)
async def test_the_public_url_must_lead_to_our_pages(head: str, level: Level, said: str) -> None:
    async with answering(head) as url:
        (found,) = await look_at_public_url(url, KEY)
    assert (found.level, said in found.said) == (level, True)


async def test_only_the_deployment_with_these_secrets_can_prove_itself() -> None:
    doors = fake_world().doors
    (listener,) = (socket.create_server(("127.0.0.1", 0)),)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    serving = await serve(create_app(doors), [listener])
    try:
        (ours,) = await look_at_public_url(url, doors.form_key)
        (other,) = await look_at_public_url(url, KEY)
    finally:
        await serving.drain()
    assert (ours.level, ours.said) == (Level.OK, f"{url} leads to this deployment.")
    assert (other.level, "with other secrets" in other.said) == (Level.FAIL, True)


async def test_a_public_url_that_nobody_serves_fails() -> None:
    (found,) = await look_at_public_url(f"http://127.0.0.1:{free_port()}", KEY)
    assert (found.level, "cannot be reached" in found.said) == (Level.FAIL, True)


async def test_twilio_takes_the_right_token_and_refuses_another() -> None:
    async with StandIn(password=TOKEN) as stand_in:
        endpoint = Endpoint(stand_in.url, plain_http=True)
        for token, level in ((TOKEN, Level.OK), ("another", Level.FAIL)):
            client = TwilioClient(Credentials(ACCOUNT, ACCOUNT, token), endpoint)
            (found,) = await look_at_twilio(client, ACCOUNT)
            await client.close()
            assert found.level is level, token
            assert ACCOUNT not in found.said
    client = TwilioClient(Credentials(ACCOUNT, ACCOUNT, TOKEN), endpoint)
    (found,) = await look_at_twilio(client, ACCOUNT)
    await client.close()
    assert found.level is Level.FAIL


async def test_receivers_must_be_where_events_may_go() -> None:
    async def known(host: str, _port: int) -> Sequence[str]:
        if host == "nowhere.example":
            raise OSError
        return ["10.0.0.1"] if host == "inside.example" else ["93.184.215.14"]

    receivers = {
        host: Subscription(host, "brand", f"https://{host}/events", ())
        for host in ("good.example", "inside.example", "nowhere.example")
    }
    found = await look_at_receivers(receivers, Destinations((), known))
    assert levels(found) == [Level.OK, Level.FAIL, Level.WARN]


def test_the_command_says_what_to_do_and_ends_with_1_when_something_fails(tmp_path: Path) -> None:
    """Without a way to the internet: the public URL cannot be reached, whatever else is right."""
    with Hop() as hop:
        production = Production(tmp_path, hop.port)
        given = production.config.read_text()
        production.config.write_text(given.replace("_timeout = 1\n", "_timeout = 20\n"))
        production.command("init")
        told = run("doctor", "--config", production.config)
        as_json = run("doctor", "--json", "--config", production.config)
    assert (told.returncode, as_json.returncode) == (1, 1), told.stderr
    assert "fail  public url" in told.stdout
    assert "ok    next hop" in told.stdout
    assert "ok    store" in told.stdout
    assert "ok    archive" in told.stdout
    assert "SPF of example.com: Permits the host that mail from this domain leaves from." in told.stdout
    found = json.loads(as_json.stdout)
    assert found["fail"] == sum(one["level"] == "fail" for one in found["findings"])
    assert all(one["todo"] for one in found["findings"] if one["level"] != "ok")
