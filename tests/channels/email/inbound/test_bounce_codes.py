"""The table of codes and sentences: whose fault."""

import pytest

from channels.email.inbound.bounce_codes import CODES, Action, Kind, kind_of, reply_code, statuses


@pytest.mark.parametrize(
    ("code", "said", "kind"),
    [
        # RULES 1.5: address faults.
        ("5.1.1", "550 5.1.1 no such user", Kind.ADDRESS),
        ("5.1.2", "", Kind.ADDRESS),
        ("5.1.3", "", Kind.ADDRESS),
        ("5.1.6", "551 5.1.6 moved", Kind.ADDRESS),
        ("5.1.10", "", Kind.ADDRESS),
        ("5.2.1", "550 5.2.1 The email account that you tried to reach is disabled", Kind.ADDRESS),
        ("5.7.17", "", Kind.ADDRESS),
        ("5.7.18", "", Kind.ADDRESS),
        # Not the recipient.
        ("5.3.0", "553 5.3.0 <a@b>... User unknown", Kind.NETWORK),
        ("5.3.2", "", Kind.NETWORK),
        ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied", Kind.NETWORK),
        ("5.4.4", "", Kind.NETWORK),
        ("5.6.0", "", Kind.SENDER),
        ("5.7.1", "550 5.7.1 User unknown", Kind.SENDER),
        ("5.3.4", "", Kind.SENDER),
        # The sender's faults as Gmail, Microsoft and Yahoo name them.
        (
            "5.7.515",
            "550 5.7.515 Access denied, sending domain x does not meet the required authentication level",
            Kind.SENDER,
        ),
        ("5.7.26", "", Kind.SENDER),
        ("5.7.25", "", Kind.SENDER),
        ("4.7.28", "421-4.7.28 unusual rate of unsolicited mail", Kind.SENDER),
        ("", "421 5.7.32 alignment", Kind.SENDER),
        ("4.7.0", "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred", Kind.SENDER),
        ("5.1.1", "550 5.1.1 192.0.2.1 has sent to too many recipients this hour", Kind.SENDER),
        ("5.2.1", "550-5.2.1 The user is receiving mail at a rate that prevents delivery", Kind.SENDER),
        ("5.1.8", "", Kind.SENDER),
        # Soft.
        ("4.0.0", "", Kind.TEMPORARY),
        ("4.4.7", "554 4.4.7 Message expired", Kind.TEMPORARY),
        ("4.2.2", "", Kind.MAILBOX_FULL),
        ("5.2.2", "", Kind.MAILBOX_FULL),
        ("5.1.1", "450 5.1.1 user unknown", Kind.TEMPORARY),
        ("5.0.0", "452 4.2.2 mailbox full", Kind.MAILBOX_FULL),
        # The least of several causes.
        ("5.1.1", "552 5.2.2 over quota", Kind.MAILBOX_FULL),
        ("5.1.1", "550 5.7.1 denied", Kind.SENDER),
        ("5.1.1", "550 5.1.1 mailbox is full", Kind.MAILBOX_FULL),
        # Words, where the code says nothing.
        ("5.0.0", "550 User unknown", Kind.ADDRESS),
        ("5.5.0", "550 Requested action not taken: mailbox unavailable", Kind.TEMPORARY),
        ("5.0.0", "550 Mail rejected", Kind.SENDER),
        ("5.0.0", "550 sender domain does not exist", Kind.SENDER),
        ("5.0.0", "550 Invalid sender address", Kind.SENDER),
        ("5.0.0", "550 Rejected", Kind.UNKNOWN),
        ("", "", Kind.UNKNOWN),
        # Words within addresses and URLs are nobody's words.
        (
            "5.0.0",
            "550 <userunknown@b.example> https://b.example/spam?dmarc mailboxfull@b.example",
            Kind.UNKNOWN,
        ),
    ],
)
def test_a_failure_has_the_fault_that_suppresses_least(code: str, said: str, kind: Kind) -> None:
    assert kind_of(Action.FAILED, code, said) is kind


@pytest.mark.parametrize("action", sorted(set(Action) - {Action.FAILED}))
def test_only_a_failure_is_a_fault(action: Action) -> None:
    assert kind_of(action, "5.1.1", "550 5.1.1 user unknown") in (Kind.DELAYED, Kind.DELIVERED)


def test_only_address_faults_of_class_five_suppress() -> None:
    suppressing = {code for code, kind in CODES.items() if kind.suppresses}

    assert suppressing == {
        "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.1.351", "5.2.1", "5.7.17", "5.7.18",
    }  # fmt: skip


def test_policy_codes_never_suppress_and_never_count() -> None:
    for detail in range(700):
        for first in "45":
            kind = kind_of(Action.FAILED, f"{first}.7.{detail}", "550 user unknown")
            if (first, detail) not in (("5", 17), ("5", 18)):
                assert kind is Kind.SENDER


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("550 5.1.1 x", 550),
        ("550-5.7.1 x", 550),
        ("said: 550 unknown", 550),
        ("550 : unknown", 550),
        ("[SMTP Error Code 554]", 554),
        ("550", 550),
        ("call 480-624-2500", None),
        ("(480) 624-2500", None),
        ("larger than 500 KB", None),
        ("after 432 seconds", None),
        ("mx[192.0.2.450]", None),
        ("1550 x", None),
    ],
)
def test_a_reply_is_told_from_other_numbers(text: str, code: int | None) -> None:
    assert reply_code(text) == code


def test_codes_are_normalised_and_told_from_addresses_and_versions() -> None:
    assert statuses("5.01.001 (#5.7.1) 5.1.1.2 4.16.55.1 Exim 4.92 8.12.5 2.0.0") == ["5.1.1", "5.7.1"]
    assert statuses("5.1.001; 4.4.7.") == ["5.1.1", "4.4.7"]
