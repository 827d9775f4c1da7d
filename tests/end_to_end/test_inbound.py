"""Mail that comes back, from outside: a reader's mail stops, a bounce finds its app, and nobody relays by us."""

import contextlib
import smtplib
import socket
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from tests.conftest import free_port
from tests.end_to_end.client import PATIENCE, SHOP, Client, Talk, address, mail
from tests.end_to_end.hop import Hop
from tests.end_to_end.processes import until
from tests.end_to_end.production import Production

STOP = b"From: me\r\nAuto-Submitted: auto-replied\r\nSubject: unsubscribe\r\n\r\n"
NOTICE = b"From: MAILER-DAEMON@mx.example.net\r\nSubject: failed\r\n\r\nNo such user\r\n"


@contextlib.contextmanager
def mail_server(gateway: Client) -> Iterator[Talk]:
    """One that has mail for us."""
    inbound = gateway.facts["inbound"]
    with Talk(inbound["host"], inbound["port"], timeout=PATIENCE) as talk:
        talk.ehlo("mx.example.net")
        yield talk


def test_a_mail_to_the_address_in_the_header_stops(gateway: Client) -> None:
    to = gateway.consented("writer")
    assert gateway.send(mail(), to).code == 250
    [arrived] = gateway.arrived(to)
    with mail_server(gateway) as talk:
        assert talk.submit(STOP, arrived.mailto.upper(), mail_from="").code == 250
        assert gateway.would(to)[0] == "would_send"
        assert talk.submit(STOP, arrived.mailto.upper(), mail_from=to).code == 250
    assert gateway.would(to) == ("refuse", "unsubscribed")
    [entry] = gateway.recipient(to)["suppressions"]
    assert (entry["way"], entry["source"]) == ("mailto", "mail")


def test_a_bounce_goes_on_to_the_app_in_whichever_worker(gateway: Client) -> None:
    """Two workers: the way back is in the store."""
    to, app = gateway.consented("gone"), address("returns", "example.com")
    assert gateway.send(mail(), to, mail_from=app).code == 250
    [arrived] = gateway.arrived(to)
    assert arrived.mail_from.endswith("@b.in.example.com")
    for _ in range(4):
        with mail_server(gateway) as talk:
            assert talk.submit(NOTICE, arrived.mail_from, mail_from="").code == 250
    [bounce] = gateway.arrived(app)
    assert bounce.mail_from == ""
    assert bounce.raw.endswith(NOTICE)
    assert gateway.would(to)[0] == "would_send"


def test_mail_to_the_opt_out_mailbox_goes_on(gateway: Client) -> None:
    author = address("author")
    with mail_server(gateway) as talk:
        assert talk.submit(NOTICE, "admin@example.com", mail_from=author).code == 250
    assert author in [arrived.mail_from for arrived in gateway.arrived("team@example.com")]


def test_nothing_is_relayed(gateway: Client) -> None:
    victim = address("victim")
    with mail_server(gateway) as talk:
        [refused, unknown] = talk.envelope(SHOP, victim, "postmaster@in.example.com")
        assert (refused.code, refused.status) == (550, "5.7.1")
        assert (unknown.code, unknown.status) == (550, "5.1.1")
        with pytest.raises(smtplib.SMTPNotSupportedError):
            talk.login("demo", gateway.key)
    assert gateway.arrived(victim) == []


def test_mail_of_a_purpose_without_a_way_out_keeps_its_return_path(gateway: Client) -> None:
    to = address()
    gateway.order(to)
    assert gateway.arrived(to)[0].mail_from == SHOP


# In production

INBOUND = """
[inbound]
domain = "in.example.com"
host = "127.0.0.1"
port = {port}
lmtp_socket = "run/lmtp"
max_connections_per_address = 2
mails_a_minute = 3
"""


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Production, Hop, int]]:
    with Hop() as hop:
        production, port = Production(tmp_path_factory.mktemp("inbound"), hop.port), free_port()
        (production.home / "run").mkdir()
        text = production.config.read_text().replace("[next_hop]", INBOUND.format(port=port) + "\n[next_hop]")
        production.config.write_text(text)
        production.command("init")
        production.begin()
        yield production, hop, port
        production.end()
        assert not socket_of(production).exists()


def socket_of(production: Production) -> Path:
    return production.home / "run" / "lmtp"


def test_limits_are_of_one_client(production: tuple[Production, Hop, int]) -> None:
    """Connections, and mails in a minute; a mail server behind the socket has neither."""
    gateway, _, port = production
    with contextlib.ExitStack() as open_ones:
        talks = [open_ones.enter_context(Talk("127.0.0.1", port, timeout=PATIENCE)) for _ in range(2)]
        with pytest.raises(smtplib.SMTPConnectError, match="421"):
            Talk("127.0.0.1", port, timeout=PATIENCE)
        talks[0].ehlo("mx.example.net")
        said = [talks[0].say("MAIL FROM:<>").code for _ in range(1)]
        for _ in range(3):
            talks[0].say("RSET")
            said.append(talks[0].say("MAIL FROM:<>").code)
        assert said == [250, 250, 250, 450]
    with by_lmtp(gateway) as talk:
        for _ in range(10):
            assert talk("MAIL FROM:<>").startswith("250")
            assert talk("RSET").startswith("250")


@contextlib.contextmanager
def by_lmtp(production: Production) -> Iterator[Callable[[str], str]]:
    with socket.socket(socket.AF_UNIX) as connection, connection.makefile("rwb") as stream:
        connection.settimeout(PATIENCE)
        connection.connect(str(socket_of(production)))

        def say(line: str) -> str:
            if line:
                stream.write(line.encode() + b"\r\n")
                stream.flush()
            while (reply := stream.readline().decode())[3:4] == "-":
                pass
            return reply

        assert say("") == "220 mail.example.com LMTP\r\n"
        say("LHLO mx.example.net")
        yield say


def test_a_stop_by_lmtp_over_the_socket(production: tuple[Production, Hop, int]) -> None:
    gateway, hop, _ = production
    shop = gateway.client("shop")
    to = shop.consented()
    assert shop.send(mail(), to, purpose="marketing/promotions").code == 250
    until(lambda: hop.taken(to))
    field = message_from_bytes(hop.taken(to)[0].raw, policy=default)["List-Unsubscribe"]
    mailto = field.partition("<mailto:")[2].partition("?")[0]
    with by_lmtp(gateway) as talk:
        for line in (f"MAIL FROM:<{to}>", f"RCPT TO:<{mailto}>"):
            assert talk(line).startswith("250")
        assert talk("DATA").startswith("354")
        assert talk("From: me\r\n\r\nstop\r\n.").startswith("250 2.0.0")
    assert shop.would(to) == ("refuse", "unsubscribed")
