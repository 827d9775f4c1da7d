"""Input made to break readers: each is answered, soon, and suppresses nobody by accident."""

import base64
import io
import time
import tracemalloc
import zipfile

import pytest

from channels.email.inbound.bounce_codes import Kind
from channels.email.inbound.classify import Nature, Report, classify
from channels.email.inbound.html_text import html_to_text
from channels.email.inbound.quoted_text import MAX_CHARACTERS
from channels.email.inbound.received import Received, header_text

SERVER = b"From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\n"
DSN_PART = (
    b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
    b"Final-Recipient: rfc822;a@b.example\nAction: failed\nStatus: 5.1.1\n"
)


BODIES = [
    b"a" * 3_000_000,
    b"<" * 1_000_000,
    b"a@" * 500_000,
    b"a@b." * 300_000,
    b"<a@b.example>: " * 100_000,
    b"<a@b.example>:\n" * 100_000,
    b"a@b%d.example: 550 x\n" * 100_000,
    b"".join(b"u%d@b.example: 550 user unknown\n" % n for n in range(20_000)),
    b"rcpt to: " * 200_000,
    b"the following addresses had\nhere is your list of failed recipients\n" + b"x" * 190 * 5_000,
    b"mailbox " * 300_000,
    b"account a b c d e f g h " * 100_000,
    b"550 " * 500_000,
    b"5.1.1 " * 300_000,
    b"- " * 500_000 + b"original message",
    b"the copy is here " * 100_000,
    b"On " + b"a " * 500_000 + b":\n",
    (b"On " + b"a" * 900 + b" <a@b.example>:\n") * 3_000,
    (b"am " + b"12 " * 300 + b":\n") * 3_000,
    b"\n" * 2_000_000,
    b"\r" * 1_000_000,
    b"\n\nX: y" * 200_000,
    b"Final-Recipient: rfc822; a@b.example\n" * 50_000,
    b"Final-Recipient: rfc822; a@b.example\n\n" * 50_000,
    b"{" * 500_000,
    b"\x00" * 1_000_000,
    b"\xff\xfe" * 500_000,
    b"\x1b$B" * 300_000,
]
ENDLESS = pytest.mark.parametrize(
    "body", BODIES, ids=lambda body: body[:20].decode("latin-1").encode("unicode_escape").decode()
)


def quickly(raw: bytes, seconds: float = 3) -> Report:
    start = time.process_time()
    report = classify(raw)

    assert time.process_time() - start < seconds
    return report


def nested(depth: int) -> bytes:
    opened = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth)
    )
    return SERVER + opened + DSN_PART + b"".join(b"--b%d--\n" % n for n in reversed(range(depth)))


def test_a_report_is_found_ninety_levels_deep_and_a_deeper_one_does_no_harm() -> None:
    assert [b.kind for b in quickly(nested(90)).bounces] == [Kind.ADDRESS]
    assert len(quickly(nested(5000)).bounces) <= 1


def test_messages_within_messages_are_not_descended_into() -> None:
    raw = SERVER + b"Content-Type: message/rfc822\n\n" * 100 + b"Subject: x\n\nx"

    assert quickly(raw).nature in (Nature.WRITTEN, Nature.AUTO_REPLY, Nature.BOUNCE)


def test_ten_thousand_parts_are_read_and_more_are_not() -> None:
    raw = (
        SERVER
        + b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        + b"--b\n\nx\n" * 20_000
    )

    assert len(Received(raw).leaves) <= 10_001
    quickly(raw, 5)


@pytest.mark.parametrize(
    "filling",
    [
        b"X: y\n" * 100_000,
        b"Subject: " + b"x " * 500_000 + b"\n",
        b"Subject: " + b"=?utf-8?q?" * 50_000 + b"\n",
        b"Subject: " + b"=?utf-8?q?a?= " * 50_000 + b"\n",
        b"To: " + b"(" * 100_000 + b"\n",
        b"To: " + b"a@b.example, " * 50_000 + b"\n",
        b"X-Failed-Recipients: " + b"a@b.example," * 50_000 + b"\n",
        b"Content-Type: multipart/mixed; boundary=" + b"b" * 200_000 + b"\n",
        b"From " + b"x" * 100_000 + b"\n",
        b" folded\n" * 100_000,
        b"no field\n" * 100_000,
    ],
    ids=lambda filling: filling[:24].decode(),
)
def test_an_endless_header_is_bounded(filling: bytes) -> None:
    quickly(SERVER + filling + b"\nThe mail could not be delivered:\n<a@b.example>: 550 user unknown\n")


@ENDLESS
@pytest.mark.parametrize(
    "kind",
    [
        b"text/plain",
        b"text/html",
        b"message/delivery-status",
        b"message/feedback-report",
        b"text/plain; format=flowed",
    ],
)
def test_an_endless_body_is_bounded(body: bytes, kind: bytes) -> None:
    quickly(SERVER + b"Content-Type: " + kind + b"\n\n" + body, 4)


@ENDLESS
@pytest.mark.parametrize("kind", [b"text/plain", b"text/html", b"text/plain; format=flowed"])
def test_an_endless_letter_of_a_person_is_bounded(body: bytes, kind: bytes) -> None:
    report = quickly(b"From: ann@b.example\nContent-Type: " + kind + b"\n\n" + body, 4)

    assert report.written is not None
    assert len(report.written.text) <= MAX_CHARACTERS


@pytest.mark.parametrize(
    "html",
    ["<" * 200_000, "<a " * 100_000, '<a b="' * 50_000, "<a b='\"" * 50_000, "<!--" * 100_000, "<script>" * 50_000,
     "</" * 100_000,
     "<blockquote>" * 20_000, "&" * 300_000, "&#" * 100_000, "<a" + " b" * 100_000, "<p class=\"\"'" * 40_000],
    ids=lambda html: html[:14],
)  # fmt: skip
def test_hostile_html_is_read_in_linear_time(html: str) -> None:
    start = time.process_time()
    html_to_text(html)

    assert time.process_time() - start < 2


@pytest.mark.parametrize("encoding", [b"base64", b"quoted-printable", b"uuencode", b"gzip", b"x"])
@pytest.mark.parametrize(
    "data", [b"!!!", b"QUJD=", b"=", b"==ZZ", b"Q", b"QUJ\xff\x00D", b"=\n=\n=", b"\x1f\x8b\x08\x00"]
)
def test_broken_transfer_encodings_are_read_as_far_as_they_go(encoding: bytes, data: bytes) -> None:
    report = classify(
        b"Content-Transfer-Encoding: " + encoding + b"\nContent-Type: text/plain; charset=nonsense\n\n" + data
    )

    assert report.nature is Nature.WRITTEN


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"=?utf-8?b?R3LDvMOfZQ==?=", "Grüße"),
        (b"=?utf-8?b?R3LDvM?=", "Grü"),
        (b"=?x?q?a=ZZ?=", "a=ZZ"),
        (b"=?utf-8?q?a\r\nb?=", "ab"),
        (b"=?utf-8?q?a=0D=0Ab?=", "a  b"),
        (b"=?utf-8?q?", "=?utf-8?q?"),
        (b"=?iso-8859-1?q?=FC?= =?iso-8859-1?q?=DF?=", "üß"),
        (b"gr\xc3\xbcn", "grün"),
        (b"gr\xfcn", "grün"),
    ],
)
def test_encoded_words_are_decoded_whatever_is_in_them(value: bytes, text: str) -> None:
    assert header_text(value) == text


def test_a_bounce_of_a_mail_about_bounces_is_about_its_own_recipient() -> None:
    """The words of our own mail, which the notice returns, are not what the server said."""
    raw = (
        SERVER
        + b"To: us@shop.example\n\n<a@b.example>: 550 Message rejected\n\n"
        + b"--- Below this line is a copy of the message.\n\n"
        + b"To: a@b.example\nSubject: user unknown\n\n<c@d.example>: 550 5.1.1 user unknown\n"
    )
    (bounce,) = classify(raw).bounces

    assert bounce.recipients == ("a@b.example",)
    assert bounce.kind is Kind.SENDER
    assert bounce.original.recipients == ("a@b.example",)


def test_nothing_is_written_by_nobody() -> None:
    assert classify(b"").nature is Nature.WRITTEN
    assert classify(b"", mail_from="").nature is Nature.AUTO_REPLY


def test_what_is_packed_is_not_opened() -> None:
    """A gigabyte in a megabyte, beside somebody's words."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.txt", "w") as file:
        for _ in range(256):
            file.write(b"unsubscribe me\n" * 64 * 1024)
    attached = base64.encodebytes(packed.getvalue())
    raw = (
        (
            b"From: ann@example.net\nTo: admin@example.com\nSubject: hello\nMIME-Version: 1.0\n"
            b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee attached.\n"
            b"--b\nContent-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n"
        )
        + attached
        + b"--b--\n"
    )
    tracemalloc.start()
    report = quickly(raw)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert report.nature is Nature.WRITTEN
    assert report.written is not None
    assert "unsubscribe" not in report.written.text
    assert peak < 10 * len(raw) + 1_000_000
