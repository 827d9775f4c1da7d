"""Mail that is odd or broken: a clear answer, nothing lost, nothing of it forwarded that could mislead others."""

import socket

import pytest

from tests.end_to_end.client import PATIENCE, Client, address, mail

MIB = 2**20
MARKETING, ORDERS = "marketing/promotions", "transactional/orders"
END = b"\r\n.\r\n"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "From: a@example.com\r\nFrom: b@example.com\r\n",
        "From: a@x.example, b@x.example\r\n",
        "From: undisclosed\r\n",
    ],
)
def test_mail_that_needs_a_way_out_has_exactly_one_from(gateway: Client, header: str) -> None:
    to = gateway.consented()
    raw = f"{header}Subject: x\r\n\r\nText.\r\n".encode()
    refused = gateway.send(raw, to)

    assert (refused.code, refused.status) == (550, "5.7.1")
    assert "exactly one From" in refused.text
    assert gateway.arrived(to) == []
    assert gateway.send(raw, to, purpose=ORDERS).code == 250, "untouched mail is never judged by its From"
    assert gateway.arrived(to)[0].raw.endswith(raw)


@pytest.mark.parametrize("text", ["", "\r\n", "\r\n\r\n"])
def test_an_empty_body_gets_its_footer_or_stays_empty(gateway: Client, text: str) -> None:
    to = gateway.consented()
    assert gateway.send(mail(text=text), to).code == 250
    raw = mail(text=text)
    assert gateway.send(raw, to, purpose=ORDERS).code == 250
    marketing, order = gateway.arrived(to)

    assert marketing.footer_link in marketing.text
    assert order.raw.endswith(raw)


@pytest.mark.parametrize(
    "raw", [b"", b"\r\n", b"no header at all\r\n", b"\r\nonly a body\r\n", b" folded first\r\n\r\nx\r\n"]
)
def test_what_is_hardly_a_message_goes_as_it_is_where_nothing_needs_adding(
    gateway: Client, raw: bytes
) -> None:
    to = gateway.consented()
    assert gateway.send(raw, to, purpose=ORDERS).code == 250
    [arrived] = gateway.arrived(to)
    assert arrived.raw.endswith(raw)
    assert arrived.raw.startswith(b"Received: ")
    assert gateway.send(raw, to).code == 550


def test_bare_line_feeds_become_line_ends(gateway: Client) -> None:
    to = gateway.consented()
    raw = mail(text="one\ntwo\r\nthree\n.four\n")
    for purpose in (MARKETING, ORDERS):
        assert gateway.send(raw, to, purpose=purpose).code == 250
    for arrived in gateway.arrived(to):
        assert b"one\r\ntwo\r\nthree\r\n.four\r\n" in arrived.raw, "smtplib stuffs dots behind bare LFs, too"
        assert arrived.raw.count(b"\n") == arrived.raw.count(b"\r\n") == arrived.raw.count(b"\r")


@pytest.mark.parametrize("text", ["a\0b\r\n", "a\rb\r\n", "a\r\r\nb\r\n", "\r\n\0.\r\n"])
def test_nul_and_bare_cr_are_refused(gateway: Client, text: str) -> None:
    to = gateway.consented()
    for purpose in (MARKETING, ORDERS):
        refused = gateway.send(mail(text=text), to, purpose=purpose)
        assert (refused.code, refused.status) == (550, "5.6.0")
    assert gateway.arrived(to) == []


@pytest.mark.parametrize(
    "end",
    [b"\n.\n", b"\r.\r", b"\r.\n", b"\n.\r", b"\n.\r\n", b"\r\n.\n", b"\r.\r\n", b"\r\n.\r",
     b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\r\n.\r\r\n", b"\r\r\n.\r\r\n"],
)  # fmt: skip
def test_nothing_but_crlf_dot_crlf_ends_a_message(gateway: Client, end: bytes) -> None:
    """What follows a false end stays content: no second message is smuggled in, here or at the next hop."""
    to, victim = gateway.consented(), address("victim")
    smuggled = f"MAIL FROM:<evil@evil.example>\r\nRCPT TO:<{victim}>\r\nDATA\r\nFrom: evil\r\n\r\nx".encode()
    with gateway.talk(ORDERS) as talk:
        talk.envelope("shop@example.com", to)
        assert talk.say("DATA").code == 354
        talk.send(mail(text="one") + end + smuggled + END)
        code, _ = talk.getreply()
        assert code in (250, 550)
        assert talk.say("NOOP").code == 250, "the dialogue is where it should be"
    assert gateway.arrived(victim) == []
    for arrived in gateway.arrived(to):
        assert b"\0" not in arrived.raw
        assert arrived.raw.count(b"\n") == arrived.raw.count(b"\r\n") == arrived.raw.count(b"\r")
        assert b"\r\n.\r\n" not in arrived.raw.replace(b"\r\n..\r\n", b"") or end in (
            b"\n.\n",
            b"\n.\r\n",
            b"\r\n.\n",
        )


def test_8_bit_headers_keep_their_bytes(gateway: Client) -> None:
    to = gateway.consented()
    raw = mail("X-Latin: STÖRUNG").replace("STÖRUNG".encode(), b"St\xf6rung")
    raw = raw.replace(b"Subject: News", "Subject: Grüße".encode())
    for purpose in (MARKETING, ORDERS):
        assert gateway.send(raw, to, purpose=purpose).code == 250
    for arrived in gateway.arrived(to):
        assert b"X-Latin: St\xf6rung\r\n" in arrived.raw
        assert "Subject: Grüße\r\n".encode() in arrived.raw


@pytest.mark.parametrize("kind", ["many", "one", "folded"])
def test_a_header_block_of_2_mb_is_answered(gateway: Client, kind: str) -> None:
    to = gateway.consented()
    block = {
        "many": "".join(f"X-{number}: {'x' * 90}\r\n" for number in range(20_000)),
        "one": f"X-Long: {'x' * 2_000_000}\r\n",
        "folded": "X-Long: y\r\n" + f" {'x' * 90}\r\n" * 22_000,
    }[kind]
    raw = block.encode() + mail()
    for purpose in (MARKETING, ORDERS):
        assert gateway.send(raw, to, purpose=purpose).code == 250
    assert gateway.arrived(to)[1].raw.endswith(raw)


def test_past_a_hundred_recipients_the_rest_wait_for_another_transaction(gateway: Client) -> None:
    to = [address() for _ in range(1000)]
    with gateway.talk(ORDERS) as talk:
        talk.mail("shop@example.com")
        talk.send("".join(f"RCPT TO:<{one}>\r\n" for one in to).encode())
        codes = [talk.getreply()[0] for _ in to]
        assert codes == [250] * 100 + [452] * 900
        assert talk.content(mail()).code == 250
    assert sum(len(gateway.arrived(one)) for one in (to[0], to[99], to[100], to[999])) == 2


@pytest.mark.slow
def test_30_mib_are_refused_and_the_session_goes_on(gateway: Client) -> None:
    to = address()
    big = mail(text=("x" * 70 + "\r\n") * (30 * MIB // 72))
    with gateway.talk(ORDERS) as talk:
        assert talk.say(f"MAIL FROM:<shop@example.com> SIZE={30 * MIB}").text.startswith("5.3.4 ")
        talk.envelope("shop@example.com", to)
        refused = talk.content(big)
        assert (refused.code, refused.status) == (552, "5.3.4")
        assert talk.submit(mail(), to).code == 250
    assert len(gateway.arrived(to)) == 1


@pytest.mark.slow
def test_just_under_the_limit_goes(gateway: Client) -> None:
    to = gateway.consented()
    big = mail(text=("x" * 70 + "\r\n") * (24 * MIB // 72))
    for purpose in (ORDERS, MARKETING):
        assert gateway.send(big, to, purpose=purpose).code == 250
    order, marketing = gateway.arrived(to)
    assert order.raw.endswith(big)
    assert marketing.footer_link


@pytest.mark.parametrize(
    "first", [b"GET / HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00\x01", b"\xff" * 3000 + b"\r\n", b"EHLO x\n"]
)
def test_who_speaks_something_else_is_told_and_closed(gateway: Client, first: bytes) -> None:
    smtp = gateway.facts["smtp"]
    with socket.create_connection((smtp["host"], smtp["port"]), timeout=PATIENCE) as connection:
        assert connection.recv(1000).startswith(b"220 ")
        connection.sendall(first)
        assert connection.recv(1000)[:1] == b"5"


def test_a_loop_is_broken(gateway: Client) -> None:
    looped = "".join(f"Received: from a by b; {number}\r\n" for number in range(30)).encode() + mail()
    refused = gateway.send(looped, address(), purpose=ORDERS)
    assert (refused.code, refused.status) == (554, "5.4.6")
