"""Mailgun's events and signature, as its documented fields tell them."""

import json
from datetime import timedelta
from typing import Any

import pytest

from channels.email.providers.events import Event, EventKind, NotSigned, Webhook
from channels.email.providers.mailgun import OLDEST, Mailgun
from tests.channels.email.providers.signing import (
    NOW,
    SIGNING_KEY,
    signed_by_mailgun,
)
from tests.channels.email.providers.words import ANN, NO_SUCH_USER, POLICY

K = EventKind


def of_mailgun(event: str, **more: Any) -> dict[str, Any]:
    status = {"delivery-status": {"code": 250, "message": "OK"}}
    return {
        "event": event,
        "id": "G9Bn5sl1TC6nu79C8C0bwg",
        "timestamp": 1795542000.123456,
        "recipient": ANN,
        "message": {"headers": {"message-id": "m1@shop.example"}},
        "user-variables": {"cfbl-feedback-id": "tok"},
    } | (status | more)


def failed(reason: str, severity: str = "permanent", code: Any = 550, message: str = "", **more: Any) -> Any:
    status = {"code": code, "message": message, **more}
    return of_mailgun("failed", **{"severity": severity, "reason": reason, "delivery-status": status})


MAILGUN = [
    (failed("bounce", message=NO_SUCH_USER), K.ADDRESS_FAULT),
    (failed("bounce", message="gone", **{"enhanced-code": "5.1.1"}), K.ADDRESS_FAULT),
    (failed("bounce", message=POLICY), K.SENDER_FAULT),
    (failed("generic", message="550 5.4.4 no route"), K.UNEXPLAINED),
    (failed("generic", code=605, message="Not delivering to previously bounced address"), K.UNEXPLAINED),
    (failed("old", code=602, message="Too old"), K.SOFT),
    (failed("bounce", code=452, message="try later"), K.SOFT),
    (failed("espblock", message="550 blocked"), K.SENDER_FAULT),
    (failed("suppress-bounce", code=605), K.SOFT),
    (failed("suppress-complaint", code=607), K.COMPLAINT),
    (failed("suppress-unsubscribe", code=606), K.UNSUBSCRIBED),
    (failed("generic", "temporary", 451, "4.7.1 greylisted"), K.DELAYED),
    (of_mailgun("complained"), K.COMPLAINT),
    (of_mailgun("unsubscribed"), K.UNSUBSCRIBED),
    (of_mailgun("delivered"), K.DELIVERED),
    (of_mailgun("rejected", reject={"reason": "quota"}), K.SENDER_FAULT),
]


@pytest.mark.parametrize(("told", "expected"), MAILGUN)
async def test_events_of_mailgun(told: dict[str, Any], expected: K) -> None:
    (event,) = (await Mailgun(SIGNING_KEY).read(signed_by_mailgun(told))).events
    assert (event.kind, event.address, event.token) == (expected, ANN, "tok")
    assert event.message_id == "m1@shop.example"


@pytest.mark.parametrize("word", ["opened", "clicked", "accepted", "stored", "new"])
async def test_what_mailgun_tells_of_no_address_is_passed_over(word: str) -> None:
    assert (await Mailgun(SIGNING_KEY).read(signed_by_mailgun(of_mailgun(word)))).events == ()


@pytest.mark.parametrize(
    "webhook",
    [
        signed_by_mailgun(of_mailgun("complained"), key="another-key"),
        signed_by_mailgun(of_mailgun("complained"), at=NOW - OLDEST - timedelta(minutes=1)),
        signed_by_mailgun(of_mailgun("complained"), at=NOW + timedelta(minutes=6)),
        signed_by_mailgun(of_mailgun("complained"), token="short"),
        Webhook({}, b"{}", NOW),
        Webhook({}, b"", NOW),
        Webhook({}, b"[" * 100_000, NOW),
        Webhook({}, json.dumps({"signature": [], "event-data": {}}).encode(), NOW),
        Webhook({}, json.dumps({"signature": {"timestamp": "1", "token": "d" * 50, "signature": "é"}}).encode(), NOW),
    ],
)  # fmt: skip
async def test_what_mailgun_did_not_sign_is_refused(webhook: Webhook) -> None:
    with pytest.raises(NotSigned):
        await Mailgun(SIGNING_KEY).read(webhook)


async def test_a_token_of_mailgun_stands_for_one_body() -> None:
    reader = Mailgun(SIGNING_KEY)
    one = (await reader.read(signed_by_mailgun(of_mailgun("complained")))).once
    again = (await reader.read(signed_by_mailgun(of_mailgun("complained")))).once
    other = (await reader.read(signed_by_mailgun(of_mailgun("complained", recipient="x@example.net")))).once
    assert one is not None
    assert other is not None
    assert one == again
    assert (one.key, one.body != other.body) == (other.key, True)


async def test_an_event_that_is_said_again_after_hours_is_still_taken() -> None:
    """Mailgun tries for 8 hours: a gateway that was away must not lose a complaint."""
    late = signed_by_mailgun(of_mailgun("complained"), at=NOW - timedelta(hours=8))
    assert (await Mailgun(SIGNING_KEY).read(late)).events


def test_no_event_shows_an_address_or_what_a_server_said() -> None:
    event = Event(K.SOFT, ANN, "id", "code", token="tok", said=NO_SUCH_USER)
    assert "ann" not in repr(event)
    assert "tok" not in repr(event)
