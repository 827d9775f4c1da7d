"""RFC 3464 reports, among them the four kinds of its appendix E, written for this test."""

import pytest

from channels.email.inbound.bounce_codes import Action, Kind
from channels.email.inbound.dsn import Bounce, bounces
from channels.email.inbound.received import Received

RETURNED = """Message-ID: <m1@shop.example>
From: The Brand <news@shop.example>
To: Louis <louis@larry.example>
List-Unsubscribe: <https://mail.shop.example/u/TOKEN>,
 <mailto:token@u.shop.example?subject=unsubscribe>
CFBL-Feedback-ID: 111:222:333
 :4444
Subject: News

"""


def dsn(status: str, *, returned: str = RETURNED, kind: str = "delivery-status", top: str = "") -> bytes:
    """A report of three parts, or of two where nothing is returned."""
    third = f"--b\nContent-Type: message/rfc822\n\n{returned}\n" if returned else ""
    return (
        f"From: Mail Delivery Subsystem <mailer-daemon@mx.example>\nTo: <bounce@shop.example>\n"
        f"Subject: Returned mail\nMIME-Version: 1.0\n{top}"
        f"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        f"--b\n\nIt did not work.\n"
        f"--b\nContent-Type: message/{kind}\n\n{status}\n{third}--b--\n"
    ).encode()


def one(raw: bytes) -> Bounce:
    found = bounces(Received(raw))
    assert len(found) == 1
    return found[0]


def test_a_failure_with_a_temporary_code_counts_and_does_not_suppress() -> None:
    """Appendix E.1: failed, 4.0.0."""
    bounce = one(
        dsn(
            "Reporting-MTA: dns; cs.example\n\nOriginal-Recipient: rfc822;louis@larry.example\n"
            "Final-Recipient: rfc822;louis@larry.example\nAction: failed\nStatus: 4.0.0\n"
            "Diagnostic-Code: smtp; 426 connection timed out\nLast-Attempt-Date: Thu, 7 Jul 1994 17:15:49 -0400\n"
        )
    )

    assert bounce.recipients == ("louis@larry.example",)
    assert (bounce.action, bounce.status, bounce.reply) == (Action.FAILED, "4.0.0", 426)
    assert bounce.kind is Kind.TEMPORARY
    assert not bounce.kind.suppresses
    assert bounce.kind.counts
    assert not bounce.permanent


def test_a_report_for_several_recipients_tells_them_apart() -> None:
    """Appendix E.2: failed with a comment, delayed, failed."""
    found = bounces(
        Received(
            dsn(
                "Reporting-MTA: dns; cs.example\n\n"
                "Original-Recipient: rfc822;ara@uvax.example\nFinal-Recipient: rfc822;ara@uvax.example\n"
                "Action: failed\nStatus: 5.0.0 (permanent failure)\n"
                "Diagnostic-Code: smtp; 550 'ara@uvax.example' is not a registered gateway user\n"
                "Remote-MTA: dns; vnet.example\n\n"
                "Original-Recipient: rfc822;john@hpnj.example\nFinal-Recipient: rfc822;john@hpnj.example\n"
                "Action: delayed\nStatus: 4.0.0 (hpnj.example: host name lookup failure)\n\n"
                "Original-Recipient: rfc822;snell@sdcc.example\nFinal-Recipient: rfc822;snell@sdcc.example\n"
                "Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 user unknown\n"
                "Remote-MTA: dns; sdcc.example\n"
            )
        )
    )

    assert [b.final_recipient for b in found] == [
        "ara@uvax.example",
        "john@hpnj.example",
        "snell@sdcc.example",
    ]
    assert [b.kind for b in found] == [Kind.UNKNOWN, Kind.DELAYED, Kind.ADDRESS]


def test_a_gateways_report_names_nobody_that_we_could_write_to() -> None:
    """Appendix E.3: a foreign type of address, Status before Action, no Original-Recipient."""
    bounce = one(
        dsn(
            "Reporting-MTA: mailbus; SYS30\n\nFinal-Recipient: unknown; nair_s\n"
            "Status: 5.0.0 (unknown permanent failure)\n"
            "Action: failed\n"
        )
    )

    assert bounce.recipients == ()
    assert bounce.reporting_mta == "SYS30"
    assert bounce.kind is Kind.UNKNOWN
    assert bounce.original.message_id == "m1@shop.example"


def test_a_delay_without_a_returned_mail_is_no_bounce_yet() -> None:
    """Appendix E.4."""
    bounce = one(
        dsn(
            "Reporting-MTA: dns; sun2.example\n\nFinal-Recipient: rfc822;thomas@de.example\nAction: delayed\n"
            "Status: 4.0.0 (unknown temporary failure)\n",
            returned="",
        )
    )

    assert bounce.kind is Kind.DELAYED
    assert not bounce.original


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded", "Delivered (to mailbox)"])
def test_a_success_is_no_bounce(action: str) -> None:
    bounce = one(
        dsn(
            f"Reporting-MTA: dns; x.example\n\nFinal-Recipient: rfc822;a@b.example\nAction: {action}\nStatus: 2.1.5\n"
        )
    )

    assert bounce.kind is Kind.DELIVERED
    assert bounce.status == "2.1.5"
    assert not bounce.permanent


def test_what_is_found_of_the_original_leads_back_to_the_person() -> None:
    original = one(
        dsn("Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822;a@b.example\nAction: failed\nStatus: 5.1.1\n")
    ).original

    assert original.message_id == "m1@shop.example"
    assert original.sender == "news@shop.example"
    assert original.recipients == ("louis@larry.example",)
    assert original.unsubscribe == (
        "https://mail.shop.example/u/TOKEN",
        "mailto:token@u.shop.example?subject=unsubscribe",
    )
    assert original.feedback_id == "111:222:333:4444"


def test_the_servers_own_code_stands_before_the_reports_general_one() -> None:
    bounce = one(
        dsn(
            "Reporting-MTA: dns; x\nOriginal-Envelope-Id: Env1\n\n"
            "Final-Recipient: RFC822; A@B.example\nACTION: Failed\n"
            "Status: 5.0.0\nDiagnostic-Code: smtp; 550 5.01.001 <a@b.example>:\n no such user\n"
        )
    )

    assert (bounce.status, bounce.reply, bounce.envelope_id) == ("5.1.1", 550, "Env1")
    assert bounce.final_recipient == "A@B.example"
    assert bounce.kind is Kind.ADDRESS


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("rfc822; a@b.example", "a@b.example"),
        ("rfc822;<a@b.example>", "a@b.example"),
        ("<a@b.example>", "a@b.example"),
        ("a@b.example (Ann)", "a@b.example"),
        ("rfc822; @relay.example:a@b.example", "a@b.example"),
        ('rfc822; "a b"@b.example', '"a b"@b.example'),
        ("utf-8; gr\\x{FC}n@b.example", "grün@b.example"),
        ("utf-8; \\x{D800}\\x{999999}@b.example", "??@b.example"),
        ("x400; /RFC-822=ann(a)b.example/ADMD= /C=WW/", "ann@b.example"),
        ("x400; /S=ann/C=GB/", None),
        ("unknown; nair_s", None),
        ("rfc822; |/bin/program a@b.example", None),
        ("rfc822; a@b@c.example", None),
        ("", None),
    ],
)
def test_addresses_are_read_in_all_their_forms(written: str, read: str | None) -> None:
    bounce = one(dsn(f"Reporting-MTA: dns; x\n\nFinal-Recipient: {written}\nAction: failed\nStatus: 5.1.1\n"))

    assert bounce.final_recipient == read


def test_an_international_report_is_read() -> None:
    """RFC 6533 4: message/global-delivery-status, which may be encoded."""
    bounce = one(
        dsn(
            "Reporting-MTA: dns; x\n\nFinal-Recipient: utf-8; grün@b.example\nAction: failed\nStatus: 5.1.1\n",
            kind="global-delivery-status",
        )
    )

    assert bounce.recipients == ("grün@b.example",)


def test_a_report_of_one_failure_without_an_address_takes_it_from_exims_field() -> None:
    bounce = one(
        dsn(
            "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822;|/bin/x\nAction: failed\nStatus: 5.0.0\n",
            top="X-Failed-Recipients: a@b.example\n",
        )
    )

    assert bounce.recipients == ("a@b.example",)


def test_a_person_who_forwards_or_quotes_a_bounce_sends_none() -> None:
    report = "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n"
    for subject in ("Fwd: Undelivered Mail Returned to Sender", "Re: failure notice", "What is this?"):
        raw = f"From: Ann <ann@b.example>\nSubject: {subject}\n\nLook at this:\n\n{report}".encode()

        assert bounces(Received(raw)) == []


def test_the_null_return_path_of_the_envelope_makes_a_notice() -> None:
    raw = b"From: x@b.example\nSubject: hello\n\nYour mail could not be delivered:\n<a@b.example>: 550 no such user\n"

    assert bounces(Received(raw), mail_from="x@b.example") == []
    assert [b.kind for b in bounces(Received(raw), mail_from="")] == [Kind.ADDRESS]


def test_of_two_recipients_one_may_be_the_beginning_of_the_other() -> None:
    """Found by truncation: what is said of the longer one is not said of the shorter one."""
    raw = (
        b"From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\n"
        b"<a@b.example>: 550 5.1.1 user unknown\n<a@b.exam>: 452 4.2.2 mailbox full\n"
    )

    assert [(b.final_recipient, b.kind) for b in bounces(Received(raw))] == [
        ("a@b.example", Kind.ADDRESS),
        ("a@b.exam", Kind.MAILBOX_FULL),
    ]
