"""What the page of one recipient shows, made of facts and records. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.console.recipients import handles, words
from gateway.console.recipients.entries import (
    ConsentView,
    StopView,
    Told,
    WaitingView,
    consent_view,
    stop_view,
    waiting_view,
)
from gateway.console.recipients.grid import Asked, Cell, Grid, Mark, grid
from gateway.console.recipients.sentence import sentence
from gateway.console.recipients.timeline import Line, line
from gateway.roads.help_desk import Dossier
from suppression.address import Address
from suppression.decision import Reason
from suppression.model import Consent, Facts, Recipient, Sender, Suppression

_SYMBOLS = {Mark.YES: "✓", Mark.LATER: "◷", Mark.SOME: "◐", Mark.NO: "✕", Mark.NONE: "–"}
_SAID = {Mark.YES: "Yes", Mark.LATER: "Later", Mark.SOME: "Partly", Mark.NO: "No", Mark.NONE: "Not used"}


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
        consents=[consent_view(recipient, one, dossier, told) for one in _newest_first(facts.consents)],
        waiting=[waiting_view(one, told.names) for one in dossier.waiting],
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
