"""Amazon SES, by its notification service: feedback notifications and published events, which say nearly the same.

Raw message delivery must be off: a raw message carries no signature. SES names everybody who may have complained
where the complaint does not tell; mail that needs a way out goes to one recipient each, so there it is one.
"""

from collections.abc import Iterator, Sequence

import structlog

from channels.email.inbound import bounce_codes
from channels.email.inbound.arf import SUPPRESSES, feedback_type
from channels.email.inbound.bounce_codes import Action, Kind
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
    iso_time,
    message_id,
    rows,
    table,
    text,
    token,
)
from channels.email.providers.sns import Certificates, Fetch, Notification

_MOST_RECIPIENTS = 1000
# By bounceType and bounceSubType; "*" for any other.
BOUNCES: dict[tuple[str, str], Kind] = {
    ("Permanent", "NoEmail"): Kind.ADDRESS,
    ("Permanent", "Suppressed"): Kind.ADDRESS,  # by SES, which had hard bounces from there of late
    ("Transient", "MailboxFull"): Kind.MAILBOX_FULL,
    ("Transient", "MessageTooLarge"): Kind.SENDER,
    ("Transient", "ContentRejected"): Kind.SENDER,
    ("Transient", "AttachmentRejected"): Kind.SENDER,
    ("Transient", "*"): Kind.TEMPORARY,
}
# Never tried. The account's list does not say whose fault the bounce was that put the address there.
NEVER_TRIED = {"OnAccountSuppressionList": EventKind.SOFT, "UnsubscribedRecipient": EventKind.UNSUBSCRIBED}

log = structlog.get_logger(__name__)


class Ses:
    """`topics`: whose messages are believed, and whose subscriptions are confirmed."""

    name = "ses"
    largest = 1 << 20  # a message of 256 KiB, escaped

    def __init__(self, topics: Sequence[str], fetch: Fetch) -> None:
        self._topics = frozenset(topics)
        self._fetch = fetch
        self._certificates = Certificates(fetch)

    async def read(self, webhook: Webhook) -> Told:
        said = Notification.parse(webhook.body)
        if said.topic not in self._topics:
            raise NotSigned("a topic that is not configured")
        await self._certificates.verify(said, webhook.now)
        if said.type == "SubscriptionConfirmation":
            await self._fetch(said.subscribe_url)
            log.info("sns_subscription_confirmed", topic=said.topic)
            return Told()
        if said.type == "UnsubscribeConfirmation":
            log.warning("sns_subscription_ended", topic=said.topic)
            return Told()
        return Told(tuple(_events(said)))


def _events(said: Notification) -> Iterator[Event]:
    if not said.message.lstrip().startswith("{"):
        return  # "Successfully validated SNS topic for Amazon SES event publishing."
    event = table(document(said.message))
    match text(event.get("eventType") or event.get("notificationType")):
        case "Bounce":
            yield from _bounced(event, said)
        case "Complaint":
            yield from _complained(event, said)
        case "Delivery":
            yield from _of_all(event, said, EventKind.DELIVERED, "delivery")
        case "DeliveryDelay":
            yield from _of_all(event, said, EventKind.DELAYED, "delay")
        case "Reject" | "Rendering Failure":
            yield from _of_all(event, said, EventKind.SENDER_FAULT, "reject")
        case "Subscription":
            if _ends_subscription(table(event, "subscription")):
                yield from _of_all(event, said, EventKind.UNSUBSCRIBED, "subscription")
        case "":
            raise Malformed("no event of SES")


def _bounced(event: Json, said: Notification) -> Iterator[Event]:
    bounce = table(event, "bounce")
    kind, sub = text(bounce.get("bounceType")), text(bounce.get("bounceSubType"))
    for one in rows(bounce.get("bouncedRecipients"), _MOST_RECIPIENTS):
        recipient = table(one)
        words = text(recipient.get("diagnosticCode")).partition(";")[2].strip() or text(
            recipient.get("diagnosticCode")
        )
        status = bounce_codes.status(words) or bounce_codes.field_status(text(recipient.get("status")))
        yield Event(
            kind=_kind(kind, sub, status, words),
            address=text(recipient.get("emailAddress")),
            id=_id(bounce, said),
            code=code("bounce", kind, sub),
            status=status,
            reply=bounce_codes.reply_code(words),
            message_id=_message_id(event),
            mail=text(table(event, "mail").get("messageId")),
            token=_token(event),
            at=iso_time(bounce.get("timestamp")),
            said=words,
        )


def _kind(kind: str, sub: str, status: str, words: str) -> EventKind:
    if sub in NEVER_TRIED:
        return NEVER_TRIED[sub]
    if kind == "Transient" and sub == "General" and not status and not words:
        return EventKind.UNEXPLAINED  # an out-of-office reply is reported like this
    provider = BOUNCES.get((kind, sub)) or BOUNCES.get((kind, "*"))
    if provider is not None:
        return kind_of_failure(status, words, provider)
    told = kind_of_failure(status, words, Kind.UNKNOWN)
    # "Permanent/General": final, for a reason that SES does not know. If the server gave none either, it counts.
    unsaid = bounce_codes.kind_of(Action.FAILED, status, words) is Kind.UNKNOWN
    return EventKind.SOFT if kind == "Permanent" and unsaid else told


def _complained(event: Json, said: Notification) -> Iterator[Event]:
    complaint = table(event, "complaint")
    told = text(complaint.get("complaintFeedbackType"))
    if told and SUPPRESSES[feedback_type(told)] is False:
        return  # not-spam, auth-failure, virus
    for one in rows(complaint.get("complainedRecipients"), _MOST_RECIPIENTS):
        yield Event(
            kind=EventKind.COMPLAINT,
            address=text(table(one).get("emailAddress")),
            id=_id(complaint, said),
            code=code("complaint", told, complaint.get("complaintSubType")),
            message_id=_message_id(event),
            mail=text(table(event, "mail").get("messageId")),
            token=_token(event),
            at=iso_time(complaint.get("timestamp")),
        )


def _of_all(event: Json, said: Notification, kind: EventKind, word: str) -> Iterator[Event]:
    """What SES says of all recipients of a mail."""
    for address in rows(table(event, "mail").get("destination"), _MOST_RECIPIENTS):
        yield Event(
            kind=kind,
            address=text(address),
            id=said.id,
            code=code(word),
            message_id=_message_id(event),
            mail=text(table(event, "mail").get("messageId")),
            token=_token(event),
            at=iso_time(said.fields.get("Timestamp")),
        )


def _ends_subscription(subscription: Json) -> bool:
    """Whether a topic of SES's own lists that was not left before is left now."""
    new, old = table(subscription, "newTopicPreferences"), table(subscription, "oldTopicPreferences")
    return new.get("unsubscribeAll") is True or bool(_left(new) - _left(old))


def _left(preferences: Json) -> set[str]:
    topics = map(table, rows(preferences.get("topicSubscriptionStatus"), _MOST_RECIPIENTS))
    return {text(one.get("topicName")) for one in topics if one.get("subscriptionStatus") == "OptOut"}


def _id(told: Json, said: Notification) -> str:
    """Of the feedback itself: two subscriptions to one topic tell it under two ids of their own."""
    return text(told.get("feedbackId")) or said.id


def _message_id(event: Json) -> str:
    """As it was when it came to SES, which then gives it another."""
    return message_id(table(event, "mail", "commonHeaders").get("messageId"))


def _token(event: Json) -> str:
    fields = map(table, rows(table(event, "mail").get("headers"), _MOST_RECIPIENTS))
    return token((one.get("name"), one.get("value")) for one in fields)
