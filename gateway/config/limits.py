"""Caps, registers, lists and calling hours as settings name them, turned into the domain's limits."""

from collections.abc import Iterable, Iterator
from types import MappingProxyType

from gateway.config import schema
from gateway.config.fields import seconds
from gateway.config.problems import Problems
from suppression.errors import ConfigurationError, UnknownPurpose
from suppression.hours_presets import Presets
from suppression.limits import PLAIN, Cap, Limits, PartnerList, Register
from suppression.purposes import Catalogue

_US = frozenset({"US", "AS", "GU", "MP", "PR", "VI"})  # with its territories
_GB = frozenset({"GB", "GG", "IM", "JE"})  # with the islands under its numbering
# RULES 3: the National DNC Registry's safe harbour is 31 days, the TPS's 28; both are of numbers.
_KINDS = {
    "dnc": Register("", "dnc", frozenset({"sms", "voice"}), _US, 31 * 86_400),
    "tps": Register("", "tps", frozenset({"voice"}), _GB, 28 * 86_400),
    "other": Register("", "other", frozenset()),
}


def load(file: schema.File, catalogue: Catalogue, problems: Problems) -> Limits:
    """What is wrong is noted."""
    for name in sorted(file.registers.keys() & file.lists.keys()):
        problems.note(f"lists.{name}", f"there is a register {name} too: each needs a name of its own")
    _check_hours(file, problems)
    return Limits(
        caps=tuple(sorted(_caps(file, catalogue, problems), key=lambda cap: cap.name)),
        registers=tuple(_register(name, given) for name, given in sorted(file.registers.items())),
        lists=tuple(_lists(file, catalogue, problems)),
        hours=MappingProxyType(dict(file.hours)),
    )


def _check_hours(file: schema.File, problems: Problems) -> None:
    try:
        Presets.from_table(file.hours)
    except ConfigurationError as error:
        problems.note_error("hours", error)


def _caps(file: schema.File, catalogue: Catalogue, problems: Problems) -> Iterator[Cap]:
    for name, given in file.caps.items():
        purpose = next(_nodes([given.purpose], f"caps.{name}.purpose", catalogue, problems), given.purpose)
        if purpose.partition("/")[0] == "transactional":
            problems.note(f"caps.{name}.purpose", "transactional messages are never capped")
        defer = seconds(given.defer) if given.defer else 0
        yield Cap(name, seconds(given.per), given.count, purpose, _words(given.channels), defer)


def _register(name: str, given: schema.Register) -> Register:
    usual = _KINDS[given.kind]
    return Register(
        name,
        given.kind,
        _words(given.channels) or usual.channels,
        given.countries or usual.countries,
        seconds(given.max_age) if given.max_age else usual.max_age,
    )


def _lists(file: schema.File, catalogue: Catalogue, problems: Problems) -> Iterator[PartnerList]:
    for name, given in sorted(file.lists.items()):
        yield PartnerList(
            name,
            tuple(_nodes(given.purposes, f"lists.{name}.purposes", catalogue, problems)),
            _words(given.channels),
            PLAIN if given.hashed == "none" else given.hashed,
            seconds(given.max_age) if given.max_age else None,
        )


def _nodes(paths: Iterable[str], where: str, catalogue: Catalogue, problems: Problems) -> Iterator[str]:
    for path in paths:
        try:
            yield catalogue.node(path)
        except UnknownPurpose as error:
            problems.note(where, f"{path}: {error}")


def _words(channels: Iterable[str]) -> frozenset[str]:
    return frozenset(str(channel) for channel in channels)
