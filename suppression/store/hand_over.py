"""What a commit is asked, and what it answers when that is no Permit."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from suppression.model import Facts

# A hand-over without an outcome after this time counts as unknown: the permit's 5 s, and all that a next hop
# may take for a copy (connection, MAIL, RCPT, DATA and its reply) fit into it.
DEADLINE = 300.0

REMEMBERED = 30 * 60.0  # seconds that a marker stays after the outcome
REMEMBERED_LONG = 7 * 86400.0  # once the message was answered 451, or its client vanished


@dataclass(frozen=True, slots=True)
class HandOver:
    """One try to hand one copy over.

    id         the marker's key: hash of app, purpose, MAIL FROM, message and exact recipient
    message    id of the message: what the Carrier is given must have it
    remembers  False without message key and Message-ID: then the marker guards the hand-over in progress only
    attempt    random for each try: the same try asked twice (its answer was lost) gets the same Permit
    copies     how many copies the message has; of more than one, the message's id leads to all
    deadline   seconds after which, without an outcome, it counts as unknown
    kept       seconds for which it is recognised once it was sent or rejected
    """

    id: str
    message: str
    remembers: bool = True
    attempt: str = field(default_factory=lambda: secrets.token_hex(8))
    copies: int = 1
    deadline: float = DEADLINE
    kept: float = REMEMBERED
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moved:
    """Something changed since the facts were read: decide again on these; None: read them anew."""

    facts: Facts | None


@dataclass(frozen=True, slots=True)
class InProgress:
    """Another try of this copy is being handed over now."""

    decision_id: str


@dataclass(frozen=True, slots=True)
class Settled:
    """A former try settled this copy: it must not go again. `state`: "sent" or "rejected"."""

    state: str
    decision_id: str
    text: str = ""
    code: int = 0
    status: str = ""
