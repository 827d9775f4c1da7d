"""What a link can stop, and what it says about it: made of the link alone, nothing is looked up. Pure."""

from dataclasses import dataclass

from gateway import phrases
from gateway.http.doors import Link
from gateway.languages import Words
from suppression.model import ALL, Scope, Sender, Way
from suppression.purposes import Catalogue

EVERYTHING = "everything"
MARKETING = "marketing"
OWN = "own"


@dataclass(frozen=True, slots=True)
class Choice:
    """One button. `value`: what the form sends; `label`: on it; `more`: the small print; `done`: once it is."""

    value: str
    label: str
    more: str
    done: str
    scope: Scope


def choices(link: Link, sender: Sender, catalogue: Catalogue, words: Words) -> tuple[Choice, ...]:
    """The link's own stop first: it is what a POST without a word does."""
    marketing = link.purpose.partition("/")[0] == MARKETING
    if marketing and (link.kind == "body" or sender.one_click_stops == MARKETING):
        return (_marketing(link, sender, words, first=True), everything(words))
    own = _own(link, sender, catalogue, words)
    return (own, _marketing(link, sender, words, first=False), everything(words))


def chosen(value: str, offered: tuple[Choice, ...]) -> Choice:
    """What was asked for; the link's own stop for anything that is not offered."""
    return next((choice for choice in offered if choice.value == value), offered[0])


def way(link: Link) -> Way:
    return Way.ONE_CLICK if link.kind == "header" else Way.LINK


def everything(words: Words) -> Choice:
    return Choice(
        EVERYTHING,
        words("Stop everything"),
        words(
            "All emails, texts and calls that come by this service, those about orders included. "
            "Only what must reach you, such as a password reset that you ask for, still does."
        ),
        words("We stopped everything."),
        Scope(),
    )


def _marketing(link: Link, sender: Sender, words: Words, *, first: bool) -> Choice:
    what = phrases.all_marketing(words, link.channel, sender.title)
    return Choice(
        MARKETING,
        words("Unsubscribe from {what}", what=what) if first else words("Stop {what}", what=what),
        words("Offers, news and surveys. Messages about your orders and your account still come."),
        words("We stopped {what}.", what=what),
        Scope(frozenset({link.channel}), MARKETING, link.sender, ALL),
    )


def _own(link: Link, sender: Sender, catalogue: Catalogue, words: Words) -> Choice:
    title = phrases.title(words, catalogue, link.purpose)
    what = phrases.about(words, link.channel, title, sender.title)
    return Choice(
        OWN,
        words("Unsubscribe from {what}", what=what),
        words("Only these. Whatever else you get from us stays as it is."),
        words("We stopped {what}.", what=what),
        Scope(frozenset({link.channel}), link.purpose, link.sender, ALL),
    )
