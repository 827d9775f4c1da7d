"""Plain English for scopes, reasons, ways and times: what every page about a recipient is told in. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

from suppression.decision import Reason
from suppression.errors import UnknownPurpose
from suppression.model import ALL, Basis, Channel, Scope, Sender, Suppression, Way
from suppression.purposes import WILDCARD, Catalogue, Purpose

ANY_PARTNER = "any"
_KEY = re.compile(r"[0-9a-f]{12}")
CHANNELS: Mapping[Channel, str] = {
    Channel.EMAIL: "mail",
    Channel.SMS: "text",
    Channel.VOICE: "phone",
    Channel.AUDIENCE: "audiences",
}
THINGS: Mapping[Channel, str] = {Channel.EMAIL: "mail", Channel.SMS: "texts", Channel.VOICE: "calls"}
_CLASSES = {
    ALL: "everything",
    "marketing": "all marketing",
    "service": "all service messages",
    "transactional": "orders and transactions",
}
_SAID: Mapping[Way, str] = {
    Way.ONE_CLICK: "they clicked unsubscribe in their mail program",
    Way.LINK: "they clicked unsubscribe",
    Way.PREFERENCES: "they chose so on the preference page",
    Way.MAILTO: "they sent an unsubscribe mail",
    Way.MAILBOX: "they wrote to the opt-out mailbox",
    Way.SMS: "they texted to stop",
    Way.KEY_PRESS: "they pressed the stop key in a call",
    Way.PHONE_LINE: "they called the opt-out line",
    Way.APP_REMOVED: "they removed the software",
    Way.PROVIDER: "the phone provider says that they opted out",
}
BASES: Mapping[Basis, str] = {
    Basis.OPT_IN: "opt-in",
    Basis.OPT_IN_WRITTEN: "opt-in in writing",
    Basis.DOUBLE_OPT_IN: "confirmed opt-in",
    Basis.SOFT_OPT_IN: "soft opt-in after an order",
    Basis.CONTRACT: "contract",
}
SHORT: Mapping[Reason, str] = {
    Reason.NO_CONSENT_NEEDED: "needs no consent",
    Reason.CONSENTED: "agreed",
    Reason.SOFT_OPT_IN: "follows from an order",
    Reason.NOT_OBJECTED: "nobody objected",
    Reason.REQUIRED: "required: always goes",
    Reason.NOT_PERMITTED: "no app may send it",
    Reason.UNUSABLE_ADDRESS: "address cannot be used",
    Reason.ERASED: "erased",
    Reason.CHILD: "a child",
    Reason.UNDELIVERABLE: "does not arrive",
    Reason.COMPLAINED: "complained",
    Reason.UNSUBSCRIBED: "stopped",
    Reason.BLOCKED: "blocked",
    Reason.REGISTERED: "in a do-not-call register",
    Reason.REGISTER_STALE: "a register is out of date",
    Reason.LISTED: "on a list",
    Reason.NO_CONSENT: "no consent",
    Reason.CONSENT_EXPIRED: "consent has ended",
    Reason.CAPPED: "had as many as they may",
    Reason.OUTSIDE_HOURS: "outside calling hours",
    Reason.ZONE_UNKNOWN: "time zone is not known",
    Reason.IN_REVIEW: "waits for a review",
    Reason.NO_VISIBLE_WAY_OUT: "without a way out",
}


def day(at: datetime) -> str:
    """3 May 2026"""
    return f"{at.astimezone(UTC):%-d %B %Y}"


def minute(at: datetime) -> str:
    """3 May 2026, 14:05 UTC"""
    return f"{day(at)}, {at.astimezone(UTC):%H:%M} UTC"


def listing(words: Iterable[str], last: str = "and") -> str:
    """a, b and c"""
    *first, end = [*words] or [""]
    return f"{', '.join(first)} {last} {end}" if first else end


def in_order(channels: Collection[Channel]) -> list[Channel]:
    return [channel for channel in CHANNELS if channel in channels]


def by(channels: Collection[Channel], last: str = "and") -> str:
    """By mail and text; no channel named means all."""
    if not channels:
        return "on any channel"
    named = [CHANNELS[channel] for channel in in_order(channels) if channel is not Channel.AUDIENCE]
    parts = [f"by {listing(named, last)}"] if named else []
    return listing([*parts, *(["in audiences"] if Channel.AUDIENCE in channels else [])], last)


def purpose(path: str, catalogue: Catalogue) -> str:
    """What a node of the tree means."""
    if path in _CLASSES:
        return _CLASSES[path]
    try:
        return catalogue.find(path).title
    except UnknownPurpose:
        return f"all of {path.replace('-', ' ')}"


def leaf_title(leaf: Purpose, catalogue: Catalogue) -> str:
    """Of a leaf, also of one that stands for any partner."""
    above, _, name = leaf.path.rpartition("/")
    pattern = catalogue.purposes.get(above + WILDCARD)
    if name != ANY_PARTNER or pattern is None:
        return leaf.title
    return pattern.title.replace("{name}", "(any)")


def scope(of: Scope, catalogue: Catalogue, senders: Mapping[str, Sender]) -> str:
    """Everything, on any channel; all marketing, by mail, from The Shop."""
    parts = [purpose(of.purpose, catalogue), by(of.channels)]
    if of.sender != ALL:
        parts.append(f"from {senders[of.sender].title if of.sender in senders else of.sender}")
    if of.app != ALL:
        parts.append(f"of the app {of.app}")
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]


def who(actor: str, source: str = "") -> str:
    """Who did it, as a word in a sentence. Of a key only its id is known: then `source`, which it acts for."""
    kind, _, name = actor.partition(":")
    if kind in {"recipient", ""}:
        return "the recipient"
    if _KEY.fullmatch(actor):
        return f"{source} (key {actor})" if source else f"key {actor}"
    return name or actor


def because(entry: Suppression) -> str:  # noqa: PLR0911 - a table, with names in it
    """Why an entry stands; it goes on from "because"."""
    match entry.reason:
        case Reason.COMPLAINED:
            return "they reported a message as spam"
        case Reason.UNDELIVERABLE:
            return f"{_things(entry.scope)} did not arrive there"
        case Reason.UNUSABLE_ADDRESS:
            return "nobody can be reached there"
        case Reason.ERASED:
            return "all that was known was erased"
        case Reason.IN_REVIEW:
            return "what they wrote must be read by somebody first"
        case Reason.BLOCKED if entry.way is Way.PROVIDER:
            return "the carrier blocks us there"
        case Reason.BLOCKED:
            return f"{_speaker(entry)} blocked it"
    match entry.way:
        case Way.AGENT:
            return f"{_speaker(entry)} noted that they asked for it"
        case Way.IMPORT:
            return f"the imported list {entry.source} says so"
        case way:
            return _SAID.get(way, "they asked for it")


def _speaker(entry: Suppression) -> str:
    """An agent by his name; for a key, whom it acts for."""
    return entry.source if _KEY.fullmatch(entry.actor) and entry.source else who(entry.actor)


def _things(scope: Scope) -> str:
    named = [THINGS[channel] for channel in in_order(scope.channels) if channel in THINGS]
    return listing(named) if named else "messages"
