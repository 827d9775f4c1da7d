"""Twilio SendGrid's Event Webhook: batches of events, signed with ECDSA over P-256 and SHA-256 (not Ed25519).

The signature covers the timestamp header and the body as it came, to its last line end. The key is what the console
shows: SubjectPublicKeyInfo in base64, without the lines of PEM.
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from channels.email.inbound import bounce_codes
from channels.email.inbound.bounce_codes import Kind
from channels.email.providers.events import (
    Event,
    EventKind,
    Malformed,
    NotSigned,
    Told,
    Webhook,
    kind_of_failure,
)
from channels.email.providers.fields import (
    Json,
    code,
    document,
    message_id,
    rows,
    table,
    text,
    token,
    unix_time,
)

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
_MOST_EVENTS = 20_000
_OLDEST = timedelta(hours=26)  # it tries again for 24 hours
_NEWEST = timedelta(minutes=10)

KINDS = {
    "delivered": EventKind.DELIVERED,
    "deferred": EventKind.DELAYED,
    "spamreport": EventKind.COMPLAINT,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "group_unsubscribe": EventKind.UNSUBSCRIBED,
}
# bounce_classification of a bounce, in lower case.
CLASSIFIED = {
    "invalid address": Kind.ADDRESS,
    "technical": Kind.NETWORK,
    "content": Kind.SENDER,
    "reputation": Kind.SENDER,
    "frequency or volume too high": Kind.SENDER,
    "frequency/volume too high": Kind.SENDER,
    "mailbox unavailable": Kind.TEMPORARY,
}
# reason of what was not tried, in lower case; else it is the sender's fault. Whose a bounce was, its list does not say.
DROPPED = {
    "bounced address": EventKind.SOFT,
    "invalid": EventKind.ADDRESS_FAULT,
    "spam reporting address": EventKind.COMPLAINT,
    "unsubscribed address": EventKind.UNSUBSCRIBED,
}


def public_key(text_of_key: str) -> ec.EllipticCurvePublicKey:
    """ValueError for anything but a key on P-256."""
    lines = [line for line in text_of_key.split() if line]
    try:
        key = load_der_public_key(base64.b64decode("".join(lines), validate=True))
    except binascii.Error as error:
        raise ValueError("no base64") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("no ECDSA key on P-256")  # noqa: TRY004 - it is a value of settings
    return key


class SendGrid:
    """`keys`: of all subusers whose events come here, and of those that are being changed."""

    name = "sendgrid"
    largest = 8 << 20

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = [public_key(one) for one in keys]

    async def read(self, webhook: Webhook) -> Told:
        self._verify(webhook)
        found = document(webhook.body)
        if not isinstance(found, list):
            raise Malformed("no list of events")
        events = (_event(table(one)) for one in rows(found, _MOST_EVENTS))
        return Told(tuple(event for event in events if event is not None))

    def _verify(self, webhook: Webhook) -> None:
        stamp = webhook.header(TIMESTAMP)
        signed_at = unix_time(int(stamp)) if stamp.isascii() and stamp.isdigit() and len(stamp) < 12 else None
        if signed_at is None or not -_NEWEST <= webhook.now - signed_at <= _OLDEST:
            raise NotSigned("no timestamp of now")
        try:
            signature = base64.b64decode(webhook.header(SIGNATURE), validate=True)
        except (binascii.Error, ValueError) as error:
            raise NotSigned("no signature") from error
        signed = stamp.encode() + webhook.body
        if not any(_is_signed(key, signature, signed) for key in self._keys):
            raise NotSigned("wrongly signed")


def _is_signed(key: ec.EllipticCurvePublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _event(told: Json) -> Event | None:
    """None for what says nothing of an address: opens, clicks, and what the provider adds."""
    word, said = text(told.get("event")), text(told.get("reason") or told.get("response"))
    status = bounce_codes.field_status(text(told.get("status"))) or bounce_codes.status(said)
    kind = _kind(told, word, status, said)
    if kind is None:
        return None
    return Event(
        kind=kind,
        address=text(told.get("email")),
        id=text(told.get("sg_event_id")) or f"{text(told.get('sg_message_id'))}/{word}",
        code=code(word, told.get("type") or told.get("bounce_classification")),
        status=status,
        reply=bounce_codes.reply_code(said),
        message_id=message_id(told.get("smtp-id")),
        mail=text(told.get("sg_message_id")),
        token=token(told.items()),
        at=unix_time(told.get("timestamp")),
        said=said,
    )


def _kind(told: Json, word: str, status: str, said: str) -> EventKind | None:
    if word == "bounce":
        classified = CLASSIFIED.get(text(told.get("bounce_classification")).lower())
        if classified is None:
            # "blocked": denied for now, and tried again with the next mail.
            classified = Kind.TEMPORARY if told.get("type") == "blocked" else Kind.UNKNOWN
        return kind_of_failure(status, said, classified)
    if word == "dropped":
        return DROPPED.get(said.lower(), EventKind.SENDER_FAULT)
    return KINDS.get(word)
