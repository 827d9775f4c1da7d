"""SendGrid's events and signature, as its documented fields tell them."""

import base64
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from channels.email.providers import sendgrid
from channels.email.providers.events import Event, EventKind, Malformed, NotSigned, Webhook
from channels.email.providers.sendgrid import SendGrid
from tests.channels.email.providers.signing import (
    NOW,
    public_key,
    signed_by_sendgrid,
)
from tests.channels.email.providers.words import ANN, FULL, NO_SUCH_USER, POLICY

K = EventKind


async def told_by_sendgrid(*events: Any) -> Sequence[Event]:
    return (await SendGrid([public_key()]).read(signed_by_sendgrid(list(events)))).events


def of_sendgrid(event: str, **more: Any) -> dict[str, Any]:
    common = {
        "email": ANN,
        "timestamp": 1795542000,
        "smtp-id": "<m1@shop.example>",
        "sg_event_id": f"e-{event}",
        "sg_message_id": "sg.1",
    }
    return common | {"event": event} | more


SENDGRID = [
    (of_sendgrid("bounce", type="bounce", status="5.1.1", reason=NO_SUCH_USER), K.ADDRESS_FAULT),
    (of_sendgrid("bounce", type="bounce", bounce_classification="Invalid Address"), K.ADDRESS_FAULT),
    (
        of_sendgrid("bounce", status="5.7.1", reason=POLICY, bounce_classification="Invalid Address"),
        K.SENDER_FAULT,
    ),
    (of_sendgrid("bounce", type="bounce", status="5.0.0", reason="failed"), K.UNEXPLAINED),
    (
        of_sendgrid("bounce", type="blocked", status="5.7.1", bounce_classification="Reputation"),
        K.SENDER_FAULT,
    ),
    (of_sendgrid("bounce", type="blocked", bounce_classification="Content"), K.SENDER_FAULT),
    (
        of_sendgrid("bounce", type="blocked", reason=FULL, bounce_classification="Mailbox Unavailable"),
        K.SOFT,
    ),
    (of_sendgrid("bounce", type="blocked", status="5.1.1", reason=NO_SUCH_USER), K.SOFT),
    (of_sendgrid("bounce", bounce_classification="Technical"), K.UNEXPLAINED),
    (of_sendgrid("dropped", reason="Bounced Address"), K.SOFT),
    (of_sendgrid("dropped", reason="Invalid"), K.ADDRESS_FAULT),
    (of_sendgrid("dropped", reason="Spam Reporting Address"), K.COMPLAINT),
    (of_sendgrid("dropped", reason="Unsubscribed Address"), K.UNSUBSCRIBED),
    (of_sendgrid("dropped", reason="Recipient List over Package Quota"), K.SENDER_FAULT),
    (of_sendgrid("deferred", response=FULL, attempt="3"), K.DELAYED),
    (of_sendgrid("delivered", response="250 OK"), K.DELIVERED),
    (of_sendgrid("spamreport"), K.COMPLAINT),
    (of_sendgrid("unsubscribe"), K.UNSUBSCRIBED),
    (of_sendgrid("group_unsubscribe", asm_group_id=10), K.UNSUBSCRIBED),
]


@pytest.mark.parametrize(("told", "expected"), SENDGRID)
async def test_events_of_sendgrid(told: dict[str, Any], expected: K) -> None:
    assert [event.kind for event in await told_by_sendgrid(told)] == [expected]


@pytest.mark.parametrize("word", ["processed", "open", "click", "group_resubscribe", "new", "", 7, None])
async def test_what_says_nothing_of_an_address_is_passed_over(word: Any) -> None:
    assert await told_by_sendgrid(of_sendgrid("x") | {"event": word}, "x", 3, None, []) == ()


async def test_a_batch_is_read_whole_with_the_token_of_its_arguments() -> None:
    many = [
        of_sendgrid("spamreport", sg_event_id=f"e{n}", cfbl_feedback_id="tok")
        | {"email": f"p{n}@example.net"}
        for n in range(1000)
    ]
    events = await told_by_sendgrid(*many)
    assert [event.id for event in events] == [f"e{n}" for n in range(1000)]
    assert {event.token for event in events} == {"tok"}
    assert events[0].message_id == "m1@shop.example"


OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
SENT = [of_sendgrid("spamreport")]
FORGED = {
    "another key": signed_by_sendgrid(SENT, OTHER_KEY),
    "yesterday's": signed_by_sendgrid(SENT, at=NOW - timedelta(hours=27)),
    "tomorrow's": signed_by_sendgrid(SENT, at=NOW + timedelta(hours=1)),
    "another body": Webhook(signed_by_sendgrid(SENT).headers, b"[]", NOW),
    "its line end cut off": Webhook(
        signed_by_sendgrid(SENT).headers, signed_by_sendgrid(SENT).body.strip(), NOW
    ),
    "nothing": Webhook({}, b"[]", NOW),
    "no signature": Webhook({sendgrid.TIMESTAMP: str(int(NOW.timestamp()))}, b"[]", NOW),
    "no number": Webhook(dict(signed_by_sendgrid(SENT).headers) | {sendgrid.TIMESTAMP: "²"}, b"[]", NOW),
    "no base64": Webhook(dict(signed_by_sendgrid(SENT).headers) | {sendgrid.SIGNATURE: "\xff%"}, b"[]", NOW),
}


@pytest.mark.parametrize("webhook", FORGED.values(), ids=FORGED.keys())
async def test_what_sendgrid_did_not_sign_is_refused(webhook: Webhook) -> None:
    with pytest.raises(NotSigned):
        await SendGrid([public_key()]).read(webhook)


async def test_any_of_several_keys_will_do() -> None:
    reader = SendGrid([public_key(OTHER_KEY), public_key()])
    assert (await reader.read(signed_by_sendgrid(SENT))).events


@pytest.mark.parametrize("body", [b"{}", b"nul", b'[{"event"', b"[" * 50_000, b"\xff"])
async def test_what_sendgrid_signed_and_nobody_can_read_is_said_so(body: bytes) -> None:
    with pytest.raises(Malformed):
        await SendGrid([public_key()]).read(signed_by_sendgrid(body))


def _of_another_kind(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> str:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        _of_another_kind(ed25519.Ed25519PrivateKey.generate()),
        _of_another_kind(ec.generate_private_key(ec.SECP384R1())),
    ],
    ids=["none", "no key", "Ed25519", "P-384"],
)
def test_a_key_of_another_kind_is_told_at_start(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        sendgrid.public_key(text)
