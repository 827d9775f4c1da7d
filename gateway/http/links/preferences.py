"""What a recipient may get from one sender, as a page shows it, and what a filled-in form of it comes to. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway import phrases
from gateway.http.doors import Link
from gateway.http.links.choices import MARKETING
from gateway.languages import Words, marked
from suppression import policy
from suppression.address import Address, Kind
from suppression.decision import Verdict
from suppression.model import ALL, App, Channel, Facts, Recipient, Request, Scope, Sender
from suppression.purposes import SYSTEM, WILDCARD, Catalogue, Purpose

PAUSE = "pause"  # source of a pause's entry: it is none of the stops beside it
# What these refuse is no matter of what the recipient wants: not now, or not to an address that is not kept.
_NOT_A_CHOICE = frozenset({"address", "hours", "caps"})
_UNTOUCHED = frozenset({"transactional", SYSTEM})
_SOMEBODY = "partner"  # of whom nothing was ever said: stands for all such leaves
_PHONE = (Channel.SMS, Channel.VOICE)
_CHANNELS: Mapping[Channel, tuple[Channel, ...]] = {
    Channel.EMAIL: (Channel.EMAIL, Channel.AUDIENCE),
    Channel.AUDIENCE: (Channel.EMAIL, Channel.AUDIENCE),
    Channel.SMS: (*_PHONE, Channel.AUDIENCE),
    Channel.VOICE: (*_PHONE, Channel.AUDIENCE),
}
_LEGENDS: Mapping[tuple[Channel, str], str] = {
    (Channel.EMAIL, MARKETING): marked("Marketing emails"),
    (Channel.EMAIL, "service"): marked("Service emails"),
    (Channel.SMS, MARKETING): marked("Marketing text messages"),
    (Channel.SMS, "service"): marked("Service text messages"),
    (Channel.VOICE, MARKETING): marked("Marketing calls"),
    (Channel.VOICE, "service"): marked("Service calls"),
}
_OTHER: Mapping[Channel, str] = {
    Channel.EMAIL: marked("Other emails"),
    Channel.SMS: marked("Other text messages"),
    Channel.VOICE: marked("Other calls"),
    Channel.AUDIENCE: marked("Use of your data"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One box. `value`: what the form sends for it; `on`: such messages may be sent now."""

    value: str
    title: str
    on: bool
    scope: Scope


@dataclass(frozen=True, slots=True)
class Section:
    legend: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Preferences:
    """`masked`: the address, where it is kept; `can_ask`: a question can be sent to it. `paused`: until when."""

    sections: tuple[Section, ...]
    masked: str
    can_ask: bool
    paused: datetime | None

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(row for section in self.sections for row in section.rows)


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows for a page. `exacts`: of the addresses that consents of this recipient are bound to."""

    facts: Facts
    key: bytes
    address: Address | None
    exacts: frozenset[str]
    at: datetime


def reachable(link: Link) -> tuple[Channel, ...]:
    """The channels that lead to the link's recipient."""
    return _CHANNELS[link.channel]


def preferences(
    words: Words, link: Link, sender: Sender, apps: Iterable[App], catalogue: Catalogue, known: Known
) -> Preferences:
    """All that this sender's apps could send, by channel and class; transactions and what must arrive left out."""
    own = [app for app in apps if app.sender == sender.name]
    sections: dict[str, list[Row]] = {}
    for channel in reachable(link):
        for leaf in sorted(catalogue.purposes.values(), key=_marketing_first):
            state = _state(leaf, channel, own, sender, catalogue, known)
            if state is not None:
                legend = words(_LEGENDS.get((channel, leaf.class_), _OTHER[channel]))
                sections.setdefault(legend, []).append(
                    _row(words, leaf, channel, sender, catalogue, on=state)
                )
    return Preferences(
        sections=tuple(Section(legend, tuple(rows)) for legend, rows in sections.items()),
        masked=masked(known.address) if known.address else "",
        can_ask=known.address is not None and (known.address.kind is Kind.EMAIL or sender.texts is not None),
        paused=_paused(known, sender),
    )


def _marketing_first(leaf: Purpose) -> tuple[bool, str, str]:
    return leaf.class_ != MARKETING, leaf.class_, leaf.path


def _row(
    words: Words, leaf: Purpose, channel: Channel, sender: Sender, catalogue: Catalogue, *, on: bool
) -> Row:
    path = leaf.path.removesuffix(WILDCARD)
    return Row(
        value=f"{channel}:{path}",
        title=phrases.title(words, catalogue, path),
        on=on,
        scope=Scope(frozenset({channel}), path, sender.name, ALL),
    )


def _state(
    leaf: Purpose, channel: Channel, apps: Sequence[App], sender: Sender, catalogue: Catalogue, known: Known
) -> bool | None:
    """Whether such messages may be sent now (or later, unasked); None where there are none, or none to choose."""
    if channel not in leaf.channels or leaf.class_ in _UNTOUCHED or leaf.required:
        return None
    found = [
        policy.explain(
            Request(
                app,
                channel,
                purpose,
                Recipient(known.key, exact, known.address),
                known.at,
                minimum_age=sender.minimum_age,
            ),
            known.facts,
            catalogue,
        )[1]
        for purpose in _meant(leaf, catalogue, known.facts)
        for app in apps
        for exact in known.exacts or {""}
    ]
    refusing = [{line.rule for line in lines if line.verdict is Verdict.REFUSE} for lines in found]
    if all("access" in rules for rules in refusing):
        return None
    return any(rules <= _NOT_A_CHOICE for rules in refusing)


def _meant(leaf: Purpose, catalogue: Catalogue, facts: Facts) -> list[Purpose]:
    """The leaf; of one that stands for many, those that something was said about, and one for the rest."""
    if not leaf.path.endswith(WILDCARD):
        return [leaf]
    above = leaf.path.removesuffix("*")
    said = {consent.scope.purpose for consent in facts.consents if consent.scope.purpose.startswith(above)}
    return [catalogue.find(path) for path in sorted({above + _SOMEBODY, *said})]


def _paused(known: Known, sender: Sender) -> datetime | None:
    ends = [
        entry.until
        for entry in known.facts.suppressions
        if entry.source == PAUSE
        and entry.until is not None
        and entry.in_force(known.at)
        and entry.scope.sender in (ALL, sender.name)
    ]
    return max(ends, default=None)


def masked(address: Address) -> str:
    """Enough for its owner to know it by, too little for anybody else: a***@e***.net, +12*****43."""
    if address.kind is Kind.PHONE:
        return address.text[:3] + "*" * (len(address.text) - 5) + address.text[-2:]
    local, _, domain = address.text.rpartition("@")
    name, dot, top = domain.rpartition(".")
    return f"{local[:1]}***@{(name or top)[:1]}***{dot}{top if name else ''}"


@dataclass(frozen=True, slots=True)
class Difference:
    """What a form changes: rows to stop, rows to ask about."""

    stop: tuple[Row, ...]
    ask: tuple[Row, ...]


def difference(shown: Preferences, listed: Iterable[str], ticked: Iterable[str]) -> Difference:
    """Of the boxes that the form had (`listed`), compared with what may be sent now."""
    seen, on = set(listed), set(ticked)
    rows = [row for row in shown.rows if row.value in seen]
    return Difference(
        stop=tuple(row for row in rows if row.on and row.value not in on),
        ask=tuple(row for row in rows if not row.on and row.value in on),
    )


def all_marketing(link: Link, channels: Iterable[Channel] = ()) -> Scope:
    """Of the link's sender, on these channels; on all without."""
    return Scope(frozenset(channels), MARKETING, link.sender, ALL)
