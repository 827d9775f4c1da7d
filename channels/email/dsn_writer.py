"""A delivery status notification (RFC 3464, RFC 6522) for one copy that failed: bytes, ready to be signed."""

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

_MOST_HEADERS = 32_768  # bytes of the original's header block that go back


@dataclass(frozen=True, slots=True)
class Report:
    """What is told to MAIL FROM.

    id         of this report, for its Message-ID
    recipient  whom the copy was for
    said       the reply that the copy got: "550 5.1.1 no such user"
    by_hop     the next hop said it; else we did
    original   the message, whose header block goes back
    """

    hostname: str
    id: str
    to: str
    recipient: str
    status: str
    said: str
    by_hop: bool
    original: bytes


def write(report: Report, now: datetime | None = None) -> bytes:
    """From MAILER-DAEMON to the sender, in three parts: for humans, for machines, the original's header."""
    when = format_datetime(now or datetime.now(UTC))
    boundary = f"=_{secrets.token_hex(12)}"
    headers = _original_headers(report.original)
    parts = (
        ("text/plain; charset=utf-8", "8bit", _for_humans(report)),
        ("message/delivery-status", "7bit", _for_machines(report, when)),
        ("text/rfc822-headers", "7bit" if headers.isascii() else "8bit", headers),
    )
    body = b"".join(
        f"--{boundary}\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        + content
        + b"\r\n"
        for kind, encoding, content in parts
    )
    return _top(report, when, boundary, ascii_only=body.isascii()) + body + f"--{boundary}--\r\n".encode()


def _top(report: Report, when: str, boundary: str, *, ascii_only: bool) -> bytes:
    return (
        f"From: Mail Delivery System <MAILER-DAEMON@{report.hostname}>\r\n"
        f"To: <{report.to}>\r\n"
        "Subject: Undelivered mail returned to sender\r\n"
        f"Date: {when}\r\n"
        f"Message-ID: <{report.id}@{report.hostname}>\r\n"
        "Auto-Submitted: auto-replied\r\n"  # RFC 3834 5: auto-generated must not be used for a report
        "MIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status;\r\n"
        f'\tboundary="{boundary}"\r\n'
        f"Content-Transfer-Encoding: {'7bit' if ascii_only else '8bit'}\r\n\r\n"
    ).encode()


def _for_humans(report: Report) -> bytes:
    who = "The next mail server refused it" if report.by_hop else "The rules of this gateway refused it"
    return (
        f"Your message could not be delivered to {report.recipient}.\r\n\r\n"
        f"{who} for good:\r\n\r\n    {report.said}\r\n\r\n"
        "Other recipients of the message, if any, are not concerned.\r\n"
    ).encode()


def _for_machines(report: Report, when: str) -> bytes:
    recipient, kind = report.recipient, "rfc822"
    if not recipient.isascii():  # RFC 6533 3: utf-8-addr-xtext, which 7-bit reports may hold
        recipient = re.sub(r"[^\x21-\x7e]|[\\+=]", lambda found: f"\\x{{{ord(found[0]):X}}}", recipient)
        kind = "utf-8"
    said = report.said.encode("ascii", "replace").decode()
    return (
        f"Reporting-MTA: dns; {report.hostname}\r\n"
        f"Arrival-Date: {when}\r\n\r\n"
        f"Final-Recipient: {kind}; {recipient}\r\n"
        "Action: failed\r\n"
        f"Status: {report.status}\r\n"
        f"Diagnostic-Code: smtp; {said}\r\n"
        f"Last-Attempt-Date: {when}\r\n"
    ).encode()


def _original_headers(raw: bytes) -> bytes:
    """Whole lines of the header block, as many as may go back."""
    block = raw.partition(b"\r\n\r\n")[0] + b"\r\n"
    if len(block) > _MOST_HEADERS:
        block = block[: block.rfind(b"\r\n", 0, _MOST_HEADERS) + 2]
    return block
