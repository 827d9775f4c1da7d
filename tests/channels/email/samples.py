"""Ways out, Received lines and small messages that the tests of rewriting share."""

import email
from dataclasses import replace
from email import policy
from email.message import Message
from typing import Any

from channels.email.compose import Copy, Original, WaysOut

RECEIVED = (
    b"Received: from app.example.com by mx.example.com with ESMTPSA; Tue, 24 Nov 2026 10:00:00 +0000\r\n"
)
PAGE = "https://mail.example/u/ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
WAYS = WaysOut(
    header_url="https://mail.example/u/abcdefghijklmnopqrstuvwxyz012345",
    page_url=PAGE,
    preferences_url="https://mail.example/u/preferences0123456789/preferences",
    mailto="abcdefgh@u.example.com",
    sender_name="Brand Ltd",
    postal_address="1 Main Street, Springfield",
    list_id="promotions.marketing.list-id.example.com",
    list_title="Promotions",
)
HTML = b"<html><body><p>Hello</p></body></html>"
LINK = PAGE.encode()
TOP = (
    b"From: Shop <shop@example.com>\r\nTo: ann@example.net\r\nSubject: News\r\n"
    b"Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n"
)


def ways(**changes: Any) -> WaysOut:
    return replace(WAYS, **changes)


def mail(body: bytes, *fields: bytes) -> bytes:
    """A message with the usual fields and these, and this body."""
    return TOP + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


def text_mail(body: bytes, media: bytes, transfer: bytes = b"7bit") -> bytes:
    return mail(
        body, b"MIME-Version: 1.0", b"Content-Type: " + media, b"Content-Transfer-Encoding: " + transfer
    )


def multipart(*parts: bytes, kind: bytes = b"alternative", boundary: bytes = b"b1") -> bytes:
    """A multipart message of parts given with their headers."""
    return mail(
        joined(*parts, boundary=boundary),
        b"MIME-Version: 1.0",
        b"Content-Type: multipart/" + kind + b'; boundary="' + boundary + b'"',
    )


def joined(*parts: bytes, boundary: bytes) -> bytes:
    return (
        b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"
    )


def part(body: bytes, media: bytes, *fields: bytes) -> bytes:
    return b"".join(line + b"\r\n" for line in (b"Content-Type: " + media, *fields)) + b"\r\n" + body


def given_way_out(raw: bytes, way: WaysOut = WAYS) -> Copy:
    return Original.parse(raw).with_way_out(way, RECEIVED)


def body_of(raw: bytes) -> bytes:
    return raw.partition(b"\r\n\r\n")[2]


def texts(raw: bytes) -> list[str]:
    """What a reader's program shows of the parts, decoded by the standard library."""
    message = email.message_from_bytes(raw, policy=policy.default)
    return [shown_text(item) for item in message.walk() if item.get_content_maintype() == "text"]


def shown_text(item: Message) -> str:
    content = item.get_payload(decode=True)
    assert isinstance(content, bytes)
    charset = item.get_content_charset("us-ascii")
    return content.decode("us-ascii" if charset == "no-such" else charset, "replace").replace("\r\n", "\n")
