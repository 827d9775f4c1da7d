"""What the words of Amazon SES mean, as its documented fields tell them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.email.providers.events import Event, EventKind
from channels.email.providers.ses import Ses
from tests.channels.email.providers.signing import (
    TOPIC,
    Amazon,
    sns,
)
from tests.channels.email.providers.words import ANN, FULL, NO_SUCH_USER, POLICY

K = EventKind
SES_MAIL = {
    "messageId": "0102018f-ses",
    "destination": [ANN],
    "commonHeaders": {"messageId": "<m1@shop.example>"},
    "headers": [
        {"name": "From", "value": "shop@shop.example"},
        {"name": "CFBL-Feedback-ID", "value": "aaaa\r\n bbbb"},
    ],
}


async def ses(event: dict[str, Any]) -> Sequence[Event]:
    return (await Ses([TOPIC], Amazon().fetch).read(sns(event))).events


def ses_bounce(kind: str, sub: str, **recipient: str) -> dict[str, Any]:
    return {
        "eventType": "Bounce",
        "mail": SES_MAIL,
        "bounce": {
            "bounceType": kind,
            "bounceSubType": sub,
            "bouncedRecipients": [{"emailAddress": ANN, **recipient}],
            "timestamp": "2026-11-24T17:59:00.000Z",
            "feedbackId": "0102-f",
            "reportingMTA": "dsn; a8-70.smtp-out.amazonses.com",
        },
    }


SES_BOUNCES = [
    ("Permanent", "NoEmail", "", K.ADDRESS_FAULT),
    ("Permanent", "General", NO_SUCH_USER, K.ADDRESS_FAULT),
    ("Permanent", "General", POLICY, K.SENDER_FAULT),
    ("Permanent", "NoEmail", POLICY, K.SENDER_FAULT),
    ("Permanent", "General", "", K.SOFT),
    ("Permanent", "General", "550 5.4.4 host not found", K.UNEXPLAINED),
    ("Permanent", "Suppressed", "Amazon SES has suppressed sending to this address", K.ADDRESS_FAULT),
    ("Permanent", "OnAccountSuppressionList", "Amazon SES did not send the message", K.SOFT),
    ("Permanent", "UnsubscribedRecipient", "", K.UNSUBSCRIBED),
    ("Transient", "MailboxFull", FULL, K.SOFT),
    ("Transient", "General", "451 4.4.1 timeout", K.SOFT),
    ("Transient", "General", "", K.UNEXPLAINED),
    ("Transient", "MessageTooLarge", "", K.SENDER_FAULT),
    ("Transient", "ContentRejected", NO_SUCH_USER, K.SENDER_FAULT),
    ("Transient", "AttachmentRejected", "", K.SENDER_FAULT),
    ("Transient", "General", NO_SUCH_USER, K.SOFT),
    ("Undetermined", "Undetermined", "", K.UNEXPLAINED),
    ("Undetermined", "Undetermined", NO_SUCH_USER, K.ADDRESS_FAULT),
    ("", "", "", K.UNEXPLAINED),
]


@pytest.mark.parametrize(("kind", "sub", "said", "expected"), SES_BOUNCES)
async def test_bounces_of_ses(kind: str, sub: str, said: str, expected: K) -> None:
    more = {"diagnosticCode": f"smtp; {said}"} if said else {}
    (event,) = await ses(ses_bounce(kind, sub, **more))
    assert event.kind is expected
    assert event.said == said


async def test_all_that_ses_tells_of_a_bounce_is_read() -> None:
    told = ses_bounce("Permanent", "General", status="5.1.1", diagnosticCode=f"smtp; {NO_SUCH_USER}")
    (event,) = await ses(told)
    assert event == Event(
        K.ADDRESS_FAULT,
        ANN,
        "0102-f",
        "bounce/Permanent/General",
        "5.1.1",
        550,
        "m1@shop.example",
        "0102018f-ses",
        "aaaabbbb",
        datetime(2026, 11, 24, 17, 59, tzinfo=UTC),
        NO_SUCH_USER,
    )


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("abuse", [K.COMPLAINT]),
        ("", [K.COMPLAINT]),
        ("other", [K.COMPLAINT]),
        ("fraud", [K.COMPLAINT]),
        ("not-spam", []),
        ("auth-failure", []),
        ("virus", []),
    ],
)
async def test_complaints_of_ses(told: str, expected: list[K]) -> None:
    complaint = {"complainedRecipients": [{"emailAddress": ANN}], "feedbackId": "c1"}
    if told:
        complaint["complaintFeedbackType"] = told
    events = await ses({"notificationType": "Complaint", "mail": SES_MAIL, "complaint": complaint})
    assert [event.kind for event in events] == expected


OUT = [{"topicName": "news", "subscriptionStatus": "OptOut"}]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"eventType": "Delivery", "delivery": {}}, [K.DELIVERED]),
        ({"eventType": "DeliveryDelay"}, [K.DELAYED]),
        ({"eventType": "Reject", "reject": {"reason": "Bad content"}}, [K.SENDER_FAULT]),
        ({"eventType": "Rendering Failure"}, [K.SENDER_FAULT]),
        ({"eventType": "Open"}, []),
        ({"eventType": "Click"}, []),
        ({"eventType": "Send"}, []),
        ({"eventType": "Subscription", "subscription": {}}, []),
        (
            {"eventType": "Subscription", "subscription": {"newTopicPreferences": {"unsubscribeAll": True}}},
            [K.UNSUBSCRIBED],
        ),
        (
            {
                "eventType": "Subscription",
                "subscription": {"newTopicPreferences": {"topicSubscriptionStatus": OUT}},
            },
            [K.UNSUBSCRIBED],
        ),
        (
            {
                "eventType": "Subscription",
                "subscription": {
                    "newTopicPreferences": {"topicSubscriptionStatus": OUT},
                    "oldTopicPreferences": {"topicSubscriptionStatus": OUT},
                },
            },
            [],
        ),
    ],
)
async def test_other_events_of_ses(event: dict[str, Any], expected: list[K]) -> None:
    assert [found.kind for found in await ses({"mail": SES_MAIL} | event)] == expected


async def test_the_sentence_that_ses_begins_a_topic_with_is_no_event() -> None:
    words = "Successfully validated SNS topic for Amazon SES event publishing."
    assert (await Ses([TOPIC], Amazon().fetch).read(sns(words))).events == ()
