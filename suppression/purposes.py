"""The purpose tree: why we write. Parsed once from a catalogue; a path in it sets consent and the way out.

Stops and consents may be at any node; messages are for leaves. The first segment is the class.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, cached_property
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from suppression import shipped
from suppression.errors import ConfigurationError, UnknownPurpose
from suppression.limits import Limits

if TYPE_CHECKING:
    from suppression.hours_presets import Presets

SYSTEM = "system"
MARKETING = "marketing"
STOP_CONFIRMATION = f"{SYSTEM}/stop-confirmation"
HELP = f"{SYSTEM}/help"
TEST = f"{SYSTEM}/test"
NO_LIMITS = Limits()
ALL = "*"
WILDCARD = "/*"  # the end of a leaf's path that stands for any one segment
_PATH = re.compile(r"[a-z0-9-]+(?:/[a-z0-9-]+){0,5}")


class ConsentNeed(StrEnum):
    NONE = "none"
    OPT_OUT = "opt-out"
    OPT_IN = "opt-in"


class WayOut(StrEnum):
    """What a mail of this purpose is given: nothing, list headers, or list headers and a footer."""

    NONE = "none"
    HEADER = "header"
    FOOTER = "footer"


@dataclass(frozen=True, slots=True)
class Purpose:
    """A leaf of the tree. `channels` maps a channel's name to the consent it needs there.

    required       passes every stop of the recipient's own (a password reset must arrive)
    legal_notice   `required` only when the app marks the message as a legal notice with a reference
    replaces       the paths it had before: what was recorded under them, or above, holds for it as well
    """

    path: str
    title: str
    channels: Mapping[str, ConsentNeed]
    way_out: WayOut = WayOut.NONE
    required: bool = False
    legal_notice: bool = False
    replaces: tuple[str, ...] = ()

    @property
    def class_(self) -> str:
        return self.path.partition("/")[0]

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths by which it was ever known, today's first."""
        return (self.path, *self.replaces)

    @property
    def says_how_to_stop(self) -> bool:
        """Whether each text and call says so itself: all marketing, and where a mail would have a footer."""
        return self.class_ == MARKETING or self.way_out is WayOut.FOOTER


_SYSTEM_CHANNELS = MappingProxyType(dict.fromkeys(("email", "sms", "voice"), ConsentNeed.NONE))
# The gateway's own answers. Rule `access` keeps apps from them; a stop is confirmed in spite of that stop.
SYSTEM_PURPOSES: Mapping[str, Purpose] = MappingProxyType(
    {
        f"{SYSTEM}/{name}": Purpose(f"{SYSTEM}/{name}", title, _SYSTEM_CHANNELS, required=True)
        for name, title in (
            ("stop-confirmation", "Confirmation that messages were stopped"),
            ("help", "Help"),
            ("opt-in-confirmation", "Question whether an opt-in is meant"),
            ("erasure-confirmation", "Question whether an erasure is meant"),
            ("dsn", "Delivery reports"),
        )
    }
    | {TEST: Purpose(TEST, "Test mails of the company's own", _SYSTEM_CHANNELS)}  # a stop of everything holds
)


class Catalogue:
    """All purposes of a company. Immutable; `generation` names its content, and the data shipped beside it.

    purposes   path -> leaf, "marketing/partners/*" under that very path; without the built-in system/*
    replaced   old path -> the path that took its place
    limits     caps, registers, lists, and the company's own calling hours
    """

    def __init__(self, purposes: Iterable[Purpose], limits: Limits = NO_LIMITS) -> None:
        """Of purposes that were checked: see from_table."""
        self.limits = limits
        self.purposes: Mapping[str, Purpose] = MappingProxyType({leaf.path: leaf for leaf in purposes})
        self.replaced: Mapping[str, str] = MappingProxyType(
            {old: leaf.path for leaf in self.purposes.values() for old in leaf.replaces}
        )
        self._nodes = frozenset(above for path in self.purposes for above in paths_above(path))
        self._json = _to_json(self.purposes, limits)
        self.generation = _generation(self._json, shipped.digest())

    @classmethod
    @cache
    def shipped(cls) -> Self:
        return cls.from_toml(resources.files("suppression").joinpath("catalogue.toml").read_text("utf-8"))

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """A file with nothing but [purposes."class/name"] tables. ConfigurationError with all problems."""
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError(f"the catalogue is no TOML: {error}") from error
        match document:
            case {"purposes": dict(purposes), **rest} if not rest:
                return cls.from_table(purposes)
            case _:
                raise ConfigurationError("a catalogue has one table, `purposes`, and nothing beside it")

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What to_json gave, this version's or an older one's."""
        try:
            document = json.loads(text)
        except ValueError as error:
            raise ConfigurationError("the catalogue is no JSON") from error
        match document:
            case {"purposes": dict(purposes), **rest} if rest.keys() <= {"limits"}:
                return cls.from_table(purposes).limited(Limits.from_table(rest.get("limits", {})))
            case _:
                raise ConfigurationError("a catalogue has `purposes` and `limits`, and nothing beside them")

    @classmethod
    def from_table(cls, purposes: Mapping[str, Any]) -> Self:
        """The table of purposes alone, as a settings file holds it. ConfigurationError with all problems."""
        from suppression.catalogue_table import read  # noqa: PLC0415 - it needs the types above

        return cls(read(purposes))

    def limited(self, limits: Limits) -> Self:
        """The same purposes under these limits."""
        return self if limits == self.limits else type(self)(self.purposes.values(), limits)

    @cached_property
    def hours(self) -> "Presets":
        """The calling hours in force: the shipped ones, with the company's own."""
        from suppression.hours_presets import Presets  # noqa: PLC0415 - mail alone does without

        return Presets.from_table(self.limits.hours) if self.limits.hours else Presets.shipped()

    def to_json(self) -> str:
        """One text for one content, whatever the order and spelling of the file were."""
        return self._json

    def find(self, path: str) -> Purpose:
        """The leaf that messages may be for, also by a path that it had before."""
        leaf = self.purposes.get(path) if not path.endswith(WILDCARD) else None
        leaf = leaf or SYSTEM_PURPOSES.get(path) or self._by_wildcard(path)
        if leaf is not None:
            return leaf
        if path in self.replaced and not path.endswith(WILDCARD):
            return self.find(self.replaced[path])
        if path in self._nodes:
            raise UnknownPurpose("a class or group of purposes: name one of those below it")
        raise UnknownPurpose("not in the catalogue")

    def node(self, path: str) -> str:
        """The path by which scopes name a node or leaf: today's, or "*" for all."""
        if path == ALL or path in self._nodes:
            return path
        leaf = self.find(path)
        if leaf.class_ == SYSTEM:
            raise UnknownPurpose("the gateway's own answers are not stopped or consented to")
        return leaf.path

    def knows(self, purpose: Purpose) -> bool:
        """Whether it is a leaf of this catalogue (or the gateway's own)."""
        path = purpose.path
        return path in self.purposes or path in SYSTEM_PURPOSES or self._by_wildcard(path) is not None

    def names_below(self, node: str) -> tuple[str, ...]:
        """The node, and all older paths of the leaves at or below it: what else may mean the same."""
        leaves = self.purposes.values() if node in self._nodes or node == ALL else (self.find(node),)
        inside = (leaf for leaf in leaves if node in (ALL, leaf.path) or leaf.path.startswith(node + "/"))
        return (node, *(old.removesuffix(WILDCARD) for leaf in inside for old in leaf.replaces))

    def names(self, segments: Iterable[str] = ()) -> frozenset[str]:
        """Every path that a scope or link may name, older ones too; "a/*" with each of these last segments."""
        known = {ALL, *self._nodes, *self.purposes, *self.replaced}
        patterns = {path for path in known if path.endswith(WILDCARD)}
        return frozenset(known - patterns | {_put(path, name) for path in patterns for name in segments})

    def missing_from(self, old: Self) -> list[str]:
        """Purposes that `old` has or replaces, and this one neither has nor replaces."""
        return sorted(path for path in (*old.purposes, *old.replaced) if not self._keeps(path))

    def _keeps(self, path: str) -> bool:
        if path.endswith(WILDCARD):
            return path in self.purposes or path in self.replaced
        try:
            return bool(self.find(path))
        except UnknownPurpose:
            return False

    def _by_wildcard(self, path: str) -> Purpose | None:
        """`marketing/partners/acme` of `marketing/partners/*`, also of one that this replaced."""
        above, _, name = path.rpartition("/")
        pattern = self.replaced.get(above + WILDCARD, above + WILDCARD)
        leaf = self.purposes.get(pattern)
        if leaf is None or path in self._nodes or path in self.replaced or not is_path(path):
            return None
        return replace(
            leaf,
            path=_put(pattern, name),
            title=leaf.title.replace("{name}", name.replace("-", " ")),
            replaces=tuple(_put(old, name) for old in leaf.replaces),
        )


def _put(pattern: str, name: str) -> str:
    return pattern.removesuffix("*") + name


def paths_above(path: str) -> Iterator[str]:
    """a, a/b of a/b/c."""
    while path := path.rpartition("/")[0]:
        yield path


def is_path(text: str) -> bool:
    """1 to 6 segments of [a-z0-9-], 64 bytes in all."""
    return len(text) <= 64 and _PATH.fullmatch(text) is not None


def _generation(text: str, data: str) -> str:
    return hashlib.sha256(f"{data}{text}".encode()).hexdigest()[:16]


def _to_json(purposes: Mapping[str, Purpose], limits: Limits) -> str:
    rows = {
        path: {
            "title": leaf.title,
            "channels": dict(leaf.channels),
            "way_out": leaf.way_out,
            "required": leaf.required,
            "legal_notice": leaf.legal_notice,
            "replaces": leaf.replaces,
        }
        for path, leaf in purposes.items()
    }
    beside = {"limits": limits.table()} if limits else {}
    return json.dumps({"purposes": rows, **beside}, sort_keys=True, separators=(",", ":"))
