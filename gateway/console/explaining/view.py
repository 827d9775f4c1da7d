"""Why a message went or did not, made of its records and of what is known now. Pure.

The log keeps of a decision: the rule that decided, the entry or consent that it went by, and the generation of the
rules' settings. Rules are asked in one order and the first that says no ends it: so it is also known what the others
did. What any of them would say today is asked today, and told beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.console.explaining.now import Asked, entry_of, now, place_of
from gateway.console.explaining.shown import (
    NOT_ASKED,
    PASSED,
    REFUSED,
    WAITED,
    DecisionView,
    FactView,
    NowView,
    RuleRow,
    Told,
)
from gateway.console.explaining.wording import RULES, because
from gateway.console.recipients import handles, words
from gateway.console.recipients.timeline import Names, line
from suppression.model import MINIMUM_AGE, App, Channel, Consent, Facts, Recipient, Suppression, position
from suppression.records import Record, RecordKind
from suppression.store import codec
from suppression.store.keys import parse_record_id

DECISIONS = frozenset({RecordKind.DECIDED, RecordKind.HANDING_OVER, RecordKind.QUEUED})
_SYSTEM = "system/"
_LATER = "said again since, in other words"


@dataclass(frozen=True, slots=True)
class Known:
    """All that a page about a decision is made of.

    record   the decision's
    history  records of what became of it, with itself, oldest first
    written  the record that wrote the entry it went by, where the log still has it
    since    changes of the recipient after it, newest first; whole: all of them
    facts    as they are now
    """

    record: Record
    history: Sequence[Record]
    recipient: Recipient
    facts: Facts
    names: Names
    app: App | None
    written: Record | None = None
    since: Sequence[Record] = ()
    whole: bool = True
    minimum_age: int = MINIMUM_AGE
    at: datetime | None = None


def of_decision(known: Known, who: str) -> DecisionView:
    """`who`: what the page calls the recipient."""
    record = known.record
    now = _now_of(known)
    kind, title = _outcome(record)
    recipient = known.recipient
    return DecisionView(
        id=record.id,
        at=record.time,
        kind=kind,
        title=title,
        because=because(record.reason),
        message=words_of_message(record, known.names),
        who=who,
        path=handles.page(recipient),
        other_spelling=bool(record.exact and recipient.exact and record.exact != recipient.exact),
        rule=record.rule,
        asks=RULES.get(record.rule, ""),
        front=record.rule not in RULES,
        fact=_fact(known) if record.fact else None,
        policy=record.policy,
        policy_now=known.names.catalogue.generation,
        legal_notice=record.legal_notice,
        history=[line(one, known.names) for one in known.history if one.id != record.id],
        rules=_rows(at_the_time(record), now.rules if now else (), record.rule),
        now=now,
        since=[line(one, known.names) for one in known.since],
        whole=known.whole,
    )


def words_of_message(record: Record, names: Names) -> str:
    """Promotions by mail, from The Shop (app shop)."""
    shown = line(replace(record, kind=RecordKind.QUEUED), names).detail
    return shown or "a message"


def _outcome(record: Record) -> tuple[str, str]:
    if record.kind is RecordKind.QUEUED and record.outcome != "defer":
        return PASSED, "Accepted"
    match record.outcome:
        case "send":
            return PASSED, "Allowed"
        case "defer":
            until = f" until {words.minute(codec.moment(record.until))}" if record.until else ""
            return WAITED, f"Put off{until}"
        case _:
            return REFUSED, "Refused"


def at_the_time(record: Record) -> Mapping[str, Told]:
    """What each rule did when it was decided. Nothing is known where it was no rule that decided."""
    if record.rule not in RULES:
        return {}
    told: dict[str, Told] = {}
    ended = False
    for name in RULES:
        if name == record.rule:
            told[name], ended = _decisive(record), record.outcome in {"refuse", "defer"}
        else:
            told[name] = (
                Told(NOT_ASKED, "Not asked any more") if ended else Told(PASSED, "Had nothing against it")
            )
    return told


def _decisive(record: Record) -> Told:
    said = because(record.reason)
    match record.outcome:
        case "refuse":
            return Told(REFUSED, f"Refused: {said}")
        case "defer":
            return Told(WAITED, f"Put it off: {said}")
        case _:
            return Told(PASSED, f"Allowed it: {said}")


def _rows(then: Mapping[str, Told], now: Sequence[RuleRow], decided: str) -> list[RuleRow]:
    found = {row.name: row for row in now}
    return [
        RuleRow(
            name,
            asks,
            then.get(name),
            found[name].now if name in found else None,
            name == decided,
            found[name].link if name in found else "",
        )
        for name, asks in RULES.items()
    ]


def _now_of(known: Known) -> NowView | None:
    """The same message again. None for what only the gateway itself sends, and for an app that is no more."""
    record = known.record
    if known.app is None or known.at is None or not record.channel or record.purpose.startswith(_SYSTEM):
        return None
    recipient = known.recipient
    if record.exact:
        recipient = replace(recipient, exact=record.exact)
    asked = Asked(known.app, Channel(record.channel), record.purpose, record.legal_notice, known.minimum_age)
    return now(asked, recipient, known.facts, known.names.catalogue, known.at)


def _fact(known: Known) -> FactView:
    """The entry that it went by, as it was written, and what became of it."""
    fact, written = known.record.fact, known.written
    entry = entry_of(known.facts, fact)
    told = None if written is None else line(written, known.names)
    name = fact
    if isinstance(entry, Suppression | Consent):
        name = words.scope(entry.scope, known.names.catalogue, known.names.senders)
    elif told is not None and told.detail:
        name = told.detail
    link = "" if entry is None else place_of(known.recipient, entry)
    return FactView(name, told, _state(known, entry), link)


def _state(known: Known, entry: Suppression | Consent | None) -> str:
    """How what decided stands now."""
    if entry is None:
        ended = next((one for one in known.since if one.entry == known.record.fact), None)
        if ended is not None:
            told = line(ended, known.names)
            return f"{told.title} on {words.minute(told.at)}{f' by {told.by}' if told.by else ''}"
        return "" if known.written is None else "not in force any more"
    if isinstance(entry, Consent) and entry.withdrawn is not None:
        return f"withdrawn on {words.minute(entry.withdrawn)}"
    if known.at is not None and not entry.in_force(known.at):
        return "ended by itself since"
    if position(entry.order) > position(parse_record_id(known.record.id)[1]):
        return _LATER
    return "still stands as it did then"
