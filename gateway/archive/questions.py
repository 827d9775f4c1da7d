"""What is asked of the log, once as Python for the hot records and once as SQL for the archive's: both say the same.

A record's id is its order: as text, ids sort by when they were logged (ms, sequence, shard). Times of questions are
times of logging, in ms of the store's own clock.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from gateway.archive.columns import CHANGE_CLASS, OTHER_CLASS
from suppression.records import CHANGES, Record, RecordKind, concerns
from suppression.store.keys import parse_record_id
from suppression.store.newest import EVER


class Place(NamedTuple):
    """Where a record stands in the log."""

    ms: int
    seq: int
    shard: int


def place_of(record_id: str) -> Place:
    """NotFound for what is no record's id."""
    shard, order = parse_record_id(record_id)
    ms, _, seq = order.partition("-")
    return Place(int(ms), int(seq), shard)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which records. What is empty asks nothing.

    recipient  keyed hash, hex
    senders    whose records may be seen; None: all
    purpose    the purpose, or what is above it
    since, until   logged from then on, and before then; ms
    before     a record's id: only what was logged before it
    """

    recipient: str = ""
    senders: frozenset[str] | None = None
    app: str = ""
    kinds: frozenset[RecordKind] = frozenset()
    outcome: str = ""
    reason: str = ""
    channel: str = ""
    purpose: str = ""
    message: str = ""
    decision: str = ""
    entry: str = ""
    since: int = 0
    until: int = EVER
    before: str = ""


_EQUAL = ("app", "outcome", "reason", "channel", "message", "decision", "entry")


def matches(question: Question, record: Record) -> bool:
    """A record that was read back: it has its id."""
    return (
        question.recipient in ("", record.recipient)
        and all(getattr(question, name) in ("", getattr(record, name)) for name in _EQUAL)
        and (not question.kinds or record.kind in question.kinds)
        and (not question.purpose or _is_under(record.purpose, question.purpose))
        and (question.senders is None or concerns(record) in question.senders)
        and (not question.before or record.id < question.before)
        and question.since <= place_of(record.id).ms < question.until
    )


def _is_under(purpose: str, node: str) -> bool:
    return purpose == node or purpose.startswith(node + "/")


def condition(question: Question) -> tuple[str, dict[str, Any]]:
    """The same, on the archive's columns: SQL and what is bound in it."""
    said = ["ms >= $since", "ms < $until"]
    bound: dict[str, Any] = {"since": question.since, "until": question.until}
    for name in _EQUAL:
        if value := getattr(question, name):
            said.append(f"{name} = ${name}")
            bound[name] = value
    if question.recipient:
        said.append("recipient = $recipient")
        bound["recipient"] = bytes.fromhex(question.recipient)
    if question.kinds:
        said.append("list_contains($kinds, kind)")
        bound["kinds"] = sorted(question.kinds)
    if question.purpose:
        said.append("(purpose = $purpose OR starts_with(purpose, $below))")
        bound |= {"purpose": question.purpose, "below": question.purpose + "/"}
    if question.senders is not None:
        said.append(f"list_contains($senders, {_CONCERNS})")
        bound["senders"] = sorted(question.senders)
    if question.before:
        said.append(earlier("before"))
        bound |= named("before", question.before)
    return " AND ".join(said), bound


_CONCERNS = "CASE WHEN scope IS NULL THEN coalesce(sender, '') ELSE split_part(scope, '|', 3) END"


def earlier(name: str) -> str:
    """SQL: before the place that `named` binds."""
    return _beyond(name, "<")


def later(name: str) -> str:
    return _beyond(name, ">")


def _beyond(name: str, sign: str) -> str:
    """Said of the milliseconds first: files and row groups are passed over by that."""
    same = f"seq {sign} ${name}_seq OR (seq = ${name}_seq AND shard {sign} ${name}_shard)"
    return f"(ms {sign}= ${name}_ms AND (ms {sign} ${name}_ms OR {same}))"


def named(name: str, record_id: str) -> dict[str, int]:
    place = place_of(record_id)
    return {f"{name}_{part}": value for part, value in place._asdict().items()}


_ANY_PURPOSE = (CHANGE_CLASS, OTHER_CLASS)


def may_hold(question: Question, class_name: str) -> bool:
    """Whether a file of this class may have anything that is asked for."""
    changes = class_name == CHANGE_CLASS
    if question.kinds and not any((kind in CHANGES) is changes for kind in question.kinds):
        return False
    return not question.purpose or class_name in {*_ANY_PURPOSE, question.purpose.partition("/")[0]}
