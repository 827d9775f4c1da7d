"""What a message says of itself."""

import pytest

from channels.email.compose import Original
from tests.channels.email.samples import (
    TOP,
    mail,
)


def test_what_a_message_says_of_itself() -> None:
    raw = (
        b"Received: 1\r\nReceived: 2\r\nX-Gateway-Purpose: marketing/surveys\r\nX-Gateway-Message-Key:  k1 \r\n"
        b"X-Gateway-Legal-Notice: 2026/7\r\nX-Folded: a,\r\n b\r\n"
        + mail(b"x\r\n", b"From: Bob <bob@example.net>")
    )
    original = Original.parse(raw)

    assert original.header("x-folded") == [b"a, b"]
    assert original.message_id == "<1@example.com>"
    assert original.from_addresses == ["shop@example.com", "bob@example.net"]
    assert original.from_count == 2
    assert original.purpose_header == "marketing/surveys"
    assert original.message_key == "k1"
    assert original.legal_notice == "2026/7"
    assert original.received_count == 2
    assert not original.is_automatic
    assert original.sound_header
    assert len(original.digest) == 32


def test_purposes_that_contradict_each_other_are_both_seen() -> None:
    raw = b"X-Gateway-Purpose: a\r\nX-Gateway-Purpose: b\r\nX-Gateway-Purpose: a\r\n" + TOP + b"\r\n"

    assert Original.parse(raw).purpose_header == "a, b"


@pytest.mark.parametrize(
    ("field", "automatic"),
    [
        (b"Content-Type: multipart/report; report-type=delivery-status", True),
        (b"Auto-Submitted: auto-replied", True),
        (b"Auto-Submitted: Auto-Replied (vacation); x=y", True),
        (b"Auto-Submitted: auto-generated", False),
        (b"Auto-Submitted: no", False),
        (b"Content-Type: multipart/mixed", False),
    ],
)
def test_reports_and_automatic_replies(field: bytes, automatic: bool) -> None:  # noqa: FBT001
    assert Original.parse(mail(b"", field)).is_automatic is automatic
