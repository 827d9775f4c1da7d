"""A person as the store keeps one: members, standing stops, what is known, and tasks that are not finished.

A person's hash, in the shard of the key of its id, has the fields
    v, l       version and last records, as a recipient's
    i          the id, sealed        w   the sender whose apps may change it, "*" for support's
    b, k       as a recipient's
    m<16 bytes>  a member (recipient key): j joining, l linked, d departing
    s<6 bytes>   a standing stop of everything, as a recipient's entry
    t<6 bytes>   that stop is still to be applied to members: origin|change id|body|order
    t            what is known is still to be passed on to members
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from suppression.decision import Reason
from suppression.errors import StoreUnavailable
from suppression.model import Facts, Suppression
from suppression.store import codec

MEMBER = b"m"
TASK = b"t"
_OWN = frozenset({b"i", b"w"})


class Membership(StrEnum):
    """`joining` and `departing` are on the way: whoever finishes the person's tasks takes them on."""

    JOINING = "j"
    LINKED = "l"
    DEPARTING = "d"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of who somebody is. `birth`: a year, or "c" for a child's mark; "" for not known."""

    birth: str = ""
    language: str = ""
    zone: str = ""
    country: str = ""

    @classmethod
    def of(cls, facts: Facts) -> "Known":
        birth = "c" if facts.child else str(facts.birth_year or "")
        return cls(birth, facts.language or "", facts.zone or "", facts.country or "")

    def over(self, other: "Known") -> "Known":
        """Mine, and of the other what I do not know."""
        return Known(
            self.birth or other.birth,
            self.language or other.language,
            self.zone or other.zone,
            self.country or other.country,
        )


@dataclass(frozen=True, slots=True)
class Task:
    """A standing stop on its way to the members.

    origin  the member by which it came ("": none, or it has the stop already); its own step's id and body
    """

    origin: str
    change_id: str
    body: str

    def encode(self) -> str:
        return f"{self.origin}|{self.change_id}|{self.body}|"


@dataclass(frozen=True, slots=True)
class Person:
    """One human with several addresses."""

    key: bytes
    version: str = ""
    sealed_id: bytes = field(default=b"", repr=False)
    owner: str = ""
    known: Known = Known()
    members: Mapping[bytes, Membership] = field(default_factory=dict)
    stops: tuple[Suppression, ...] = ()
    tasks: Mapping[str, Task] = field(default_factory=dict)
    tells: bool = False  # what is known is still to be passed on

    @property
    def unfinished(self) -> bool:
        moving = any(membership is not Membership.LINKED for membership in self.members.values())
        return moving or bool(self.tasks) or self.tells

    @property
    def erasure(self) -> Suppression | None:
        return next((stop for stop in self.stops if stop.reason is Reason.ERASED), None)

    def in_order(self) -> tuple[Suppression, ...]:
        """The standing stops as they are applied: an erasure last, since it ends the membership."""
        return tuple(sorted(self.stops, key=lambda stop: stop.reason is Reason.ERASED))


def decode_person(key: bytes, fields: Iterable[bytes]) -> Person:
    """A person of HGETALL's flat reply. StoreUnavailable for what this version cannot read."""
    flat = iter(fields)
    values = dict(zip(flat, flat, strict=True))
    members = {name[1:]: value for name, value in values.items() if name[:1] == MEMBER}
    tasks = {name[1:].hex(): value for name, value in values.items() if name[:1] == TASK}
    facts = codec.decode_facts(_others(values), "")
    tells = tasks.pop("", None) is not None
    try:
        return Person(
            key,
            version=facts.version,
            sealed_id=values.get(b"i", b""),
            owner=values.get(b"w", b"").decode(),
            known=Known.of(facts),
            members={name: Membership(value.decode()) for name, value in members.items()},
            stops=facts.suppressions,
            tasks={entry: Task(*value.decode().split("|")[:3]) for entry, value in tasks.items()},
            tells=tells,
        )
    except (ValueError, TypeError) as error:
        raise StoreUnavailable("a person has a field that cannot be read") from error


def _others(values: Mapping[bytes, bytes]) -> Iterable[bytes]:
    """What a person has as a recipient has it."""
    for name, value in values.items():
        if name[:1] not in {MEMBER, TASK} and name not in _OWN:
            yield name
            yield value


def member_field(recipient_key: bytes) -> bytes:
    return MEMBER + recipient_key


def task_field(entry_id: str) -> bytes:
    return TASK + bytes.fromhex(entry_id)
