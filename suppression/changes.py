"""Changes of what we know of a recipient, as pure steps: facts + change -> what is to be written.

An entry's identity is (recipient, scope, reason, way, source, batch), and the exact address where it is bound
to one. A repeat returns the entry, with the later end (none beats any) and as the newest word in the order of
commits: a consent given in between no longer stands above it. Lift touches its own entry only.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from suppression.decision import Reason
from suppression.errors import Conflict, NotFound
from suppression.model import ALL, Basis, Consent, Facts, Scope, Suppression, Way, position

# What an agent or an undo may end. A complaint, an erasure and a register's entry are not ours to lift.
LIFTABLE = frozenset({Reason.UNSUBSCRIBED, Reason.BLOCKED, Reason.UNDELIVERABLE, Reason.UNUSABLE_ADDRESS})

# What is said of a human and not of one address.
OF_PEOPLE = frozenset({Reason.UNSUBSCRIBED, Reason.BLOCKED, Reason.ERASED})
_SEPARATOR = "\x00"


@dataclass(frozen=True, slots=True)
class Suppress:
    """Of reason `erased` it is an erasure: all else that is known of the recipient goes, but for its stops."""

    scope: Scope
    reason: Reason
    way: Way
    source: str
    actor: str
    at: datetime
    until: datetime | None = None
    batch: str = ""
    exact: str | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)

    @property
    def entry_id(self) -> str:
        return _id(self.identity)

    @property
    def identity(self) -> str:
        """What the id is made of: who the entry is of is not in it."""
        scope = (",".join(sorted(self.scope.channels)), self.scope.purpose, self.scope.sender, self.scope.app)
        parts = ("s", *scope, self.reason, self.way, self.source, self.batch, self.exact or "")
        return _SEPARATOR.join(parts)

    @property
    def erases(self) -> bool:
        return self.reason is Reason.ERASED

    @property
    def of_everything(self) -> bool:
        """A human's word on all that could come: it holds for every address of the person."""
        return (
            self.reason in OF_PEOPLE and self.until is None and self.exact is None and self.scope == Scope()
        )


@dataclass(frozen=True, slots=True)
class Lift:
    """`order`: lift the entry only as it was at that commit (an undo ends what its own click made).

    `reviewed`: it is the pause of a review that was decided, which nothing else ends. `batch`: of the list that is
    undone, which ends all that it brought, whatever the reason. `complaint`: who answers for it has it in writing that
    the recipient takes a complaint back; apps and keys never say so.
    """

    entry_id: str
    actor: str
    at: datetime
    order: str | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)
    reviewed: bool = False
    batch: str = ""
    complaint: bool = False


@dataclass(frozen=True, slots=True)
class GiveConsent:
    """`unless_objected`: Conflict when the recipient said no to any of it before (what follows from a sale).

    unless_erased  Conflict when the recipient was erased: what was asked for went with all else
    """

    scope: Scope
    basis: Basis
    source: str
    actor: str
    at: datetime
    exact: str
    expires: datetime | None = None
    direct: bool = False
    overrides: frozenset[str] = frozenset()
    evidence: Mapping[str, str] = field(default_factory=dict)
    unless_objected: bool = False
    unless_erased: bool = False

    @property
    def entry_id(self) -> str:
        scope = (",".join(sorted(self.scope.channels)), self.scope.purpose, self.scope.sender, self.scope.app)
        return _id(_SEPARATOR.join(("c", *scope, self.basis, self.source, self.exact)))


@dataclass(frozen=True, slots=True)
class Withdraw:
    entry_id: str
    actor: str
    at: datetime
    evidence: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Return:
    """An erased recipient is a customer again: `required` may go; all else stays stopped until a yes of its own."""

    actor: str
    at: datetime
    evidence: Mapping[str, str] = field(default_factory=dict)


Change = Suppress | Lift | GiveConsent | Withdraw | Return
RETURNED = "returned"  # source of the stop that stands in an erasure's place


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change comes to: an entry to write, or one to remove. `created`: it was not known before.

    `replaces`: entries that go as the written one comes.
    """

    put: Suppression | Consent | None
    remove: Suppression | None
    created: bool
    replaces: tuple[Suppression, ...] = ()

    @property
    def entry(self) -> Suppression | Consent:
        entry = self.put or self.remove
        if entry is None:
            raise ValueError("a plan is about an entry")
        return entry


def _id(identity: str) -> str:
    return hashlib.sha256(identity.encode()).hexdigest()[:12]


def plan(facts: Facts, change: Change) -> Plan:
    """What `change` comes to on these facts. NotFound or Conflict when it cannot be."""
    match change:
        case Suppress():
            return _suppress(facts, change)
        case Lift():
            return _lift(facts, change)
        case GiveConsent():
            return _consent(facts, change)
        case Withdraw():
            return _withdraw(facts, change)
        case Return():
            return _return(facts, change)


def _suppress(facts: Facts, change: Suppress) -> Plan:
    known = next((entry for entry in facts.suppressions if entry.id == change.entry_id), None)
    entry = Suppression(
        id=change.entry_id,
        scope=change.scope,
        reason=change.reason,
        way=change.way,
        source=change.source,
        actor=change.actor,
        at=change.at,
        order="",
        until=change.until,
        batch=change.batch,
        exact=change.exact,
    )
    if known is None or not known.in_force(change.at):  # one that has ended begins anew
        return Plan(entry, None, created=True, replaces=_answered_by(facts, change))
    longer = replace(known, until=_later(known.until, change.until))
    return Plan(longer, None, created=False, replaces=_answered_by(facts, change))


def _answered_by(facts: Facts, change: Suppress) -> tuple[Suppression, ...]:
    """Of the erased there is nothing left to read, so nobody could end the pauses of their reviews."""
    return tuple(entry for entry in facts.suppressions if change.erases and entry.reason is Reason.IN_REVIEW)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return None if one is None or other is None else max(one, other)


def _lift(facts: Facts, change: Lift) -> Plan:
    entry = next((entry for entry in facts.suppressions if entry.id == change.entry_id), None)
    if entry is None or (change.order is not None and entry.order != change.order):
        raise NotFound("no such entry")
    undone = bool(change.batch) and entry.way is Way.IMPORT and entry.batch == change.batch
    reviewed = change.reviewed and entry.reason is Reason.IN_REVIEW
    taken_back = change.complaint and entry.reason is Reason.COMPLAINED
    if entry.reason not in LIFTABLE and not reviewed and not undone and not taken_back:
        raise Conflict(f"an entry of reason {entry.reason} is not lifted")
    return Plan(None, entry, created=False)


def _consent(facts: Facts, change: GiveConsent) -> Plan:
    known = next((entry for entry in facts.consents if entry.id == change.entry_id), None)
    if unknown := change.overrides - {entry.id for entry in facts.suppressions}:
        raise NotFound(f"{len(unknown)} of the entries to override are not this recipient's")
    if change.unless_erased and any(stop.reason is Reason.ERASED for stop in facts.suppressions):
        raise Conflict("erased since it was asked for")
    if change.unless_objected and _objected(facts, change):
        raise Conflict("the recipient said no to it")
    entry = Consent(
        id=change.entry_id,
        scope=change.scope,
        basis=change.basis,
        source=change.source,
        actor=change.actor,
        at=change.at,
        order="",
        exact=change.exact,
        expires=change.expires,
        direct=change.direct,
        overrides=change.overrides | _still_overridden(facts, known),
    )
    return Plan(entry, None, created=known is None or not known.in_force(change.at))


def _objected(facts: Facts, change: GiveConsent) -> bool:
    """Whether a stop of the recipient's own, or a withdrawal, stands against a part of it."""
    stops = [stop.scope for stop in facts.suppressions if stop.in_force(change.at) and not stop.exact]
    withdrawn = [consent.scope for consent in facts.consents if consent.withdrawn is not None]
    return any(_meet(scope, change.scope) for scope in (*stops, *withdrawn))


def _meet(one: Scope, other: Scope) -> bool:
    """Whether some message falls under both."""
    return (
        (not one.channels or not other.channels or bool(one.channels & other.channels))
        and (one.covers_purpose(other.purpose) or other.covers_purpose(one.purpose))
        and (ALL in {one.sender, other.sender} or one.sender == other.sender)
        and (ALL in {one.app, other.app} or one.app == other.app)
    )


def _still_overridden(facts: Facts, known: Consent | None) -> frozenset[str]:
    """What the consent overrode already, less the stops that were said again since."""
    if known is None or known.withdrawn is not None:
        return frozenset()
    before = position(known.order)
    return frozenset(
        entry.id
        for entry in facts.suppressions
        if entry.id in known.overrides and position(entry.order) < before
    )


def _withdraw(facts: Facts, change: Withdraw) -> Plan:
    known = next((entry for entry in facts.consents if entry.id == change.entry_id), None)
    if known is None:
        raise NotFound("no such consent")
    return Plan(replace(known, withdrawn=known.withdrawn or change.at), None, created=known.withdrawn is None)


def _return(facts: Facts, change: Return) -> Plan:
    erasures = tuple(entry for entry in facts.suppressions if entry.reason is Reason.ERASED)
    if not erasures:
        raise NotFound("nothing was erased")
    return Plan(after_return(erasures[0], change), None, created=True, replaces=erasures)


def after_return(erasure: Suppression, change: Return) -> Suppression:
    """The stop of everything but `required` that stands when an erasure's hold has ended."""
    stop = Suppress(Scope(), Reason.UNSUBSCRIBED, erasure.way, RETURNED, change.actor, change.at)
    return Suppression(
        stop.entry_id, stop.scope, stop.reason, stop.way, stop.source, stop.actor, stop.at, order=""
    )
