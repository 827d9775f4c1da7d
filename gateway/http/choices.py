"""What a link can stop, and what it says about it: made of the link alone, nothing is looked up. Pure."""

from dataclasses import dataclass

from gateway.http.doors import Link
from suppression.errors import UnknownPurpose
from suppression.model import ALL, Channel, Scope, Sender, Way
from suppression.purposes import Catalogue

EVERYTHING = "everything"
MARKETING = "marketing"
OWN = "own"

_MESSAGES = {
    Channel.EMAIL: "emails",
    Channel.SMS: "text messages",
    Channel.VOICE: "calls",
    Channel.AUDIENCE: "audiences",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One button. `value`: what the form sends; `what`: ends the sentence "Stop ..."; `more`: the small print."""

    value: str
    what: str
    more: str
    scope: Scope


def choices(link: Link, sender: Sender, catalogue: Catalogue) -> tuple[Choice, ...]:
    """The link's own stop first: it is what a POST without a word does."""
    marketing = link.purpose.partition("/")[0] == MARKETING
    all_marketing = _marketing(link, sender)
    everything = Choice(
        EVERYTHING,
        "everything",
        "All emails, texts and calls that come by this service, those about orders included. "
        "Only what must reach you, such as a password reset that you ask for, still does.",
        Scope(),
    )
    if marketing and (link.kind == "body" or sender.one_click_stops == MARKETING):
        return (all_marketing, everything)
    return (_own(link, sender, catalogue), all_marketing, everything)


def chosen(value: str, offered: tuple[Choice, ...]) -> Choice:
    """What was asked for; the link's own stop for anything that is not offered."""
    return next((choice for choice in offered if choice.value == value), offered[0])


def way(link: Link) -> Way:
    return Way.ONE_CLICK if link.kind == "header" else Way.LINK


def _marketing(link: Link, sender: Sender) -> Choice:
    return Choice(
        MARKETING,
        f"all marketing {_MESSAGES[link.channel]} from {sender.title}",
        "Offers, news and surveys. Messages about your orders and your account still come.",
        Scope(frozenset({link.channel}), MARKETING, link.sender, ALL),
    )


def _own(link: Link, sender: Sender, catalogue: Catalogue) -> Choice:
    title = _title(catalogue, link.purpose)
    return Choice(
        OWN,
        f"{_MESSAGES[link.channel]} about \u201c{title}\u201d from {sender.title}",
        "Only these. Whatever else you get from us stays as it is.",
        Scope(frozenset({link.channel}), link.purpose, link.sender, ALL),
    )


def _title(catalogue: Catalogue, path: str) -> str:
    """A link may stand for a node above the leaves (all partners): nodes have no title of their own."""
    try:
        return catalogue.find(path).title
    except UnknownPurpose:
        return path.rpartition("/")[2].replace("-", " ").capitalize()
