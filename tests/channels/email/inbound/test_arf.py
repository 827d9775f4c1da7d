"""Complaints: RFC 5965 B.2's kind, RFC 9477's kind, and those of Microsoft and Amazon, written for this test."""

import json
from collections.abc import Mapping

import pytest

from channels.email.inbound import arf as arf_reader
from channels.email.inbound.arf import Complaint, FeedbackType, Form
from channels.email.inbound.bounce_codes import Kind
from channels.email.inbound.classify import Nature, classify
from channels.email.inbound.received import Received

ORIGINAL = """Message-ID: <8787KJKJ3K4J3K4J3K4J3.mail@example.net>
From: <somespammer@example.net>
To: <Undisclosed Recipients>
Subject: Earn money
List-Unsubscribe: <https://mail.example.net/u/TOKEN>
"""


def arf(fields: str, third: str = "message/rfc822", original: str = ORIGINAL) -> bytes:
    return (
        "From: <abusedesk@example.com>\nDate: Thu, 8 Mar 2005 17:40:36 EDT\nSubject: FW: Earn money\n"
        "To: <abuse@example.net>\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="part1"\n\n'
        "--part1\nContent-Type: text/plain\n\nThis is an email abuse report.\n"
        f"--part1\nContent-Type: message/feedback-report\n\n{fields}\n"
        f"--part1\nContent-Type: {third}\nContent-Disposition: inline\n\n{original}\n--part1--\n"
    ).encode()


def complaint(raw: bytes) -> Complaint:
    found = arf_reader.complaint(Received(raw))
    assert found is not None
    return found


def test_a_full_report_is_read() -> None:
    """RFC 5965 B.2."""
    found = complaint(
        arf(
            "Feedback-Type: abuse\nUser-Agent: SomeGenerator/1.0\nVersion: 1\n"
            "Original-Mail-From: <somespammer@example.net>\nOriginal-Rcpt-To: <user@example.com>\n"
            "Received-Date: Thu, 8 Mar 2005 14:00:00 EDT\nSource-IP: 192.0.2.2\n"
            "Authentication-Results: mail.example.com;\n smtp.mail=somespammer@example.net; spf=fail\n"
            "Reported-Domain: example.net\nReported-Uri: http://example.net/earn_money.html\n"
            "Reported-Uri: mailto:user@example.com\nRemoval-Recipient: user@example.com\n"
        )
    )

    assert found.form is Form.ARF
    assert found.type is FeedbackType.ABUSE
    assert found.suppresses()
    assert (found.version, found.user_agent) == ("1", "SomeGenerator/1.0")
    assert found.mail_from == "somespammer@example.net"
    assert found.recipients == ("user@example.com",)
    assert found.removal_recipient == "user@example.com"
    assert found.arrival_date == "Thu, 8 Mar 2005 14:00:00 EDT"
    assert found.source_ip == "192.0.2.2"
    assert found.reported_domains == ("example.net",)
    assert found.authentication == ("mail.example.com; smtp.mail=somespammer@example.net; spf=fail",)
    assert found.sender == "abusedesk@example.com"
    assert found.original.message_id == "8787KJKJ3K4J3K4J3K4J3.mail@example.net"
    assert found.original.unsubscribe == ("https://mail.example.net/u/TOKEN",)


@pytest.mark.parametrize("version", ["0.1", "1", "1.0"])
@pytest.mark.parametrize("third", ["text/rfc822", "text/rfc822-headers", "message/rfc822"])
def test_a_feedback_id_is_found_in_each_form_of_the_third_part(version: str, third: str) -> None:
    """RFC 9477: version 0.1, text/rfc822, no recipient at all."""
    found = complaint(
        arf(
            f"Feedback-Type: abuse\nUser-Agent: FBL/0.1\nVersion: {version}\nOriginal-Mail-From: sender@mail.example\n"
            "Arrival-Date: Tue, 23 Jun 2020 06:31:38 GMT\nReported-Domain: mail.example\nSource-IP: 192.0.2.1\n",
            third,
            "CFBL-Feedback-ID: 111:222:\n 333:4444\nMessage-ID: <a37e51bf-3050@mail.example>\n",
        )
    )

    assert found.version == version
    assert found.recipients == ()
    assert found.original.feedback_id == "111:222:333:4444"
    assert found.original.message_id == "a37e51bf-3050@mail.example"


@pytest.mark.parametrize(
    ("written", "feedback", "suppresses"),
    [
        ("abuse", FeedbackType.ABUSE, True),
        ("Fraud", FeedbackType.FRAUD, True),
        ("opt-out", FeedbackType.OPT_OUT, True),
        ("opt-out-list; list=x", FeedbackType.OPT_OUT_LIST, True),
        ("not-spam", FeedbackType.NOT_SPAM, False),
        ("auth-failure (dmarc)", FeedbackType.AUTH_FAILURE, False),
        ("virus", FeedbackType.VIRUS, False),
        ("other", FeedbackType.OTHER, False),
        ("miscategorized", FeedbackType.UNKNOWN, False),
        ("", FeedbackType.UNKNOWN, False),
    ],
)
def test_the_type_says_whether_it_suppresses(
    written: str, feedback: FeedbackType, *, suppresses: bool
) -> None:
    found = complaint(arf(f"Feedback-Type: {written}\nUser-Agent: x\nVersion: 1\n"))

    assert found.type is feedback
    assert found.suppresses() is suppresses


def test_what_other_means_is_a_setting() -> None:
    found = complaint(arf("Feedback-Type: other\nVersion: 1\n"))

    assert found.suppresses(other=True)
    assert not complaint(arf("Feedback-Type: virus\nVersion: 1\n")).suppresses(other=True)


@pytest.mark.parametrize("written", ["redacted", "<>", "[redacted]", "nobody", "@example.com"])
def test_a_redacted_recipient_is_none(written: str) -> None:
    assert complaint(arf(f"Feedback-Type: abuse\nVersion: 1\nOriginal-Rcpt-To: {written}\n")).recipients == ()


def test_a_message_id_in_the_report_itself_is_the_originals() -> None:
    """RFC 6591's reports, and others, cut the original off."""
    found = complaint(
        arf("Feedback-Type: abuse\nVersion: 1\nMessage-ID: <m@x.example>\n", original="REDACTED")
    )

    assert found.original.message_id == "m@x.example"


def test_microsofts_report_is_the_mail_with_its_recipient_on_top() -> None:
    raw = (
        b"From: staff@hotmail.com\nSubject:  complaint about message from 192.0.2.1\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n"
        b"X-HmXmrOriginalRecipient: ann@outlook.example\nMessage-ID: <m@x.example>\nTo: ann@outlook.example\n\n"
        b"Hello\n--b--\n"
    )
    found = complaint(raw)

    assert found.form is Form.JMRP
    assert found.suppresses()
    assert found.recipients == ("ann@outlook.example",)
    assert found.original.message_id == "m@x.example"


def notification(event: Mapping[str, object], *, wrapped: bool) -> bytes:
    text = json.dumps({"Type": "Notification", "Message": json.dumps(event)} if wrapped else event)
    head = "From: SES <no-reply@sns.amazonaws.com>\nSubject: AWS Notification Message\n\n"
    return f"{head}{text}\n--\nStop it\n".encode()


@pytest.mark.parametrize("wrapped", [True, False])
def test_amazons_notifications_are_bounces_and_complaints(*, wrapped: bool) -> None:
    mail = {"headers": [{"name": "Message-ID", "value": "<m@x.example>"}]}
    bounced = {
        "emailAddress": "a@b.example",
        "action": "failed",
        "status": "5.1.1",
        "diagnosticCode": "smtp; 550 5.1.1 no",
    }
    bounce = {
        "notificationType": "Bounce",
        "bounce": {"bounceType": "Permanent", "bouncedRecipients": [bounced]},
        "mail": mail,
    }
    spam = {"complainedRecipients": [{"emailAddress": "a@b.example"}], "complaintFeedbackType": "not-spam"}
    complained = {"notificationType": "Complaint", "complaint": spam, "mail": mail}

    first = classify(notification(bounce, wrapped=wrapped))
    second = classify(notification(complained, wrapped=wrapped))

    assert first.nature is Nature.BOUNCE
    assert [(b.recipients, b.kind, b.original.message_id) for b in first.bounces] == [
        (("a@b.example",), Kind.ADDRESS, "m@x.example")
    ]
    assert second.complaint is not None
    assert second.complaint.recipients == ("a@b.example",)
    assert not second.complaint.suppresses()


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "{}", '{"Message": 1}', '{"Message": "{"}', '{"notificationType": "Bounce", "bounce": [1]}',
     "[" * 100_000,
     '{"notificationType": "Bounce", "bounce": {"bouncedRecipients": [1, {"emailAddress": 2}]}}',
     '{"notificationType": "Complaint", "complaint": {"complainedRecipients": {"a": 1}}, "mail": {"headers": [[]]}}'],
)  # fmt: skip
def test_amazons_form_with_something_else_in_it_harms_nobody(text: str) -> None:
    report = classify(f"From: no-reply@sns.amazonaws.com\n\n{text}".encode())

    assert not any(bounce.kind.suppresses for bounce in report.bounces)


def test_a_forwarded_mail_is_no_complaint() -> None:
    raw = (
        b"From: ann@b.example\nSubject: Fwd: spam\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nabuse!\n"
        b"--b\nContent-Type: message/rfc822\n\nFrom: x@y.example\nFeedback-Type: abuse\n\nx\n--b--\n"
    )

    assert arf_reader.complaint(Received(raw)) is None
