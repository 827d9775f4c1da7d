"""Bounces and complaints of Amazon SES that its notification service sends by mail: JSON in a text.

Nobody signed what comes this way for us; like every report it needs a token or a matching decision.
"""

import json
from collections.abc import Mapping
from typing import Any

from channels.email.inbound.arf import Complaint, FeedbackType, Form, feedback_type
from channels.email.inbound.bounce_codes import Action, kind_of, reply_code, status
from channels.email.inbound.dsn import Bounce
from channels.email.inbound.received import Received
from channels.email.inbound.report_parts import Original, one_address, original_of

MAX_RECIPIENTS = 100
MAX_SAID = 1000


def events(received: Received) -> tuple[list[Bounce], Complaint | None]:
    """What the notification says; nothing and None for any other message."""
    event = _event(received)
    match event.get("notificationType", event.get("eventType")):
        case "Bounce":
            return _bounces(event), None
        case "Complaint":
            return [], _complaint(event)
        case _:
            return [], None


def _event(received: Received) -> Mapping[str, Any]:
    if not received.value("from").lower().rstrip(">").endswith("amazonaws.com"):
        return {}
    text = received.text(received.leaves[0]).lstrip()
    outer = _json(text)
    inner = outer.get("Message")
    return _json(inner.lstrip()) if isinstance(inner, str) else outer


def _json(text: str) -> Mapping[str, Any]:
    """The object at the beginning; below it, SNS adds how to unsubscribe. Lines may have been wrapped."""
    if not text.startswith("{"):
        return {}
    try:
        found, _ = json.JSONDecoder(strict=False).raw_decode(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _bounces(event: Mapping[str, Any]) -> list[Bounce]:
    bounce = _dict(event.get("bounce"))
    original = _original(event)
    return [
        _bounce(_dict(recipient), bounce, original) for recipient in _list(bounce.get("bouncedRecipients"))
    ]


def _bounce(recipient: Mapping[str, Any], bounce: Mapping[str, Any], original: Original) -> Bounce:
    said = _text(recipient.get("diagnosticCode")).removeprefix("smtp;").strip()
    code = status(said) or status(_text(recipient.get("status")))
    if bounce.get("bounceType") == "Transient" and not code:
        code = "4.0.0"
    return Bounce(
        final_recipient=one_address(_text(recipient.get("emailAddress"))),
        original_recipient=None,
        action=Action.FAILED,
        status=code,
        reply=reply_code(said),
        said=said,
        kind=kind_of(Action.FAILED, code, said),
        reporting_mta=_text(bounce.get("reportingMTA")).partition(";")[2].strip(),
        original=original,
    )


def _complaint(event: Mapping[str, Any]) -> Complaint:
    complaint = _dict(event.get("complaint"))
    named = (_text(_dict(who).get("emailAddress")) for who in _list(complaint.get("complainedRecipients")))
    told = _text(complaint.get("complaintFeedbackType"))
    return Complaint(
        form=Form.SNS,
        type=feedback_type(told) if told else FeedbackType.ABUSE,
        user_agent=_text(complaint.get("userAgent")),
        recipients=tuple(address for address in map(one_address, named) if address),
        arrival_date=_text(complaint.get("arrivalDate")),
        original=_original(event),
    )


def _original(event: Mapping[str, Any]) -> Original:
    """SES gives the header fields of the mail as it was given to it, and a Message-ID of its own."""
    mail = _dict(event.get("mail"))
    lines = [
        (_text(_dict(one).get("name")), _text(_dict(one).get("value"))) for one in _list(mail.get("headers"))
    ]
    return original_of(
        "".join(f"{name}: {' '.join(value.split())}\r\n" for name, value in lines).encode("utf-8", "replace")
    )


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value[:MAX_RECIPIENTS] if isinstance(value, list) else []


def _text(value: object) -> str:
    return value[:MAX_SAID] if isinstance(value, str) else ""
