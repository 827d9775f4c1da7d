"""What may be sent now: every purpose on every channel, decided as a message would be. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from gateway.console.recipients import words
from suppression import policy
from suppression.address import Address, Kind, parse
from suppression.decision import Decision, Defer, Reason, Refuse, Send
from suppression.model import ALL, App, Channel, Consent, Facts, Recipient, Request, Sender, Suppression
from suppression.purposes import WILDCARD, Catalogue, Purpose

_OF_KIND = {
    Kind.EMAIL: (Channel.EMAIL, Channel.AUDIENCE),
    Kind.PHONE: (Channel.SMS, Channel.VOICE, Channel.AUDIENCE),
}
_MAILBOX = parse("somebody@example.com", Channel.EMAIL)
_NUMBER = parse("+12025550100", Channel.SMS)


class Mark(StrEnum):
    YES = "yes"
    LATER = "later"  # it would wait: calling hours, caps
    SOME = "some"  # it depends on the app
    NO = "no"
    NONE = "none"  # there are no such messages


@dataclass(frozen=True, slots=True)
class Cell:
    """A purpose on a channel. `fact`: the entry or consent that decided; `app`: the one that was asked for."""

    channel: Channel
    mark: Mark
    reason: Reason | None = None
    rule: str = ""
    fact: str = ""
    until: datetime | None = None
    app: str = ""
    not_of: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        return self.mark in {Mark.YES, Mark.LATER, Mark.SOME}


@dataclass(frozen=True, slots=True)
class Row:
    path: str
    title: str
    class_: str
    required: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """For one sender. `child`: the recipient is one, for that sender."""

    sender: Sender
    channels: tuple[Channel, ...]
    rows: tuple[Row, ...]
    child: bool = False

    def cells(self, class_: str, channel: Channel) -> list[tuple[Row, Cell]]:
        return [
            (row, cell)
            for row in self.rows
            for cell in row.cells
            if row.class_ == class_ and cell.channel is channel and cell.mark is not Mark.NONE
        ]


@dataclass(frozen=True, slots=True)
class Asked:
    """Of whom, by whose messages, and when."""

    facts: Facts
    recipient: Recipient
    catalogue: Catalogue
    sender: Sender
    apps: Sequence[App]
    at: datetime


def grid(asked: Asked) -> Grid:
    """Of a recipient whose address is not known, it is as if each channel could reach one."""
    channels = channels_of(asked.recipient.address)
    rows = tuple(_row(asked, leaf, channels) for leaf in leaves(asked.catalogue, asked.facts))
    used = tuple(c for n, c in enumerate(channels) if any(row.cells[n].mark is not Mark.NONE for row in rows))
    shown = tuple(row for row in rows if any(cell.mark is not Mark.NONE for cell in row.cells))
    narrowed = tuple(
        Row(row.path, row.title, row.class_, row.required, tuple(c for c in row.cells if c.channel in used))
        for row in shown
    )
    child = any(cell.reason is Reason.CHILD for row in narrowed for cell in row.cells)
    return Grid(asked.sender, used, narrowed, child)


def reachable(recipient: Recipient, channel: Channel) -> Recipient:
    """With an address, where it is not known: what is decided must tell more than that."""
    if recipient.address is not None:
        return recipient
    return replace(recipient, address=_NUMBER if channel in {Channel.SMS, Channel.VOICE} else _MAILBOX)


def channels_of(address: Address | None) -> tuple[Channel, ...]:
    """Those that reach it; all, of an address that is not known."""
    return tuple(Channel) if address is None else _OF_KIND[address.kind]


def leaves(catalogue: Catalogue, facts: Facts) -> Iterator[Purpose]:
    """Of partners: those that an entry names, and any other."""
    known: Iterable[Suppression | Consent] = (*facts.suppressions, *facts.consents)
    named = sorted({entry.scope.purpose for entry in known})
    for path in catalogue.purposes:
        if not path.endswith(WILDCARD):
            yield catalogue.find(path)
            continue
        above = path.removesuffix(WILDCARD) + "/"
        for partner in [one for one in named if one.startswith(above)]:
            yield catalogue.find(partner)
        yield catalogue.find(above + words.ANY_PARTNER)


def _row(asked: Asked, leaf: Purpose, channels: Sequence[Channel]) -> Row:
    cells = tuple(_cell(asked, leaf, channel) for channel in channels)
    required = leaf.required and not leaf.legal_notice
    return Row(leaf.path, words.leaf_title(leaf, asked.catalogue), leaf.class_, required, cells)


def _cell(asked: Asked, leaf: Purpose, channel: Channel) -> Cell:
    apps = [app for app in asked.apps if channel in leaf.channels and may_use(app, leaf, channel)]
    if not apps:
        return Cell(channel, Mark.NONE)
    answers = {app.name: _decision(asked, app, leaf, channel) for app in _representatives(apps, asked.facts)}
    refused = {name: answer for name, answer in answers.items() if isinstance(answer, Refuse)}
    if refused and len(refused) < len(answers):
        worst = next(iter(refused))
        return _told(channel, Mark.SOME, refused[worst], worst, tuple(sorted(refused)))
    name, answer = next(iter(answers.items()))
    return _told(channel, _MARKS[type(answer)], answer, name)


_MARKS: Mapping[type[Decision], Mark] = {Send: Mark.YES, Defer: Mark.LATER, Refuse: Mark.NO}


def _told(channel: Channel, mark: Mark, answer: Decision, app: str, not_of: tuple[str, ...] = ()) -> Cell:
    until = answer.until if isinstance(answer, Defer) else None
    return Cell(channel, mark, answer.reason, answer.rule, answer.fact or "", until, app, not_of)


def may_use(app: App, leaf: Purpose, channel: Channel) -> bool:
    """As rule `access` has it, of apps of the sender."""
    within = any(node in (ALL, leaf.path) or leaf.path.startswith(node + "/") for node in app.purposes)
    return within and (not app.channels or channel in app.channels)


def _representatives(apps: Sequence[App], facts: Facts) -> list[App]:
    """Apps are treated alike but for entries that name one: any other first, then those."""
    known: Iterable[Suppression | Consent] = (*facts.suppressions, *facts.consents)
    named = {entry.scope.app for entry in known}
    others = [app for app in apps if app.name not in named]
    return [*others[:1], *(app for app in apps if app.name in named)]


def _decision(asked: Asked, app: App, leaf: Purpose, channel: Channel) -> Decision:
    recipient = reachable(asked.recipient, channel)
    request = Request(app, channel, leaf, recipient, asked.at, minimum_age=asked.sender.minimum_age)
    return policy.decide(request, asked.facts, asked.catalogue)
