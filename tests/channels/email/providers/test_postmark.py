"""Postmark's events and credentials, as its documented fields tell them."""

from typing import Any

import pytest

from channels.email.providers.events import EventKind, Malformed, Unauthenticated, Webhook
from channels.email.providers.postmark import Postmark
from tests.channels.email.providers.signing import (
    NOW,
    PASSWORD,
    USER,
    basic,
)
from tests.channels.email.providers.words import ANN, FULL, NO_SUCH_USER, POLICY

K = EventKind


def of_postmark(record: str, **more: Any) -> dict[str, Any]:
    return {
        "RecordType": record,
        "ID": 4323372036854775807,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Email": ANN,
        "BouncedAt": "2026-11-24T17:59:00Z",
        "Metadata": {"Cfbl-Feedback-Id": "tok"},
    } | more


POSTMARK = [
    (of_postmark("Bounce", Type="HardBounce", Details=NO_SUCH_USER), K.ADDRESS_FAULT),
    (of_postmark("Bounce", Type="HardBounce", Details="gone"), K.ADDRESS_FAULT),
    (of_postmark("Bounce", Type="HardBounce", Details=POLICY), K.SENDER_FAULT),
    (of_postmark("Bounce", Type="BadEmailAddress"), K.ADDRESS_FAULT),
    (of_postmark("Bounce", Type="SoftBounce", Details=FULL), K.SOFT),
    (of_postmark("Bounce", Type="SoftBounce", Details=NO_SUCH_USER), K.SOFT),
    (of_postmark("Bounce", Type="Transient"), K.DELAYED),
    (of_postmark("Bounce", Type="DnsError"), K.UNEXPLAINED),
    (of_postmark("Bounce", Type="Unknown"), K.UNEXPLAINED),
    (of_postmark("Bounce", Type="ManuallyDeactivated"), K.UNEXPLAINED),
    (of_postmark("Bounce", Type="SpamNotification"), K.SENDER_FAULT),
    (of_postmark("Bounce", Type="VirusNotification"), K.SENDER_FAULT),
    (of_postmark("Bounce", Type="Blocked"), K.SENDER_FAULT),
    (of_postmark("Bounce", Type="DMARCPolicy"), K.SENDER_FAULT),
    (of_postmark("Bounce", Type="SMTPApiError"), K.SENDER_FAULT),
    (of_postmark("Bounce", Type="SpamComplaint"), K.COMPLAINT),
    (of_postmark("Bounce", Type="Unsubscribe"), K.UNSUBSCRIBED),
    (of_postmark("SpamComplaint", Type="SpamComplaint"), K.COMPLAINT),
    (of_postmark("Delivery"), K.DELIVERED),
    (
        of_postmark(
            "SubscriptionChange",
            SuppressSending=True,
            SuppressionReason="ManualSuppression",
            Origin="Recipient",
        ),
        K.UNSUBSCRIBED,
    ),
    (
        of_postmark("SubscriptionChange", SuppressSending=True, SuppressionReason="SpamComplaint"),
        K.COMPLAINT,
    ),
    (of_postmark("SubscriptionChange", SuppressSending=True, SuppressionReason="HardBounce"), K.SOFT),
]


@pytest.mark.parametrize(("told", "expected"), POSTMARK)
async def test_events_of_postmark(told: dict[str, Any], expected: K) -> None:
    (event,) = (await Postmark(USER, PASSWORD).read(basic(told))).events
    assert (event.kind, event.address, event.token) == (expected, ANN, "tok")
    assert event.mail == "883953f4-6105-42a2-a16a-77a8eac79483"


@pytest.mark.parametrize(
    "told",
    [
        *(
            of_postmark("Bounce", Type=kind)
            for kind in (
                "AutoResponder", "AddressChange", "ChallengeVerification", "OpenRelayTest", "Subscribe", "New", ""
            )
        ),
        of_postmark("Open"),
        of_postmark("Click"),
        of_postmark("SubscriptionChange", SuppressSending=False, SuppressionReason="ManualSuppression"),
        of_postmark(
            "SubscriptionChange", SuppressSending=True, SuppressionReason="ManualSuppression", Origin="Admin"
        ),
    ],
)  # fmt: skip
async def test_what_postmark_tells_of_no_address_is_passed_over(told: dict[str, Any]) -> None:
    assert (await Postmark(USER, PASSWORD).read(basic(told))).events == ()


@pytest.mark.parametrize(
    "webhook",
    [
        basic(of_postmark("Delivery"), password="another-password"),
        basic(of_postmark("Delivery"), user="other"),
        basic(of_postmark("Delivery"), user="", password=""),
        Webhook({}, b"{}", NOW),
        Webhook({"authorization": "Bearer x"}, b"{}", NOW),
        Webhook({"authorization": "Basic \xff%"}, b"{}", NOW),
        Webhook({"authorization": basic({}).headers["authorization"].replace("Basic", "Digest")}, b"{}", NOW),
    ],
)
async def test_without_its_credentials_it_is_not_postmark(webhook: Webhook) -> None:
    with pytest.raises(Unauthenticated):
        await Postmark(USER, PASSWORD).read(webhook)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"RecordType": 1.5}'])
async def test_what_postmark_says_and_nobody_can_read_is_said_so(body: bytes) -> None:
    with pytest.raises(Malformed):
        await Postmark(USER, PASSWORD).read(basic(body))
