"""Decisions and changes as records of the log."""

from collections.abc import Mapping

from suppression.changes import Change, GiveConsent, Lift, Plan, Return, Suppress, Withdraw
from suppression.decision import Decision, Defer
from suppression.model import Recipient, Request, Suppression
from suppression.records import Record, RecordKind
from suppression.store import codec
from suppression.store.hand_over import HandOver


def decided(
    kind: RecordKind,
    request: Request,
    decision: Decision,
    policy: str,
    hand_over: HandOver | None = None,
    *,
    message: str = "",
    details: Mapping[str, str] | None = None,
) -> Record:
    """The record of a decision; `policy` is the generation that decided. `message`: of one of the outbox."""
    if hand_over is not None:
        message, details = hand_over.message if hand_over.copies > 1 else "", hand_over.details
    return Record(
        kind=kind,
        at=codec.milliseconds(request.at),
        recipient=request.recipient.key.hex(),
        exact=request.recipient.exact,
        channel=request.channel.value,
        purpose=request.purpose.path,
        sender=request.app.sender,
        app=request.app.name,
        outcome=type(decision).__name__.lower(),
        reason=decision.reason.value,
        rule=decision.rule,
        fact=decision.fact or "",
        until=codec.milliseconds(decision.until) if isinstance(decision, Defer) else 0,
        message=message,
        policy=policy,
        legal_notice=request.legal_notice,
        details=details or {},
    )


_KINDS = {
    Suppress: RecordKind.SUPPRESSED,
    Lift: RecordKind.LIFTED,
    GiveConsent: RecordKind.CONSENTED,
    Withdraw: RecordKind.WITHDRAWN,
    Return: RecordKind.RETURNED,
}


def kind_of(change: Change) -> RecordKind:
    if isinstance(change, Suppress) and change.erases:
        return RecordKind.ERASED
    return _KINDS[type(change)]


def changed(recipient: Recipient, change: Change, planned: Plan) -> Record:
    """The record of a change."""
    entry = planned.entry
    suppression = entry if isinstance(entry, Suppression) else None
    until = suppression.until if suppression else None
    return Record(
        kind=kind_of(change),
        at=codec.milliseconds(change.at),
        recipient=recipient.key.hex(),
        exact=recipient.exact,
        reason=suppression.reason.value if suppression else "",
        entry=entry.id,
        scope=codec.scope_text(entry.scope),
        way=suppression.way.value if suppression else "",
        source=entry.source,
        actor=change.actor,
        until=codec.milliseconds(until) if until else 0,
        repeated=not planned.created and planned.put is not None,
    )
