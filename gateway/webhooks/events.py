"""Which records of the log are events, which apps hear of them, and what they are told. Pure.

An app hears of what its own API key would show it: what is about its sender, or about all; and of what names an app,
that app alone.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from gateway.webhooks.subscriptions import EventType, Subscription, Webhooks
from suppression.decision import Reason
from suppression.model import ALL, Way
from suppression.outbox import EventDraft
from suppression.purposes import SYSTEM
from suppression.records import Record, RecordKind, concerns
from suppression.store.apply import CONSENT_HANDLE, SUPPRESSION_HANDLE
from suppression.store.keys import handle

_TYPES = {
    RecordKind.SUPPRESSED: EventType.SUPPRESSED,
    RecordKind.ERASED: EventType.SUPPRESSED,
    RecordKind.LIFTED: EventType.LIFTED,
    RecordKind.CONSENTED: EventType.CONSENTED,
    RecordKind.WITHDRAWN: EventType.WITHDRAWN,
    RecordKind.BOUNCED: EventType.BOUNCED,
    RecordKind.DELIVERED: EventType.DELIVERED,
    RecordKind.UNDELIVERED: EventType.FAILED,
    RecordKind.REJECTED: EventType.FAILED,
    RecordKind.DEAD: EventType.FAILED,
}
_REQUESTS = {"erasure": EventType.ERASURE_REQUESTED, "change": EventType.CHANGE_REQUESTED}
_CONSENTS = frozenset({RecordKind.CONSENTED, RecordKind.WITHDRAWN})


def type_of(record: Record) -> EventType | None:
    """None: it is no event. A repeat of what was known already is none, and nothing about the gateway's own mail.
    Neither is what came with a list, nor its end: of millions of stops, who mirrors them reads the feed.
    """
    if record.way == Way.IMPORT:
        return None
    if record.repeated or not record.recipient or record.purpose.partition("/")[0] == SYSTEM:
        return None
    match record.kind:
        case RecordKind.DECIDED:
            return EventType.REFUSED if record.outcome == "refuse" else None
        case RecordKind.REQUESTED:
            return _REQUESTS.get(record.details.get("what", ""))
        case RecordKind.SUPPRESSED if record.reason == Reason.COMPLAINED:
            return EventType.COMPLAINED
        case _:
            return _TYPES.get(record.kind)


def wants(subscription: Subscription, record: Record, kind: EventType) -> bool:
    """Whether this app is told: it asked for the type, and the record is its own."""
    app = record.scope.split("|")[3] if record.scope else record.app
    return (
        kind in subscription.events
        and concerns(record) in (ALL, subscription.sender)
        and app in (ALL, "", subscription.app)
    )


def drafts(webhooks: Webhooks) -> Callable[[Record], Sequence[EventDraft]] | None:
    """For `Steps.events`; None where no app wants to hear of anything."""
    subscriptions = tuple(webhooks.of_app.values())

    def of(record: Record) -> Sequence[EventDraft]:
        kind = type_of(record)
        if kind is None:
            return ()
        return [draft(each, record) for each in subscriptions if wants(each, record, kind)]

    return of if subscriptions else None


def draft(subscription: Subscription, record: Record) -> EventDraft:
    """Whoever must erase, too, has to be told whom: an erasure would take that away before it is told."""
    erases = record.kind in {RecordKind.ERASED, RecordKind.REQUESTED}
    return EventDraft(subscription.app, subscription.sender, keeps_address=erases)


def message_id(record_id: str) -> str:
    """The same in all attempts, and when it is told again: how a receiver knows it."""
    return f"evt_{record_id}"


def body(record: Record, address: str | None) -> bytes:
    """What the receiver gets. `address`: None where it is not known any more."""
    kind = type_of(record)
    if kind is None:
        raise ValueError("a record that is no event")
    told = {"type": kind.value, "timestamp": _moment(record.at), "data": _data(record, address)}
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()


def _data(record: Record, address: str | None) -> dict[str, Any]:
    data: dict[str, Any] = {"record": record.id, "recipient": address}
    for name in ("channel", "purpose", "sender", "app", "reason", "way", "source", "actor", "code", "status"):
        if value := getattr(record, name):
            data[name] = value
    if message := record.message or record.decision:
        data["message"] = message
    if record.scope:
        data["scope"] = _scope(record.scope)
    if record.entry:
        prefix = CONSENT_HANDLE if record.kind in _CONSENTS else SUPPRESSION_HANDLE
        data["entry"] = handle(prefix, bytes.fromhex(record.recipient), record.entry)
    if record.until:
        data["until"] = _moment(record.until)
    if record.text:
        data["text"] = record.text
    if record.details:
        data["details"] = dict(record.details)
    return data


def _scope(text: str) -> dict[str, Any]:
    channels, purpose, sender, app = text.split("|")
    return {"channels": channels.split(","), "purpose": purpose, "sender": sender, "app": app}


def _moment(ms: int) -> str:
    """RFC 3339."""
    at = datetime.fromtimestamp(ms / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
