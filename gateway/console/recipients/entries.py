"""Stops, consents and messages that wait, as the page of their recipient shows them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.console.recipients import handles, words
from gateway.console.recipients.lifting_rules import why_not
from gateway.console.recipients.timeline import WAYS, Names
from gateway.roads.help_desk import Dossier
from suppression.decision import Reason
from suppression.model import App, Consent, Recipient, Suppression
from suppression.outbox import Entry, State
from suppression.store.apply import CONSENT_HANDLE, SUPPRESSION_HANDLE
from suppression.store.keys import handle

_KINDS = {
    Reason.UNSUBSCRIBED: "stop",
    Reason.BLOCKED: "block",
    Reason.COMPLAINED: "complaint",
    Reason.UNDELIVERABLE: "does not arrive",
    Reason.UNUSABLE_ADDRESS: "cannot be used",
    Reason.ERASED: "erasure",
    Reason.IN_REVIEW: "in review",
}
_CANCELLABLE = frozenset({State.WAITING, State.LEASED, State.SENT})
_STATES = {
    State.WAITING: "waits",
    State.LEASED: "is about to leave",
    State.SUBMITTING: "is being handed over",
    State.SENT: "was handed over",
    State.CANCELLING: "is being cancelled",
    State.UNKNOWN: "may have left: held for agents",
    State.DEAD: "could not leave: held for agents",
}


@dataclass(frozen=True, slots=True)
class Told:
    """All that the page needs beside the dossier. `sender`: whose matrix is asked for; "" for the first."""

    names: Names
    apps: Mapping[str, App]
    at: datetime
    sender: str = ""
    complaints: bool = False


@dataclass(frozen=True, slots=True)
class StopView:
    """`why_not`: "" for what may be lifted. `words`: what was noted with it."""

    handle: str
    kind: str
    scope: str
    because: str
    at: datetime
    until: datetime | None
    by: str
    way: str
    words: tuple[tuple[str, str], ...]
    why_not: str


@dataclass(frozen=True, slots=True)
class ConsentView:
    """`state`: in force, or how it ended."""

    handle: str
    scope: str
    basis: str
    at: datetime
    by: str
    source: str
    in_force: bool
    state: str
    words: tuple[tuple[str, str], ...]
    this_spelling: bool
    above: int


@dataclass(frozen=True, slots=True)
class WaitingView:
    id: str
    title: str
    state: str
    due: datetime | None
    cancel: bool
    link: str


def stop_view(recipient: Recipient, stop: Suppression, dossier: Dossier, told: Told) -> StopView:
    names = told.names
    return StopView(
        handle=handle(SUPPRESSION_HANDLE, recipient.key, stop.id),
        kind=_KINDS.get(stop.reason, stop.reason.value),
        scope=words.scope(stop.scope, names.catalogue, names.senders),
        because=words.because(stop),
        at=stop.at,
        until=stop.until,
        by=words.who(stop.actor, stop.source),
        way=WAYS[stop.way],
        words=noted(dossier.evidence.get(stop.id, {})),
        why_not=why_not(stop, complaints=told.complaints),
    )


def noted(evidence: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What was recorded with an entry, as pairs."""
    return tuple((name.replace("_", " ").capitalize(), said) for name, said in evidence.items() if said)


def consent_view(recipient: Recipient, consent: Consent, dossier: Dossier, told: Told) -> ConsentView:
    names = told.names
    return ConsentView(
        handle=handle(CONSENT_HANDLE, recipient.key, consent.id),
        scope=words.scope(consent.scope, names.catalogue, names.senders),
        basis=words.BASES[consent.basis],
        at=consent.at,
        by=words.who(consent.actor),
        source=consent.source,
        in_force=consent.in_force(told.at),
        state=_consent_state(consent, told.at),
        words=noted(dossier.evidence.get(consent.id, {})),
        this_spelling=not recipient.exact or consent.exact == recipient.exact,
        above=len(consent.overrides),
    )


def _consent_state(consent: Consent, at: datetime) -> str:
    if consent.withdrawn is not None:
        return f"withdrawn {words.day(consent.withdrawn)}"
    if consent.expires is None:
        return "in force"
    ended = "ends" if consent.in_force(at) else "ended"
    return f"{ended} {words.day(consent.expires)}"


def waiting_view(entry: Entry, names: Names) -> WaitingView:
    return WaitingView(
        id=entry.id,
        title=f"{names.purpose(entry.purpose)} by {words.CHANNELS[entry.channel]},"
        f" from {names.sender(entry.sender)}",
        state=_STATES.get(entry.state, entry.state.value),
        due=entry.due if entry.state is State.WAITING else None,
        cancel=entry.state in _CANCELLABLE,
        link=handles.why_message(entry.id),
    )
