"""What is asked for in a recipient's name and holds only once the recipient has confirmed it: values, both ways."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from suppression.model import Channel, Scope


class Kind(StrEnum):
    CONSENT = "consent"
    EXPORT = "export"  # a copy of all that is kept about the recipient
    ERASURE = "erasure"


@dataclass(frozen=True, slots=True)
class Wish:
    """`scopes`, `expires`: of the consents. `source`, `actor`: through what it came, and who passed it on.

    evidence  what shows that it was asked for; kept with the consent
    language  that the question is put in
    """

    kind: Kind
    sender: str
    source: str
    actor: str
    asked: datetime
    evidence: Mapping[str, str] = field(default_factory=dict)
    scopes: tuple[Scope, ...] = ()
    expires: datetime | None = None
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Pending:
    """A wish that waits. `exact`: of the address that was asked; `confirmed`: when, if it does no longer."""

    wish: Wish
    exact: str
    confirmed: datetime | None = None


def to_fields(pending: Pending) -> dict[str, str]:
    wish = pending.wish
    return {
        "kind": wish.kind.value,
        "sender": wish.sender,
        "source": wish.source,
        "actor": wish.actor,
        "asked": wish.asked.isoformat(),
        "evidence": json.dumps(dict(wish.evidence), ensure_ascii=False),
        "scopes": json.dumps([[sorted(scope.channels), scope.purpose] for scope in wish.scopes]),
        "expires": _text(wish.expires),
        "language": wish.language,
        "exact": pending.exact,
        "confirmed": _text(pending.confirmed),
    }


def from_fields(fields: Mapping[str, str]) -> Pending:
    """What to_fields gave."""
    sender = fields["sender"]
    wish = Wish(
        kind=Kind(fields["kind"]),
        sender=sender,
        source=fields["source"],
        actor=fields["actor"],
        asked=datetime.fromisoformat(fields["asked"]),
        evidence=json.loads(fields["evidence"]),
        scopes=tuple(
            Scope(frozenset(map(Channel, channels)), purpose, sender)
            for channels, purpose in json.loads(fields["scopes"])
        ),
        expires=_time(fields["expires"]),
        language=fields["language"],
    )
    return Pending(wish, fields["exact"], _time(fields["confirmed"]))


def _text(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
