"""The log's schema: one record per decision, hand-over, outcome, change and scanner hit.

A record never holds an address, not even masked: `recipient` is the keyed hash in hex. Its id is the store's
own stream id with its shard, so that an id alone finds the record; the order of ids in a shard is the order
of commits.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum

SCHEMA = 1


class RecordKind(StrEnum):
    DECIDED = "decided"  # a decision that hands nothing over (a refusal, a check by API)
    HANDING_OVER = "handing_over"  # a Send, committed: the hand-over begins within 5 s
    SENT = "sent"
    REJECTED = "rejected"
    POSTPONED = "postponed"
    UNKNOWN = "unknown"
    BOUNCED = (
        "bounced"  # a mail that had left did not arrive (details: whose fault, and how many were counted)
    )
    QUEUED = "queued"  # accepted into the outbox: it goes when it is due, if it may then
    CANCELLED = "cancelled"  # left the outbox unsent: a stop came, the app wanted it, or its time was over
    DEAD = "dead"  # could not be handed over within its time: held for agents
    DELIVERED = "delivered"  # the next hop's last report of a message
    UNDELIVERED = "undelivered"
    RECEIVED = (
        "received"  # a recipient wrote or called: what was understood (details), and that it was no stop
    )
    REVIEW_OPENED = "review_opened"  # what a recipient wrote is unclear: somebody must read it
    REVIEWED = "reviewed"
    SUPPRESSED = "suppressed"
    LIFTED = "lifted"
    CONSENTED = "consented"
    WITHDRAWN = "withdrawn"
    LINKED = "linked"  # a recipient became a person's, or got what is known of the person
    UNLINKED = "unlinked"
    ERASED = "erased"
    RETURNED = (
        "returned"  # an erased recipient is a customer again: `required` may go, all else stays stopped
    )
    REQUESTED = (
        "requested"  # by the recipient, about their data; confirmed, or read by an agent (details: what)
    )
    EXPORTED = "exported"  # somebody was given all that is held
    CHECKED = (
        "checked"  # a list of addresses, for use elsewhere (details: how many of it, and why not the rest)
    )
    VIEWED = "viewed"  # a GET of a link: people and scanners look alike, nothing changed


# What alters what is known of somebody: kept apart in the archive, and enough to know it again (`writes`).
CHANGES = frozenset(
    {
        *(RecordKind.SUPPRESSED, RecordKind.LIFTED, RecordKind.CONSENTED, RecordKind.WITHDRAWN),
        *(RecordKind.LINKED, RecordKind.UNLINKED, RecordKind.ERASED, RecordKind.RETURNED),
    }
)
OUTCOMES = frozenset({RecordKind.SENT, RecordKind.REJECTED, RecordKind.POSTPONED, RecordKind.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the log.

    id         found by `GET /v1/log?decision=`; set when it is read back
    kind       what happened
    at         when, in milliseconds of Unix time (with the sandbox clock's offset, in dev)
    recipient  keyed hash of the folded address, hex
    exact      keyed hash of the exact address, hex
    person     keyed hash of the person, hex: of changes that concern all of a person, and of links
    channel, purpose, sender, app   of the message or link
    outcome    of a decision: send, refuse, defer
    reason     why (decision.Reason)
    rule, fact   of a decision: the rule that decided, and the entry or consent that it decided by
    until      of a Defer or a pause: when it ends, milliseconds
    decision   of an outcome: id of the record whose hand-over it ends; of a bounce: of the mail's, where that is known
    message    id of the message that it was part of, where one message had several copies
    duplicate  of a hand-over: an earlier try ended unknown
    policy     generation of the catalogue and lists that decided
    entry, scope   of a change: id of the suppression or consent, and its channels|purpose|sender|app
    way, source, actor   of a change: which way it came, through what, by whom
    text       the next hop's words, stripped of addresses
    code, status   the next hop's reply codes
    legal_notice   the app's reference where it marked the message so
    repeated   of a change: it was known already, nothing new began
    writes     of a change: what it wrote into the recipient's (or person's) hash, by field; see store.replaying
    details    what else there is to say, by name; no addresses
    """

    kind: RecordKind
    at: int
    id: str = ""
    recipient: str = ""
    exact: str = ""
    person: str = ""
    channel: str = ""
    purpose: str = ""
    sender: str = ""
    app: str = ""
    outcome: str = ""
    reason: str = ""
    rule: str = ""
    fact: str = ""
    until: int = 0
    decision: str = ""
    message: str = ""
    duplicate: bool = False
    policy: str = ""
    entry: str = ""
    scope: str = ""
    way: str = ""
    source: str = ""
    actor: str = ""
    text: str = ""
    code: int = 0
    status: str = ""
    legal_notice: str = ""
    repeated: bool = False
    writes: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def time(self) -> datetime:
        return datetime.fromtimestamp(self.at / 1000, UTC)


FIELDS = tuple(f.name for f in fields(Record))


def concerns(record: Record) -> str:
    """The sender that a record is about; of a change, the one in its scope."""
    if record.scope:
        return [*record.scope.split("|"), "", ""][2]
    return record.sender


_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@,;]+>?|(?:\+|%2B)\d[\d .()-]{5,}\d")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def without_addresses(text: str, limit: int = 400) -> str:
    """A next hop's words as the log may keep them: no address, no phone number, no control characters, bounded."""
    return _ADDRESS.sub("<address>", _CONTROL.sub(" ", text))[:limit]
