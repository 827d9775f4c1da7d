"""How what we know looks in JSON: times, scopes, entries, decisions, records. Pure."""

from datetime import UTC, datetime
from typing import Any

from gateway.http.doors import Entry
from suppression import records
from suppression.decision import Decision, Defer, Refuse, RuleVerdict, Send
from suppression.model import ALL, Consent, Scope, Suppression
from suppression.records import FIELDS, Record, RecordKind

Json = dict[str, Any]

concerns = records.concerns


def moment(at: datetime) -> str:
    """RFC 3339, in UTC, to the millisecond where there is one."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds" if at.microsecond >= 1000 else "seconds")
    return text.replace("+00:00", "Z")


def scope(of: Scope) -> Json:
    channels = sorted(channel.value for channel in of.channels) or [ALL]
    return {"channels": channels, "purpose": of.purpose, "sender": of.sender, "app": of.app}


def entry(handle: str, known: Entry, now: datetime) -> Json:
    """An entry under its id for the outside."""
    if isinstance(known, Consent):
        return _consent(handle, known, now)
    return _suppression(handle, known, now)


def _suppression(handle: str, known: Suppression, now: datetime) -> Json:
    shown: Json = {
        "id": handle,
        "scope": scope(known.scope),
        "reason": known.reason.value,
        "way": known.way.value,
        "source": known.source,
        "actor": known.actor,
        "at": moment(known.at),
        "in_force": known.in_force(now),
    }
    if known.until is not None:
        shown["until"] = moment(known.until)
    if known.batch:
        shown["batch"] = known.batch
    return shown


def _consent(handle: str, known: Consent, now: datetime) -> Json:
    shown: Json = {
        "id": handle,
        "scope": scope(known.scope),
        "basis": known.basis.value,
        "source": known.source,
        "actor": known.actor,
        "at": moment(known.at),
        "in_force": known.in_force(now),
    }
    if known.expires is not None:
        shown["expires"] = moment(known.expires)
    if known.withdrawn is not None:
        shown["withdrawn"] = moment(known.withdrawn)
    return shown


def decision(made: Decision, *, binding: bool) -> Json:
    """`binding`: False for what is only asked; its outcome is no permission and says so."""
    match made:
        case Send():
            return {"outcome": "send" if binding else "would_send", "reason": made.reason.value}
        case Refuse():
            return {"outcome": "refuse", "reason": made.reason.value}
        case Defer():
            return {"outcome": "defer", "reason": made.reason.value, "until": moment(made.until)}


def verdict(line: RuleVerdict, fact: str | None) -> Json:
    """A line of explain; `fact` is the handle of what decided."""
    shown: Json = {"rule": line.rule, "verdict": line.verdict.value}
    if line.reason is not None:
        shown["reason"] = line.reason.value
    if fact is not None:
        shown["fact"] = fact
    if line.until is not None:
        shown["until"] = moment(line.until)
    return shown


_TIMES = {"at", "until"}
_NOT_SHOWN = {"recipient", "exact", "person"}  # keyed hashes: of no use outside


def record(line: Record) -> Json:
    """A line of the log, without what is not set in it."""
    shown: Json = {}
    for name in FIELDS:
        value = getattr(line, name)
        if not value or name in _NOT_SHOWN:
            continue
        shown[name] = moment(datetime.fromtimestamp(value / 1000, UTC)) if name in _TIMES else value
    shown["kind"] = line.kind.value
    return shown


_STATES = {RecordKind.DECIDED: "refused", RecordKind.HANDING_OVER: "handing_over"}


def state(history: tuple[Record, ...]) -> str:
    """What became of a message: its newest decision, hand-over or outcome."""
    for line in reversed(history):
        if line.kind is RecordKind.DECIDED:
            return {"send": "permitted", "defer": "deferred"}.get(line.outcome, "refused")
        if line.kind in _STATES or line.kind.value in {"sent", "rejected", "postponed", "unknown"}:
            return line.kind.value
    return "unknown"
