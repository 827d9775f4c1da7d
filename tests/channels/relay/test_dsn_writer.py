"""Reports about failed copies, read back by the standard library."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

from channels.email.dsn_writer import Report, write

REPORT = Report(
    hostname="gw.example",
    id="r1",
    to="bounces@example.com",
    recipient="bob@example.net",
    status="5.1.1",
    said="550 5.1.1 No such user",
    by_hop=True,
    original=b"From: news@example.com\r\nSubject: Sale\r\nMessage-ID: <p1@example.com>\r\n\r\nSecret body\r\n",
)


def parsed(report: Report) -> EmailMessage:
    found = message_from_bytes(write(report), policy=policy.default)
    assert isinstance(found, EmailMessage)
    assert not found.defects
    return found


def test_report_has_the_three_parts_of_rfc_6522() -> None:
    """For humans, for machines, and the header of the original without its body."""
    message = parsed(REPORT)
    kinds = [one.get_content_type() for one in message.walk()]

    assert kinds[:3] == ["multipart/report", "text/plain", "message/delivery-status"]
    assert kinds[-1] == "text/rfc822-headers"
    assert b"Secret body" not in write(REPORT)
    assert b"Message-ID: <p1@example.com>" in write(REPORT)


def test_machine_part_names_what_rfc_3464_asks_for() -> None:
    """2.2 and 2.3: reporting MTA, recipient, action, status."""
    report = write(REPORT).decode()
    machine = report.partition("Content-Type: message/delivery-status")[2].partition("--=_")[0]

    for line in (
        "Reporting-MTA: dns; gw.example",
        "Final-Recipient: rfc822; bob@example.net",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 No such user",
    ):
        assert f"\r\n{line}\r\n" in machine


def test_header_says_that_nobody_should_answer() -> None:
    """RFC 3834 5."""
    message = parsed(REPORT)

    assert message["Auto-Submitted"] == "auto-replied"
    assert message["From"] == "Mail Delivery System <MAILER-DAEMON@gw.example>"
    assert message["To"] == "bounces@example.com"


def test_internationalised_recipient_is_named_in_seven_bits() -> None:
    """RFC 6533 3."""
    message = parsed(replace(REPORT, recipient="jürgen@example.net"))

    assert "Final-Recipient: utf-8; j\\x{FC}rgen@example.net" in message.as_string()


def test_eight_bit_header_of_the_original_goes_back_as_it_is() -> None:
    """And the report says that it is so."""
    raw = write(replace(REPORT, original=b"Subject: Gr\xc3\xbc\xc3\x9fe\r\n\r\n"))

    assert b"Subject: Gr\xc3\xbc\xc3\x9fe\r\n" in raw
    assert b"Content-Transfer-Encoding: 8bit\r\n\r\n--" in raw


def test_huge_header_goes_back_in_part() -> None:
    """Whole lines only."""
    raw = write(replace(REPORT, original=b"X-Field: 1234567890\r\n" * 10_000))

    assert len(raw) < 40_000
    assert raw.count(b"X-Field: 1234567890\r\n") == raw.count(b"X-Field")


def test_every_line_ends_with_crlf() -> None:
    """As all that leaves."""
    raw = write(REPORT)

    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
