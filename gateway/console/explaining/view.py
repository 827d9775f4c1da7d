"""Why a message went or did not, made of its records and of what is known now. Pure.

The log keeps of a decision: the rule that decided, the entry or consent that it went by, and the generation of the
rules' settings. Rules are asked in one order and the first that says no ends it: so it is also known what the others
did. What any of them would say today is asked today, and told beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.console.explaining.wording import RULES, because
from gateway.console.recipients import handles, words
from gateway.console.recipients.grid import reachable
from gateway.console.recipients.timeline import Line, Names, line
from suppression import policy
from suppression.decision import Decision, Defer, Refuse, RuleVerdict, Send, Verdict
from suppression.errors import UnknownPurpose
from suppression.model import App, Channel, Consent, Facts, Recipient, Request, Suppression, position
from suppression.purposes import Catalogue
from suppression.records import Record, RecordKind
from suppression.store import codec
from suppression.store.apply import CONSENT_HANDLE, SUPPRESSION_HANDLE
from suppression.store.keys import handle, parse_record_id

DECISIONS = frozenset({RecordKind.DECIDED, RecordKind.HANDING_OVER, RecordKind.QUEUED})
PASSED, REFUSED, WAITED, NOT_ASKED, SKIPPED = "pass", "no", "later", "not_asked", "aside"
_SYMBOLS = {PASSED: "✓", REFUSED: "✕", WAITED: "◷", NOT_ASKED: "·", SKIPPED: "–"}
_SYSTEM = "system/"
_LATER = "said again since, in other words"


@dataclass(frozen=True, slots=True)
class Told:
    """What a rule said. `kind`: how it is marked."""

    kind: str
    said: str

    @property
    def symbol(self) -> str:
        return _SYMBOLS[self.kind]


@dataclass(frozen=True, slots=True)
class RuleRow:
    """`decided`: it was this rule that decided (of what is asked now: that decides). `link`: to its entry."""

    name: str
    asks: str
    then: Told | None
    now: Told | None
    decided: bool
    link: str = ""

    @property
    def differs(self) -> bool:
        """What is known of then is not what holds now."""
        silent = (NOT_ASKED, SKIPPED)
        if self.then is None or self.now is None or self.then.kind == NOT_ASKED:
            return False
        then, now = (PASSED if told.kind in silent else told.kind for told in (self.then, self.now))
        return then != now


@dataclass(frozen=True, slots=True)
class FactView:
    """What a decision went by. `state`: how it stands now; `link`: to it, where it still stands."""

    name: str
    line: Line | None
    state: str
    link: str


@dataclass(frozen=True, slots=True)
class NowView:
    """What would be decided now. `kind` as of a rule."""

    kind: str
    title: str
    because: str
    rules: Sequence[RuleRow]

    @property
    def symbol(self) -> str:
        return _SYMBOLS[self.kind]


@dataclass(frozen=True, slots=True)
class DecisionView:
    """`history`: what became of it; `since`: changes of the recipient after it; `whole`: these are all."""

    id: str
    at: datetime
    kind: str
    title: str
    because: str
    message: str
    who: str
    path: str
    other_spelling: bool
    rule: str
    asks: str
    front: bool
    fact: FactView | None
    policy: str
    policy_now: str
    legal_notice: str
    history: Sequence[Line]
    rules: Sequence[RuleRow]
    now: NowView | None
    since: Sequence[Line]
    whole: bool

    @property
    def symbol(self) -> str:
        return _SYMBOLS[self.kind]

    @property
    def changed(self) -> bool:
        """What is known of the recipient, or the rules' settings, are others now."""
        return bool(self.since) or not self.whole or self.policy != self.policy_now


@dataclass(frozen=True, slots=True)
class Asked:
    """One message that is asked about."""

    app: App
    channel: Channel
    purpose: str
    legal_notice: str = ""
    minimum_age: int = 13


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
    minimum_age: int = 13
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


def now(
    asked: Asked, recipient: Recipient, facts: Facts, catalogue: Catalogue, at: datetime
) -> NowView | None:
    """What would be decided now, as the recipient's page has it. None for a purpose that is no more."""
    try:
        purpose = catalogue.find(asked.purpose)
    except UnknownPurpose:
        return None
    request = Request(
        asked.app,
        asked.channel,
        purpose,
        reachable(recipient, asked.channel),
        at,
        legal_notice=asked.legal_notice,
        minimum_age=asked.minimum_age,
    )
    made, verdicts = policy.explain(request, facts, catalogue)
    kind, title = _would(made)
    rows = [
        RuleRow(
            one.rule,
            RULES[one.rule],
            None,
            _verdict(one),
            one.rule == made.rule,
            _link(recipient, facts, one),
        )
        for one in verdicts
    ]
    return NowView(kind, title, because(made.reason), rows)


def _would(made: Decision) -> tuple[str, str]:
    match made:
        case Send():
            return PASSED, "It would go now"
        case Refuse():
            return REFUSED, "It would be refused now"
        case Defer():
            return WAITED, f"It would wait now, until {words.minute(made.until)}"


def _verdict(one: RuleVerdict) -> Told:
    said = because(one.reason) if one.reason else ""
    match one.verdict:
        case Verdict.REFUSE:
            return Told(REFUSED, f"Refuses: {said}")
        case Verdict.DEFER:
            until = f", until {words.minute(one.until)}" if one.until else ""
            return Told(WAITED, f"Puts it off: {said}{until}")
        case Verdict.SKIP:
            return Told(SKIPPED, "Does not concern it")
        case _:
            return Told(PASSED, f"Allows it: {said}" if said else "Has nothing against it")


def _link(recipient: Recipient, facts: Facts, one: RuleVerdict) -> str:
    entry = _entry(facts, one.fact or "")
    return "" if entry is None else _place(recipient, entry)


def _entry(facts: Facts, entry_id: str) -> Suppression | Consent | None:
    known: list[Suppression | Consent] = [*facts.suppressions, *facts.consents]
    return next((entry for entry in known if entry.id == entry_id), None)


def _place(recipient: Recipient, entry: Suppression | Consent) -> str:
    """On the recipient's page."""
    prefix = SUPPRESSION_HANDLE if isinstance(entry, Suppression) else CONSENT_HANDLE
    return f"{handles.page(recipient)}#{handle(prefix, recipient.key, entry.id)}"


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
    entry = _entry(known.facts, fact)
    told = None if written is None else line(written, known.names)
    name = fact
    if isinstance(entry, Suppression | Consent):
        name = words.scope(entry.scope, known.names.catalogue, known.names.senders)
    elif told is not None and told.detail:
        name = told.detail
    link = "" if entry is None else _place(known.recipient, entry)
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
