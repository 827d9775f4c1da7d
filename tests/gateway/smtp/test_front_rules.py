"""Small rules of the front that need no socket: the clock, arguments, replies, marks, traces."""

from datetime import UTC, datetime

import pytest

from channels.email.compose import Original
from gateway.smtp import parameters, replies
from gateway.smtp.clock import Clock
from gateway.smtp.composing import list_id, received
from gateway.smtp.limits import Limits, is_loopback
from gateway.smtp.marks import Mark, report_of
from gateway.smtp.replies import Reply
from gateway.smtp.session import Session
from gateway.smtp.submission import Client, Submission
from suppression.address import parse_email
from suppression.model import App
from suppression.purposes import Catalogue

APP = App("shop", "brand")
ORDERS = Catalogue.shipped().find("transactional/orders")


def test_clock_counts_idle_time_from_the_last_command() -> None:
    """And stands still while we work."""
    clock = Clock(Limits(idle=300), now=0)
    clock.listens(100)

    assert clock.left(150, 0) == 250
    assert clock.left(401, 0) <= 0
    assert clock.verdict is replies.IDLE
    clock.works()
    assert clock.left(10_000, 0) > 0


def test_clock_gives_content_time_by_its_size() -> None:
    """A minimal rate after the grace, and never a minute of silence."""
    clock = Clock(Limits(data_grace=60, data_rate=500), now=0)
    clock.collects(0, received=1000)

    assert clock.left(60, 1000 + 30_000) == 60
    assert clock.left(120, 1000 + 30_001) < 1
    assert clock.left(121, 1000 + 30_002) <= 0
    assert clock.verdict is replies.TOO_SLOW
    clock.collects(0, received=0)
    assert clock.left(60, 1_000_000) > 0
    assert clock.left(120, 1_000_000) == 0


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("FROM:<a@b.example>", ("a@b.example", set(), 0)),
        ("from:<> SIZE=12", ("", set(), 12)),
        (
            'FROM:<"a>b"@c.example> BODY=8bitmime SMTPUTF8',
            ('"a>b"@c.example', {"BODY=8BITMIME", "SMTPUTF8"}, 0),
        ),
        ('FROM:<"a\\"> SIZE=1"@c.example>', ('"a\\"> SIZE=1"@c.example', set(), 0)),
        ("FROM:<a@b.example>  BODY=7BIT  AUTH=<> ", ("a@b.example", set(), 0)),
        ("FROM:<a@b.example>SIZE=1", None),
        ("FROM:<a@b.example> <c@d.example>", None),
        ("FROM:<a@b.example> SIZE=-1", None),
        ("FROM:<a@b.example> SIZE=１", None),
        ("FROM:a@b.example", None),
        ("TO:<a@b.example>", None),
        ("FROM:  <a@b.example>", None),
        ("", None),
    ],
)
def test_mail_argument(argument: str, expected: tuple[str, set[str], int] | None) -> None:
    """Path, options, size; anything else is 501."""
    found = parameters.read_mail(argument, extended=True)

    if expected is None:
        assert isinstance(found, Reply)
        assert found.code == 501
    else:
        assert isinstance(found, parameters.MailArgument)
        assert (found.path, set(found.options), found.size) == expected


def test_replies_are_ascii_lines_with_a_code_on_each() -> None:
    """RFC 2034 4; what a peer said cannot add a line."""
    assert Reply(250, "2.0.0", "a\nb").wire() == b"250-2.0.0 a\r\n250 2.0.0 b\r\n"
    assert Reply(250, "", "größe").wire() == b"250 gr??e\r\n"
    assert replies.hop_said(550, "5.1.1", "x\r\n250 y").wire() == b"550 5.1.1 x 250 y\r\n"
    assert len(replies.hop_said(550, "5.1.1", "x " * 4000).wire()) <= 512
    assert len(replies.taken("m" * 24, "x " * 4000).wire()) <= 512


def test_hops_temporary_codes_become_451() -> None:
    """One reply for N copies has one temporary code; 421 would end the session."""
    assert [replies.hop_said(code, "4.0.0", "x").code for code in (421, 450, 452)] == [451] * 3


def submission(
    content: bytes, sender: str = "shop@example.com", app: App = APP, to: str = "ann@example.net"
) -> Submission:
    client = Client("client.example", "192.0.2.1", "ESMTP")
    return Submission(app, client, parse_email(sender), frozenset(), (parse_email(to),), ORDERS, content)


def mark(content: bytes, **changes: object) -> Mark:
    return Mark.of(Original.parse(content), submission(content, **changes), ORDERS)  # type: ignore[arg-type]


def test_resend_is_told_by_message_id_and_content() -> None:
    """The same bytes are the same message; other bytes, another sender or app are another."""
    raw = b"Message-ID: <1@x>\r\n\r\nHi\r\n"

    assert mark(raw) == mark(raw)
    assert mark(raw).remembers
    others = {
        mark(b"Message-ID: <1@x>\r\n\r\nHo\r\n").identity,
        mark(b"Message-ID: <2@x>\r\n\r\nHi\r\n").identity,
        mark(raw, sender="other@example.com").identity,
        mark(raw, app=App("other", "brand")).identity,
    }
    assert len(others | {mark(raw).identity}) == 5


def test_message_key_alone_tells_a_resend() -> None:
    """Whatever else changed: the app says that it is the same."""
    first = mark(b"X-Gateway-Message-Key: k\r\nMessage-ID: <1@x>\r\n\r\nHi\r\n")

    assert first == mark(b"X-Gateway-Message-Key: k\r\nMessage-ID: <2@x>\r\n\r\nHo\r\n")


def test_without_both_nothing_is_remembered() -> None:
    """But the same bytes are guarded while they are being handed over."""
    raw = b"Subject: x\r\n\r\nHi\r\n"

    assert not mark(raw).remembers
    assert mark(raw).identity == mark(raw).identity
    assert mark(raw).message != mark(raw).message


def test_markers_are_by_exact_recipient() -> None:
    """bob+a and bob are two mailboxes; a report has a marker of its own."""
    raw = b"Message-ID: <1@x>\r\n\r\nHi\r\n"
    markers = [
        next(iter(mark(raw).copies(submission(raw, to=to), ORDERS, "", system=False))).hand_over
        for to in ("bob@example.net", "BOB@example.net", "bob+a@example.net")
    ]

    assert markers[0].id == markers[1].id != markers[2].id
    assert report_of(markers[0]).id not in {hand_over.id for hand_over in markers}


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("192.0.2.1", "[192.0.2.1]"),
        ("2001:db8::1", "[IPv6:2001:db8::1]"),
        ("fe80::1%eth0", "[IPv6:fe80::1]"),
        ("", "local"),
    ],
)
def test_received_line_names_the_client_and_no_recipient(address: str, shown: str) -> None:
    """RFC 5321 4.4; no `for` clause."""
    line = received(
        Client("c.example", address, "ESMTPSA"), "gw.example", "m1", datetime(2026, 11, 22, tzinfo=UTC)
    )

    assert (
        line
        == (
            f"Received: from c.example ({shown})\r\n\tby gw.example with ESMTPSA id m1;\r\n"
            "\tSun, 22 Nov 2026 00:00:00 +0000\r\n"
        ).encode()
    )


def test_list_id_goes_from_narrow_to_wide() -> None:
    """RFC 2919 2."""
    assert list_id("marketing/promotions", "example.com") == "promotions.marketing.list-id.example.com"


@pytest.mark.parametrize(
    ("address", "yes"),
    [("127.0.0.1", True), ("::1", True), ("", True), ("192.0.2.1", False), ("what", False)],
)
def test_loopback(address: str, *, yes: bool) -> None:
    """A Unix socket's client is on this machine as well."""
    assert is_loopback(address) is yes
    assert Session(address).loopback is yes
