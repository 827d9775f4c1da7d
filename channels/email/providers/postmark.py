"""Postmark: one event a request. It signs nothing: what proves it are the credentials in the URL that it was given
(https://USER:PASSWORD@host/hooks/mail/postmark), which it sends as HTTP Basic (RFC 7617).
"""

import base64
import binascii
import hmac

from channels.email.inbound import bounce_codes
from channels.email.inbound.bounce_codes import Kind
from channels.email.providers.events import (
    Event,
    EventKind,
    Malformed,
    Told,
    Unauthenticated,
    Webhook,
    kind_of_failure,
)
from channels.email.providers.fields import Json, code, document, iso_time, table, text, token

# Type of a bounce. What is not here says nothing of the address: automatic replies, challenges, tests.
BOUNCES: dict[str, Kind] = {
    "HardBounce": Kind.ADDRESS,
    "BadEmailAddress": Kind.ADDRESS,
    "SoftBounce": Kind.TEMPORARY,
    "Transient": Kind.DELAYED,  # it goes on trying
    "DnsError": Kind.NETWORK,
    "Unknown": Kind.UNKNOWN,
    "ManuallyDeactivated": Kind.UNKNOWN,
    "SpamNotification": Kind.SENDER,
    "VirusNotification": Kind.SENDER,
    "Blocked": Kind.SENDER,
    "SMTPApiError": Kind.SENDER,
    "DMARCPolicy": Kind.SENDER,
    "TemplateRenderingFailed": Kind.SENDER,
}
# RecordType, and what comes as a bounce and is none.
RECORDS = {
    "Delivery": EventKind.DELIVERED,
    "SpamComplaint": EventKind.COMPLAINT,
    "Unsubscribe": EventKind.UNSUBSCRIBED,
}
# Why the address came onto its list; of a bounce the list does not say whose fault it was.
SUPPRESSIONS = {
    "HardBounce": EventKind.SOFT,
    "SpamComplaint": EventKind.COMPLAINT,
    "ManualSuppression": EventKind.UNSUBSCRIBED,
}


class Postmark:
    name = "postmark"
    largest = 1 << 20

    def __init__(self, username: str, password: str) -> None:
        self._expected = f"{username}:{password}".encode()

    async def read(self, webhook: Webhook) -> Told:
        scheme, _, credentials = webhook.header("authorization").partition(" ")
        try:
            given = base64.b64decode(credentials.strip(), validate=True)
        except (binascii.Error, ValueError):
            given = b""
        if scheme.lower() != "basic" or not hmac.compare_digest(given, self._expected):
            raise Unauthenticated("wrong credentials")
        found = document(webhook.body)
        if not isinstance(found, dict) or not text(found.get("RecordType")):
            raise Malformed("no event of Postmark")
        event = _event(found)
        return Told(() if event is None else (event,))


def _event(told: Json) -> Event | None:
    """None for what says nothing of an address: opens, clicks, automatic replies."""
    record, kind_of_bounce = text(told.get("RecordType")), text(told.get("Type"))
    said = text(told.get("Details"))
    status = bounce_codes.status(said)
    kind = _kind(told, record, kind_of_bounce, status, said)
    if kind is None:
        return None
    return Event(
        kind=kind,
        address=text(told.get("Email")) or text(told.get("Recipient")),
        id=_id(told, record),
        code=code(record, kind_of_bounce or told.get("SuppressionReason")),
        status=status,
        reply=bounce_codes.reply_code(said),
        mail=text(told.get("MessageID")),
        token=token(table(told, "Metadata").items()),
        at=iso_time(told.get("BouncedAt") or told.get("ChangedAt") or told.get("DeliveredAt")),
        said=said,
    )


def _kind(told: Json, record: str, bounce: str, status: str, said: str) -> EventKind | None:
    if record == "SubscriptionChange":
        return _of_change(told)
    if record != "Bounce":
        return RECORDS.get(record)
    provider = BOUNCES.get(bounce)
    if provider is None or provider is Kind.DELAYED:
        return RECORDS.get(bounce) if provider is None else EventKind.DELAYED
    return kind_of_failure(status, said, provider)


def _of_change(told: Json) -> EventKind | None:
    """What the company's own people took off or put on a list there is not the recipient's word."""
    if told.get("SuppressSending") is not True:
        return None
    kind = SUPPRESSIONS.get(text(told.get("SuppressionReason")))
    if kind is EventKind.UNSUBSCRIBED and told.get("Origin") != "Recipient":
        return None
    return kind


def _id(told: Json, record: str) -> str:
    """A change of a list has no number of its own."""
    number = text(told.get("ID"))
    told_by = (
        (record, number) if number else (record, text(told.get("MessageID")), text(told.get("ChangedAt")))
    )
    return "/".join(told_by)
