"""The one plain sentence that a recipient's page begins with: what goes, what does not, since when and why. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.console.recipients import words
from gateway.console.recipients.grid import Cell, Grid
from suppression.changes import OF_PEOPLE
from suppression.decision import Reason
from suppression.model import Channel, Consent, Facts, Scope, Suppression

MARKETING, SERVICE, ORDERS = "marketing", "service", "transactional"
_NAMES = {MARKETING: "marketing", SERVICE: "service messages", ORDERS: "messages about orders"}
_STILL = {SERVICE: "service", ORDERS: "order"}
_REASONS: Mapping[Reason, str] = {
    Reason.NO_CONSENT: "there is no consent to it",
    Reason.REGISTERED: "the number is in a do-not-call register",
    Reason.REGISTER_STALE: "a do-not-call register is out of date",
    Reason.LISTED: "the address is on a list of those who get none",
    Reason.ZONE_UNKNOWN: "nobody knows in which time zone the number is",
    Reason.CAPPED: "they had as many as they may get for now",
    Reason.OUTSIDE_HOURS: "there are no hours in which they may be called",
    Reason.NO_VISIBLE_WAY_OUT: "it would have no way out",
}
_FEW = 3  # purposes that are named one by one


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something does not go. `entry`: the stop, or the consent that ended."""

    reason: Reason
    entry: Suppression | Consent | None = None

    @property
    def when(self) -> str:
        """Since 3 May 2026; until 3 June 2026; "" for what has no beginning."""
        match self.entry:
            case Suppression(until=datetime() as until):
                return f" until {words.day(until)}"
            case Suppression(at=at) | Consent(withdrawn=datetime() as at) | Consent(expires=datetime() as at):
                return f" since {words.day(at)}"
            case _:
                return ""

    @property
    def why(self) -> str:
        match self.entry:
            case Suppression() as stop:
                return words.because(stop)
            case Consent(withdrawn=datetime()):
                return "the consent was withdrawn"
            case Consent():
                return "the consent ended"
            case _:
                return _REASONS.get(self.reason, words.SHORT[self.reason])


@dataclass(frozen=True, slots=True)
class State:
    """Of a class of purposes on some channels: what does not go for which cause, and what does."""

    cause: Cause | None
    allowed: tuple[str, ...]
    refused: tuple[str, ...] = ()

    @property
    def none(self) -> bool:
        return self.cause is not None and not self.allowed

    @property
    def all(self) -> bool:
        return self.cause is None


def sentence(facts: Facts, grid: Grid, *, others: int = 0) -> str:
    """`others`: how many more addresses the person has."""
    erasure = next((stop for stop in facts.suppressions if stop.reason is Reason.ERASED), None)
    if erasure is not None:
        return (
            f"Erased on {words.day(erasure.at)}: nothing at all is sent here,"
            " until the person becomes a customer again."
        )
    if grid.child:
        return (
            "This is a child: nothing is sent on any channel,"
            " but for what is required, such as sign-in codes and password resets."
        )
    said = [_of(facts, grid, channels) for channels in _alike(facts, grid)]
    known = "" if _known(facts) else "Nothing is known of this address: no stop and no consent. "
    return known + " ".join(said) + _of_all(facts, others)


def _known(facts: Facts) -> bool:
    return bool(facts.suppressions or facts.consents or facts.listed)


def _of_all(facts: Facts, others: int) -> str:
    stops = [stop for stop in facts.suppressions if stop.reason in OF_PEOPLE and stop.scope == Scope()]
    if not others or not any(stop.until is None for stop in stops):
        return ""
    return f" The stop holds for the person's {'other address' if others == 1 else f'{others} other addresses'}, too."


def _alike(facts: Facts, grid: Grid) -> list[tuple[Channel, ...]]:
    """Channels of which the same is to be said, together."""
    found: dict[object, tuple[Channel, ...]] = {}
    for channel in grid.channels:
        if channel is Channel.AUDIENCE:
            continue
        what = tuple((class_, state(facts, grid, class_, [channel])) for class_ in _NAMES)
        told = tuple((class_, one and (one.cause, bool(one.allowed))) for class_, one in what)
        found[told] = (*found.get(told, ()), channel)
    return list(found.values())


def state(facts: Facts, grid: Grid, class_: str, channels: Sequence[Channel]) -> State | None:
    """None: there are no such messages there. What is required, and so always goes, is not looked at."""
    cells = [
        (row, cell) for channel in channels for row, cell in grid.cells(class_, channel) if not row.required
    ]
    if not cells:
        return None
    refused = [cell for _, cell in cells if not cell.allowed]
    titles = dict.fromkeys(row.title for row, cell in cells if cell.allowed)
    against = dict.fromkeys(row.title for row, cell in cells if not cell.allowed)
    return State(_widest(facts, refused) if refused else None, tuple(titles), tuple(against))


def _widest(facts: Facts, refused: Sequence[Cell]) -> Cause:
    """What most is refused for; of several, the widest entry."""
    causes = [_cause(facts, cell) for cell in refused]
    return max(causes, key=lambda cause: (causes.count(cause), isinstance(cause.entry, Suppression)))


def _cause(facts: Facts, cell: Cell) -> Cause:
    reason = cell.reason or Reason.NO_CONSENT
    entries: list[Suppression | Consent] = [*facts.suppressions, *facts.consents]
    entry = next((entry for entry in entries if entry.id == cell.fact), None)
    if entry is None and reason is Reason.NO_CONSENT:
        gone = [yes for yes in facts.consents if yes.withdrawn and cell.channel in yes.scope.channels]
        entry = gone[-1] if gone else None
    return Cause(reason, entry)


def _of(facts: Facts, grid: Grid, channels: Sequence[Channel]) -> str:
    states = {class_: state(facts, grid, class_, channels) for class_ in _NAMES}
    there = {class_: one for class_, one in states.items() if one is not None}
    stopped = {class_: one for class_, one in there.items() if one.none}
    clauses = _stopped(stopped, grid, channels)
    if there and len(stopped) == len(there):
        rest = _required(grid, channels)
        if len(clauses) == 1:
            what = " and ".join(f"no {_NAMES[class_]}" for class_ in stopped)
            return clauses[0].replace(what, "Nothing is sent", 1) + rest
        return _capital(", and ".join(clauses)) + rest
    marketing = there.get(MARKETING)
    if marketing and not marketing.none:
        clauses.insert(0, _marketing(marketing, words.by(channels, "or")))
    goes = _goes(there, channels, still=bool(stopped) and _known(facts))
    return "; ".join([_capital(", and ".join(clauses)), *([goes] if goes else [])]) + "."


def _where(cause: Cause, grid: Grid, channels: Sequence[Channel]) -> str:
    """On any channel, where the stop says so; else by which."""
    stop = cause.entry
    ways = {channel for channel in grid.channels if channel is not Channel.AUDIENCE}
    if isinstance(stop, Suppression) and not stop.scope.channels and not stop.exact and set(channels) == ways:
        return "on any channel"
    return words.by(channels, "or")


def _required(grid: Grid, channels: Sequence[Channel]) -> str:
    required = [cell for row in grid.rows if row.required for cell in row.cells if cell.channel in channels]
    if any(cell.allowed for cell in required):
        return "; only what is required still goes, such as sign-in codes."
    return ", not even what is required." if required else "."


def _stopped(states: Mapping[str, State], grid: Grid, channels: Sequence[Channel]) -> list[str]:
    """No marketing by mail since 3 May 2026, because ...: classes of which the same is said together."""
    together: dict[str, list[str]] = {}
    for class_, one in states.items():
        if cause := one.cause:
            said = f"{_where(cause, grid, channels)}{cause.when}, because {cause.why}"
            together.setdefault(said, []).append(f"no {_NAMES[class_]}")
    return [f"{' and '.join(names)} {said}" for said, names in together.items()]


def _marketing(one: State, where: str) -> str:
    if one.all:
        return f"all marketing may be sent {where}"
    if len(one.allowed) <= _FEW:
        return f"of all marketing only {_quoted(one.allowed)} may be sent {where}"
    if len(one.refused) <= _FEW:
        return f"all marketing but {_quoted(one.refused)} may be sent {where}"
    return f"some marketing may be sent {where}, and some may not"


def _quoted(titles: Sequence[str]) -> str:
    return words.listing(f"“{title}”" for title in titles)


def _goes(states: Mapping[str, State], channels: Sequence[Channel], *, still: bool) -> str:
    """Order mail still goes; some service and order texts may be sent."""
    names = [
        f"{'' if states[class_].all else 'some '}{name}"
        for class_, name in _STILL.items()
        if class_ in states and not states[class_].none
    ]
    if not names:
        return ""
    things = words.listing(words.THINGS[channel] for channel in words.in_order(channels))
    goes = "goes" if channels == (Channel.EMAIL,) else "go"
    return f"{words.listing(names)} {things} {f'still {goes}' if still else 'may be sent'}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
