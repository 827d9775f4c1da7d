"""Reports as mail servers and mailbox providers write them."""

from collections.abc import Callable, Sequence

from suppression.address import parse_email
from suppression.model import Channel
from suppression.token import TokenKind
from tests.gateway.smtp.inbound_door import SHOP, InboundDoor

Proof = Callable[[InboundDoor, str], bytes]
"""What a report returns of a mail to that address, with a token of ours."""

SPENT = b"From: Shop <shop@example.com>\r\nTo: ann@example.net\r\nMessage-ID: <m1@shop.example>\r\nSubject: Offer\r\n"


def block(
    address: str, status: str = "5.1.1", said: str = "550 5.1.1 No such user", action: str = "failed"
) -> str:
    lines = f"Final-Recipient: rfc822; {address}", f"Action: {action}", f"Status: {status}"
    return "\r\n".join((*lines, f"Diagnostic-Code: smtp; {said}", ""))


def dsn(*blocks: str, original: bytes = SPENT, id: str = "d1@mx.example.net") -> bytes:  # noqa: A002
    """RFC 3464."""
    return (
        (
            f"From: MAILER-DAEMON@mx.example.net\r\nSubject: failed\r\nMessage-ID: <{id}>\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
            "--b\r\n\r\nIt failed.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
            "Reporting-MTA: dns; mx.example.net\r\n\r\n" + "\r\n".join(blocks) + "\r\n--b\r\n"
            "Content-Type: text/rfc822-headers\r\n\r\n"
        ).encode()
        + original
        + b"\r\n--b--\r\n"
    )


def arf(
    original: bytes = SPENT,
    kind: str = "abuse",
    to: Sequence[str] = (),
    version: str = "1",
    id: str = "c1@provider.example",  # noqa: A002
) -> bytes:
    """RFC 5965."""
    named = "".join(f"Original-Rcpt-To: {address}\r\n" for address in to)
    return (
        (
            f"From: <fbl@provider.example>\r\nTo: fbl@in.example.com\r\nSubject: complaint\r\nMessage-ID: <{id}>\r\n"
            'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
            "--b\r\nContent-Type: text/plain\r\n\r\nA complaint.\r\n"
            "--b\r\nContent-Type: message/feedback-report\r\n\r\n"
            f"Feedback-Type: {kind}\r\nUser-Agent: Provider/1\r\nVersion: {version}\r\n{named}\r\n--b\r\n"
            "Content-Type: text/rfc822-headers\r\n\r\n"
        ).encode()
        + original
        + b"\r\n--b--\r\n"
    )


def with_feedback_id(door: InboundDoor, address: str, original: bytes = SPENT) -> bytes:
    recipient = door.pipeline.recipient(parse_email(address))
    token = door.links.feedback_id(recipient, purpose="marketing/promotions", number=SHOP.number)
    return original + f"CFBL-Feedback-ID: {token}\r\n".encode()


def with_link(door: InboundDoor, address: str, original: bytes = SPENT) -> bytes:
    recipient = door.pipeline.recipient(parse_email(address))
    url = door.links.unsubscribe_url(
        recipient,
        purpose="marketing/promotions",
        sender="brand",
        app="news",
        channel=Channel.EMAIL,
        kind=TokenKind.HEADER,
    )
    return original + f"List-Unsubscribe: <mailto:x@example.org>, <{url}>\r\n".encode()


def with_mailto(door: InboundDoor, address: str, original: bytes = SPENT) -> bytes:
    return (
        original + f"List-Unsubscribe:\r\n <mailto:{door.mailto(address)}?subject=unsubscribe>\r\n".encode()
    )
