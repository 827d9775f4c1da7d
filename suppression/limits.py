"""What a company's settings add to its purposes: caps, registers, lists, calling hours. It is part of what decides,
so it stands beside the purposes in one immutable catalogue whose generation covers it.

What is in a register or list is loaded apart from the settings; which version is in force, since when and in what
form is here too: an answer by an older version is never taken for one by a newer.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any, Self, TypeVar

from suppression.errors import ConfigurationError

ALL = "*"
PLAIN = ""  # a list of addresses, as against one of their unsalted hashes


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `count` messages to one recipient within any `per` seconds.

    purpose   node of the tree whose messages it counts; channels: empty for all
    defer     seconds that a message may wait for its turn; what would wait longer is refused
    """

    name: str
    per: int
    count: int
    purpose: str = ALL
    channels: frozenset[str] = frozenset()
    defer: int = 0


@dataclass(frozen=True, slots=True)
class Register:
    """An external register of objections. Data older than `max_age` seconds (None: of any age) says nothing.

    countries  whose numbers it concerns, ISO 3166; empty: of all
    """

    name: str
    kind: str
    channels: frozenset[str]
    countries: frozenset[str] = frozenset()
    max_age: int | None = None

    @property
    def hashed(self) -> str:
        return PLAIN


@dataclass(frozen=True, slots=True)
class PartnerList:
    """Recipients that a partner, or we, keep out of some purposes.

    purposes  nodes of the tree; channels: empty for all
    hashed    how its entries come: PLAIN addresses, or unsalted hashes by one of hashed.ALGORITHMS
    """

    name: str
    purposes: tuple[str, ...]
    channels: frozenset[str] = frozenset()
    hashed: str = PLAIN
    max_age: int | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """The version of a register's or list's content in force. `at` in milliseconds; `hashed` as it was loaded."""

    version: str
    at: int
    size: int
    hashed: str = PLAIN


@dataclass(frozen=True, slots=True)
class Limits:
    """All of them, by name within each kind. Registers and lists share their names.

    hours  calling hours beside the shipped ones, as hours_presets reads them
    """

    caps: tuple[Cap, ...] = ()
    registers: tuple[Register, ...] = ()
    lists: tuple[PartnerList, ...] = ()
    loaded: Mapping[str, Loaded] = field(default_factory=lambda: MappingProxyType({}))
    hours: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def __bool__(self) -> bool:
        return bool(self.caps or self.registers or self.lists or self.loaded or self.hours)

    @property
    def to_load(self) -> tuple[Register | PartnerList, ...]:
        """What has content that is loaded."""
        return (*self.registers, *self.lists)

    def in_force(self, entry: Register | PartnerList) -> Loaded | None:
        """Its content, if it was loaded in the form that it is configured in: another cannot be looked up."""
        loaded = self.loaded.get(entry.name)
        return loaded if loaded is not None and loaded.hashed == entry.hashed else None

    def is_fresh(self, entry: Register | PartnerList, at: datetime) -> bool:
        """Whether its content says anything at that time."""
        loaded = self.in_force(entry)
        if loaded is None:
            return False
        return entry.max_age is None or at.timestamp() - loaded.at / 1000 < entry.max_age

    def table(self) -> dict[str, Any]:
        """For JSON: what differs from the defaults."""
        kinds = {
            "caps": {cap.name: _row(cap) for cap in self.caps},
            "registers": {register.name: _row(register) for register in self.registers},
            "lists": {entry.name: _row(entry) for entry in self.lists},
            "loaded": {name: asdict(loaded) for name, loaded in self.loaded.items()},
            "hours": dict(self.hours),
        }
        return {kind: rows for kind, rows in kinds.items() if rows}

    @classmethod
    def from_table(cls, table: Any) -> Self:
        """What `table` gave. ConfigurationError for what this version cannot read: it may not be passed over."""
        try:
            if unknown := set(table) - {"caps", "registers", "lists", "loaded", "hours"}:
                raise ConfigurationError(f"limits of a newer version: {', '.join(sorted(unknown))}")
            return cls(
                tuple(_of_rows(Cap, table.get("caps", {}))),
                tuple(_of_rows(Register, table.get("registers", {}))),
                tuple(_of_rows(PartnerList, table.get("lists", {}))),
                MappingProxyType({name: Loaded(**row) for name, row in table.get("loaded", {}).items()}),
                MappingProxyType(dict(table.get("hours", {}))),
            )
        except (TypeError, AttributeError, KeyError) as error:
            raise ConfigurationError("the limits cannot be read") from error


T = TypeVar("T", Cap, Register, PartnerList)


def _row(entry: Cap | Register | PartnerList) -> dict[str, Any]:
    row = {}
    for part in fields(entry):
        value = getattr(entry, part.name)
        if part.name != "name" and value != part.default:
            row[part.name] = sorted(value) if isinstance(value, frozenset | tuple) else value
    return row


def _of_rows(kind: type[T], rows: Mapping[str, Mapping[str, Any]]) -> Iterator[T]:
    for name, row in sorted(rows.items()):
        values: dict[str, Any] = dict(row)
        for part in ("channels", "countries"):
            if part in values:
                values[part] = frozenset(values[part])
        if "purposes" in values:
            values["purposes"] = tuple(values["purposes"])
        yield kind(name=name, **values)


def covers_any(nodes: Iterable[str], paths: Iterable[str]) -> bool:
    """Whether one of the paths is at or below one of the nodes."""
    return any(node in (ALL, path) or path.startswith(node + "/") for node in nodes for path in paths)


def counted_as(message: str) -> str:
    """What a message is in a cap: short, and the same for every try of it."""
    return hashlib.sha256(message.encode()).hexdigest()[:16]
