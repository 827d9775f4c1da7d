"""What waits to be sent: an entry of the outbox, the states that it goes through, and which come next.

    waiting -> leased -> submitting -> sent | failed | unknown
    waiting | leased -> cancelled (a stop, the app) | refused (decided again) | dead (tried too often)
    submitting -> waiting (the next hop said: later)      sent -> cancelling -> cancelled (a call not answered yet)
    dead | unknown -> waiting (an agent says so)

An entry may also be an event: a record of the log on its way to an app, which nothing decides on and no stop ends.

    waiting -> leased -> gone (the app took it) | waiting (later) | dead        dead -> waiting (an agent says so)

Number and body are sealed while they are needed; the state stays for `KEPT`, the history in the log.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from suppression.model import Channel, Recipient
from suppression.records import Record

KEPT = timedelta(days=7)  # how long an entry that ended can still be asked for
HANDLE = "msg_"
EVENT = "w"  # the flag of an entry that is an event
MOST_WAITING = 1000  # entries of one recipient: what keeps more waiting is a fault of the app


class State(StrEnum):
    WAITING = "waiting"
    LEASED = "leased"  # a dispatcher has it and will decide again
    SUBMITTING = "submitting"  # committed: the next hop may have it
    SENT = "sent"
    CANCELLING = "cancelling"  # a call that the next hop has and that a stop came for
    FAILED = "failed"  # the next hop will never take it
    REFUSED = "refused"  # decided again when it was due: not any more
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"  # its answer was lost and could not be found out: never again without an agent
    DEAD = "dead"  # could not be handed over within its time: agents see it and may try again


HELD_FOR_AGENTS = frozenset({State.DEAD, State.UNKNOWN})
ENDED = frozenset({State.SENT, State.FAILED, State.REFUSED, State.CANCELLED, State.UNKNOWN, State.DEAD})


class Delivery(StrEnum):
    """What the next hop reported of a message that it took; each rank only ever moves on."""

    QUEUED = "queued"
    SENDING = "sending"
    RINGING = "ringing"
    SENT = "sent"
    IN_PROGRESS = "in_progress"
    DELIVERED = "delivered"
    READ = "read"
    COMPLETED = "completed"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    CANCELED = "canceled"

    @property
    def rank(self) -> int:
        """A report of a lower or the same rank is late, or a repeat: it changes nothing."""
        return _RANKS[self]

    @property
    def final(self) -> bool:
        return self.rank >= _FINAL


_FINAL = 10
_RANKS = {
    Delivery.QUEUED: 1,
    Delivery.SENDING: 2,
    Delivery.RINGING: 2,
    Delivery.SENT: 3,
    Delivery.IN_PROGRESS: 3,
    Delivery.DELIVERED: 10,
    Delivery.COMPLETED: 10,
    Delivery.UNDELIVERED: 10,
    Delivery.FAILED: 10,
    Delivery.BUSY: 10,
    Delivery.NO_ANSWER: 10,
    Delivery.CANCELED: 10,
    Delivery.READ: 11,
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that an app hands in, before it is decided.

    number    8 bytes made before the first try (of the Idempotency-Key, or random): with the recipient, its id
    body      hash of what was asked with that key: another body is not the same message
    repeats   whether the app may ask again with the same number, and must then be answered the same
    content   what the dispatcher composes the message of (body, say, twiml, ...), sealed; never an address:
              the number to send to is sealed beside it
    due       not before this time; None: now
    deadline  not after this time: then it is cancelled (a confirmation that comes too late); None: no such time
    answers   id of the change that the gateway's own message answers
    """

    number: bytes
    content: Mapping[str, str] = field(repr=False)
    body: str = "-"
    repeats: bool = False
    due: datetime | None = None
    deadline: datetime | None = None
    answers: str = ""
    details: Mapping[str, str] = field(default_factory=dict)  # for the log record: no addresses


@dataclass(frozen=True, slots=True)
class EventDraft:
    """That an app wants to hear of a record. `keeps_address`: until then, though the recipient is being erased."""

    app: str
    sender: str
    keeps_address: bool = False

    @property
    def about(self) -> str:
        """The entry's field c (suppression.store.entry_codec): on no channel, for no purpose."""
        return f"||{self.sender}|{self.app}|{EVENT}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it stands in the store.

    id          of the message, for the outside; leads to recipient and entry without an index
    revision    moves with every transition: the fencing token of who has it leased
    attempts    hand-overs begun
    recipient   with its address while content is kept, else without
    content     None once it has ended
    order       of its acceptance's log record; hand_over: id of the last hand-over's record
    reference   the next hop's id (SID); delivery: what it reported
    found       that id comes of a look-up: of two equal messages it may be the other's
    cancel      a stop came while it was submitting: cancel it at the next hop
    answer      how its acceptance was answered: outcome, reason, rule, fact, until
    records     ids of its log records, oldest first (the latest 32)
    mark        of who moved it last: tells them so when the answer was lost
    event       of an event: the record that it tells of; its recipient has an address only where that was kept for it
    """

    id: str
    number: bytes
    recipient: Recipient
    channel: Channel
    purpose: str
    sender: str
    app: str
    state: State
    revision: int = 0
    attempts: int = 0
    due: datetime | None = None
    deadline: datetime | None = None
    system: bool = False
    answers: str = ""
    content: Mapping[str, str] | None = field(default=None, repr=False)
    hand_over: str = ""
    submitted: datetime | None = None
    reference: str = ""
    found: bool = False
    delivery: Delivery | None = None
    cancel: bool = False
    reason: str = ""  # why it was refused, cancelled, failed
    campaign: str = ""  # the app's name for what it is part of
    body: str = "-"
    answer: str = ""
    decision_id: str = ""
    records: tuple[str, ...] = ()
    mark: str = ""
    event: Record | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A draft's answer, the same for every repeat: taken (id), or refused (its id is the decision's).

    outcome   "accepted", "deferred" (until) or "refused"
    """

    id: str
    outcome: str
    reason: str
    decision_id: str
    until: datetime | None = None
    repeated: bool = False
