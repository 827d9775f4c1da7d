"""Mailgun: one event a request, in JSON. Its signature is HMAC-SHA256 over timestamp and token, and not over the body.

So whoever has seen one signature could put any event under it: a token is good for one body only (`Once`), which is
remembered for longer than a timestamp is taken. That is 12 hours, as Mailgun says an event again for 8.
"""

import hashlib
import hmac
import json
import re
from datetime import timedelta
from typing import Any

from channels.email.inbound import bounce_codes
from channels.email.inbound.bounce_codes import Kind
from channels.email.providers.events import (
    Event,
    EventKind,
    Malformed,
    NotSigned,
    Once,
    Told,
    Webhook,
    kind_of_failure,
)
from channels.email.providers.fields import (
    Json,
    code,
    document,
    message_id,
    number,
    table,
    text,
    token,
    unix_time,
)

OLDEST = timedelta(hours=12)
_NEWEST = timedelta(minutes=5)
_STAMP = re.compile(r"[0-9]{1,11}")
_TOKEN = re.compile(r"[!-~]{16,100}")

KINDS = {
    "delivered": EventKind.DELIVERED,
    "complained": EventKind.COMPLAINT,
    "unsubscribed": EventKind.UNSUBSCRIBED,
    "rejected": EventKind.SENDER_FAULT,
}
# reason of a failure for good. What Mailgun did not even try is on its lists; of a bounce they do not say whose fault.
NEVER_TRIED = {
    "suppress-bounce": EventKind.SOFT,
    "suppress-complaint": EventKind.COMPLAINT,
    "suppress-unsubscribe": EventKind.UNSUBSCRIBED,
}
REASONS = {
    "bounce": Kind.ADDRESS,
    "hardfail": Kind.ADDRESS,
    "old": Kind.TEMPORARY,  # tried until its time was over
    "espblock": Kind.SENDER,
    "greylisted": Kind.TEMPORARY,
}


class Mailgun:
    """`key`: the HTTP webhook signing key."""

    name = "mailgun"
    largest = 1 << 20

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    async def read(self, webhook: Webhook) -> Told:
        try:
            found = table(document(webhook.body))
        except Malformed as error:
            raise NotSigned("no JSON") from error
        used = self._verify(table(found, "signature"), webhook)
        told = table(found, "event-data")
        if not text(told.get("event")):
            raise Malformed("no event of Mailgun")
        event = _event(told)
        return Told(() if event is None else (event,), Once(f"mailgun|{used}", _hash(told)))

    def _verify(self, signature: Json, webhook: Webhook) -> str:
        """Its token."""
        stamp, used = text(signature.get("timestamp")), text(signature.get("token"))
        given = text(signature.get("signature"))
        if not _STAMP.fullmatch(stamp) or not _TOKEN.fullmatch(used):
            raise NotSigned("no signature")
        expected = hmac.new(self._key, f"{stamp}{used}".encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(given.lower().encode(), expected.encode()):
            raise NotSigned("wrongly signed")
        signed_at = unix_time(int(stamp))
        if signed_at is None or not -_NEWEST <= webhook.now - signed_at <= OLDEST:
            raise NotSigned("an old signature")
        return used


def _hash(told: Any) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _event(told: Json) -> Event | None:
    """None for what says nothing of an address: opens, clicks, mail that was accepted."""
    word, status = text(told.get("event")), table(told, "delivery-status")
    said = text(status.get("message")) or text(status.get("description"))
    enhanced = bounce_codes.field_status(text(status.get("enhanced-code"))) or bounce_codes.status(said)
    kind = _kind(told, word, enhanced, said)
    if kind is None:
        return None
    return Event(
        kind=kind,
        address=text(told.get("recipient")),
        # Its ids are unique within a day only.
        id=f"{text(told.get('id'))}/{told.get('timestamp')!r}"[:200],
        code=code(word, told.get("severity"), told.get("reason")),
        status=enhanced,
        reply=number(status.get("code")),
        message_id=message_id(table(told, "message", "headers").get("message-id")),
        token=token(table(told, "user-variables").items()),
        at=unix_time(told.get("timestamp")),
        said=said,
    )


def _kind(told: Json, word: str, status: str, said: str) -> EventKind | None:
    if word != "failed":
        return KINDS.get(word)
    reason = text(told.get("reason"))
    if reason in NEVER_TRIED:
        return NEVER_TRIED[reason]
    if told.get("severity") != "permanent":
        return EventKind.DELAYED  # one try of several
    reply = number(table(told, "delivery-status").get("code"))
    words = said if status or reply is None or reply > 599 else f"{reply} {said}"  # its own are 6xx
    return kind_of_failure(status, words, REASONS.get(reason, Kind.UNKNOWN))
