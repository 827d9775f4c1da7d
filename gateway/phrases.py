"""What a scope is called by people who read mail: noun phrases that stand as the object of a sentence. Pure."""

from collections.abc import Iterable, Mapping

from gateway.languages import Words, marked
from suppression.errors import UnknownPurpose
from suppression.model import ALL, Channel, Scope
from suppression.purposes import WILDCARD, Catalogue

MARKETING = "marketing"

_ALL_MARKETING: Mapping[Channel, str] = {
    Channel.EMAIL: marked("all marketing emails from {sender}"),
    Channel.SMS: marked("all marketing text messages from {sender}"),
    Channel.VOICE: marked("all marketing calls from {sender}"),
    Channel.AUDIENCE: marked("all use of your data for marketing by {sender}"),
}
_ABOUT: Mapping[Channel, str] = {
    Channel.EMAIL: marked("emails about “{title}” from {sender}"),
    Channel.SMS: marked("text messages about “{title}” from {sender}"),
    Channel.VOICE: marked("calls about “{title}” from {sender}"),
    Channel.AUDIENCE: marked("use of your data for “{title}” by {sender}"),
}
_EVERY_CHANNEL = marked("all marketing from {sender}")


def title(words: Words, catalogue: Catalogue, path: str) -> str:
    """A purpose in plain words; of a node above the leaves (all partners) words made of its name."""
    try:
        leaf = catalogue.find(path)
    except UnknownPurpose:
        return words(_NODES[path]) if path in _NODES else _named(path)
    pattern = catalogue.purposes.get(path.rpartition("/")[0] + WILDCARD)
    if pattern is not None and path not in catalogue.purposes:
        return words(pattern.title).replace("{name}", _named(path))
    return words(leaf.title)


_NODES = {"marketing/partners": marked("Offers of our partners")}


def _named(path: str) -> str:
    """Words made of a path's last segment."""
    return path.rpartition("/")[2].replace("-", " ").capitalize()


def all_marketing(words: Words, channel: Channel | None, sender: str) -> str:
    """On one channel, or on all."""
    return words(_EVERY_CHANNEL if channel is None else _ALL_MARKETING[channel], sender=sender)


def about(words: Words, channel: Channel, purpose: str, sender: str) -> str:
    """Messages for one purpose, by its title."""
    return words(_ABOUT[channel], title=purpose, sender=sender)


def scopes(words: Words, catalogue: Catalogue, given: Iterable[Scope], sender: str) -> list[str]:
    """What the scopes of consents come to, a line for each channel and purpose."""
    everywhere: tuple[Channel | None, ...] = (None,)
    return [
        _line(words, catalogue, scope.purpose, channel, sender)
        for scope in given
        for channel in (sorted(scope.channels) or everywhere)
    ]


def _line(words: Words, catalogue: Catalogue, purpose: str, channel: Channel | None, sender: str) -> str:
    if purpose in (ALL, MARKETING):
        return all_marketing(words, channel, sender)
    shown = title(words, catalogue, purpose)
    if channel is None:
        return words(marked("messages about “{title}” from {sender}"), title=shown, sender=sender)
    return about(words, channel, shown, sender)
