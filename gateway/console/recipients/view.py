"""What the page of one recipient shows, made of facts and records. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.console.recipients import handles, words
from gateway.console.recipients.grid import Asked, Cell, Grid, Mark, grid
from gateway.console.recipients.lifting_rules import why_not
from gateway.console.recipients.sentence import sentence
from gateway.console.recipients.timeline import WAYS, Line, Names, line
from gateway.roads.help_desk import Dossier
from suppression.address import Address
from suppression.decision import Reason
from suppression.model import App, Consent, Facts, Recipient, Sender, Suppression
from suppression.outbox import Entry, State
from suppression.store.apply import CONSENT_HANDLE, SUPPRESSION_HANDLE
from suppression.store.keys import handle

_SYMBOLS = {Mark.YES: "✓", Mark.LATER: "◷", Mark.SOME: "◐", Mark.NO: "✕", Mark.NONE: "–"}
_SAID = {Mark.YES: "Yes", Mark.LATER: "Later", Mark.SOME: "Partly", Mark.NO: "No", Mark.NONE: "Not used"}
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
class CellView:
    mark: Mark
    symbol: str
    said: str
    why: str
    link: str


@dataclass(frozen=True, slots=True)
class RowView:
    path: str
    title: str
    required: bool
    cells: tuple[CellView, ...]


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


@dataclass(frozen=True, slots=True)
class Tab:
    """A sender, and whether its matrix is shown."""

    name: str
    title: str
    shown: bool


@dataclass(frozen=True, slots=True)
class Linked:
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class RecipientView:
    handle: str
    path: str
    name: str
    stored: bool
    also: str
    kind: str
    erased: bool
    sentence: str
    channels: tuple[str, ...]
    rows: Mapping[str, Sequence[RowView]]
    tabs: Sequence[Tab]
    stops: Sequence[StopView]
    consents: Sequence[ConsentView]
    waiting: Sequence[WaitingView]
    person: str
    belongs: bool
    known: Mapping[str, str]
    linked: Sequence[Linked]
    lines: Sequence[Line] | None
    version: str


@dataclass(frozen=True, slots=True)
class Told:
    """All that the page needs beside the dossier. `sender`: whose matrix is asked for; "" for the first."""

    names: Names
    apps: Mapping[str, App]
    at: datetime
    sender: str = ""
    complaints: bool = False


def view(recipient: Recipient, dossier: Dossier, told: Told) -> RecipientView:
    """`recipient`: with the address that is acted on, where one is known."""
    facts, senders = dossier.facts, told.names.senders
    shown = senders.get(told.sender) or next(iter(senders.values()))
    made = _grid(recipient, facts, shown, told)
    stored = dossier.address
    return RecipientView(
        handle=handles.of(recipient),
        path=handles.page(recipient),
        name=name_of(recipient.address, facts),
        stored=stored is not None,
        also=_also(recipient.address, stored),
        kind=_kind(recipient.address),
        erased=_erasure(facts) is not None,
        sentence=_sentence(recipient, dossier, made, told),
        channels=tuple(words.CHANNELS[channel].capitalize() for channel in made.channels),
        rows=_rows(recipient, facts, made),
        tabs=[Tab(one.name, one.title, one is shown) for one in senders.values()],
        stops=[stop_view(recipient, one, dossier, told) for one in _in_force(facts, told.at)],
        consents=[_consent(recipient, one, dossier, told) for one in _newest_first(facts.consents)],
        waiting=[_waits(one, told.names) for one in dossier.waiting],
        person=dossier.person.id if dossier.person else "",
        belongs=facts.person is not None,
        known=_known(facts),
        linked=[Linked(_shown(at), handles.page(one)) for one, at in dossier.beside],
        lines=None if dossier.recent is None else [line(one, told.names) for one in dossier.recent],
        version=facts.version,
    )


def name_of(address: Address | None, facts: Facts) -> str:
    """What the page calls the recipient."""
    if address is not None:
        return address.text
    return "An erased recipient" if _erasure(facts) else "A recipient whose address is not kept"


def _erasure(facts: Facts) -> Suppression | None:
    return next((stop for stop in facts.suppressions if stop.reason is Reason.ERASED), None)


def _also(typed: Address | None, stored: Address | None) -> str:
    return stored.text if stored is not None and typed is not None and stored.text != typed.text else ""


def _kind(address: Address | None) -> str:
    return "" if address is None else {"email": "E-mail address", "phone": "Phone number"}[address.kind.value]


def _shown(address: Address | None) -> str:
    return "An address that is not kept" if address is None else address.text


def _grid(recipient: Recipient, facts: Facts, sender: Sender, told: Told) -> Grid:
    apps = [app for app in told.apps.values() if app.sender == sender.name]
    return grid(Asked(facts, recipient, told.names.catalogue, sender, apps, told.at))


def _sentence(recipient: Recipient, dossier: Dossier, made: Grid, told: Told) -> str:
    """For the sender that is shown; it is named where it is not the same for all."""
    facts, others = dossier.facts, len(dossier.beside)
    said = sentence(facts, made, others=others)
    for sender in told.names.senders.values():
        if sender is not made.sender and any(app.sender == sender.name for app in told.apps.values()):
            other = sentence(facts, _grid(recipient, facts, sender, told), others=others)
            if other != said:
                return f"{made.sender.title}: {said}"
    return said


def _rows(recipient: Recipient, facts: Facts, made: Grid) -> Mapping[str, Sequence[RowView]]:
    found: dict[str, list[RowView]] = {}
    for row in made.rows:
        cells = tuple(_cell(recipient, facts, row.path, cell) for cell in row.cells)
        found.setdefault(row.class_, []).append(RowView(row.path, row.title, row.required, cells))
    return found


def _cell(recipient: Recipient, facts: Facts, path: str, cell: Cell) -> CellView:
    link = ""
    if cell.mark is not Mark.NONE:
        link = handles.why_cell(recipient, cell.channel, path, cell.app)
    return CellView(cell.mark, _SYMBOLS[cell.mark], _SAID[cell.mark], cell_why(facts, cell), link)


def cell_why(facts: Facts, cell: Cell) -> str:
    """Why, and since when, in a few words."""
    if cell.mark is Mark.NONE or cell.reason is None:
        return ""
    said = words.SHORT[cell.reason]
    if cell.mark is Mark.SOME:
        return f"not by {words.listing(cell.not_of)}: {said}"
    if cell.until is not None:
        return f"{said}, from {words.minute(cell.until)}"
    known: list[Suppression | Consent] = [*facts.suppressions, *facts.consents]
    entry = next((one for one in known if one.id == cell.fact), None)
    if isinstance(entry, Suppression) and entry.until is not None:
        return f"{said} until {words.day(entry.until)}"
    return said if entry is None else f"{said} {words.day(_when(entry))}"


def _when(entry: Suppression | Consent) -> datetime:
    """When it was said, or taken back."""
    return entry.withdrawn or entry.at if isinstance(entry, Consent) else entry.at


def _in_force(facts: Facts, at: datetime) -> list[Suppression]:
    return [stop for stop in reversed(facts.suppressions) if stop.in_force(at)]


def _newest_first(consents: Sequence[Consent]) -> list[Consent]:
    return sorted(consents, key=lambda one: one.at, reverse=True)


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


def _consent(recipient: Recipient, consent: Consent, dossier: Dossier, told: Told) -> ConsentView:
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


def _waits(entry: Entry, names: Names) -> WaitingView:
    return WaitingView(
        id=entry.id,
        title=f"{names.purpose(entry.purpose)} by {words.CHANNELS[entry.channel]},"
        f" from {names.sender(entry.sender)}",
        state=_STATES.get(entry.state, entry.state.value),
        due=entry.due if entry.state is State.WAITING else None,
        cancel=entry.state in _CANCELLABLE,
        link=handles.why_message(entry.id),
    )


def _known(facts: Facts) -> Mapping[str, str]:
    told = {
        "Language": facts.language or "",
        "Time zone": facts.zone or "",
        "Country": facts.country or "",
        "Born": str(facts.birth_year or ""),
        "Child": "yes" if facts.child else "",
        "Registers and lists": ", ".join(sorted(facts.listed)),
    }
    return {name: value for name, value in told.items() if value}
