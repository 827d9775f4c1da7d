"""Whether anything left after it was stopped: the log's own changes, replayed beside the hand-overs.

What is counted. A hand-over (its commit, in the order of its recipient's commits) is *after a stop* when a stop of that
recipient was committed before it, was in force, covered it, and nothing in the log allowed it again:

- A stop is an entry by somebody's word: unsubscribed, complained, blocked, erased, listed, under review. A dead
  address is nobody's word (undeliverable, unusable_address): such entries are not counted.
- It covers a message by its scope: channels, purpose (a node covers what is below it, also by a purpose's older
  paths), sender, app. A complaint covers all on its channel but transactions; an erasure covers everything.
- What is `required`, and the gateway's own answers, pass; but no erasure, no block that names the purpose, and no
  provider's block of the number. A legal notice is required where it has a reference.
- It ends when it is lifted, a pause at its `until`, an erasure with the return, a review's pause with an erasure.
- A consent committed after it allows what the consent covers, for its one sender and exact address, against
  `unsubscribed` only, if it was given to the gateway itself or names that stop (as its record's `writes` say), until it
  is withdrawn or expires. Where a record does not say, only if the hand-over's own decision names that consent.

Stops of all time before the month's end count, not only the month's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

import duckdb

from gateway.archive.columns import quoted
from gateway.archive.report.month import DAY, Month
from gateway.archive.report.replayed import Line, Recipient, Stop, purpose_of
from gateway.archive.report.tally import PENDING
from gateway.archive.report.times import COMMITTED
from suppression.decision import Reason
from suppression.model import Way
from suppression.purposes import SYSTEM_PURPOSES, Catalogue
from suppression.records import CHANGES, RecordKind
from suppression.store.keys import record_id

MOST_LISTED = 100
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Violation:
    """What must not be. `after`: milliseconds from the stop's commit to the hand-over's."""

    hand_over: str
    stop: str
    after: int
    channel: str
    purpose: str


@dataclass(frozen=True, slots=True)
class AfterStops:
    """looked_at     hand-overs of the month
    passed        of these, covered by some stop before them that had ended, or that the recipient had overridden
    violations    the first MOST_LISTED of `violated`
    on_their_way  committed before a stop, answered by the next hop after it (promise 2 allows these);
                  `longest`: the most milliseconds from a stop to such an answer
    """

    looked_at: int
    passed: int
    violated: int
    violations: tuple[Violation, ...]
    on_their_way: int
    longest: int


_STOPS = (RecordKind.SUPPRESSED, RecordKind.ERASED, RecordKind.RETURNED)
_NOBODYS = (Reason.UNDELIVERABLE, Reason.UNUSABLE_ADDRESS)


def _listed(values: Iterable[str]) -> str:
    return ", ".join(quoted(str(value)) for value in values)


# What may cover what: wide, the rest is looked at one by one. `h` is a message, `s` a stop of the same recipient.
_MAY_COVER = f"""
(s.reason = '{Reason.ERASED}' OR (
    (split_part(s.scope, '|', 1) = '*' OR list_contains(string_split(split_part(s.scope, '|', 1), ','), h.channel))
    AND (s.reason = '{Reason.COMPLAINED}' OR (
        (split_part(s.scope, '|', 2) = '*'
            OR starts_with(h.purpose || '/', split_part(s.scope, '|', 2) || '/')
            OR list_contains($replaced, h.purpose))
        AND split_part(s.scope, '|', 3) IN ('*', h.sender)
        AND split_part(s.scope, '|', 4) IN ('*', h.app)))
    AND (NOT list_contains($required, h.purpose) OR s.reason = '{Reason.BLOCKED}' OR s.way = '{Way.PROVIDER}')))
"""
_STOP_ROWS = f"""
SELECT recipient_key AS who, ms, seq, scope, reason, way FROM log
WHERE kind IN ({_listed(_STOPS)}) AND ms >= $since AND ms < $end AND recipient_key IS NOT NULL
    AND scope IS NOT NULL AND coalesce(reason, '') NOT IN ({_listed(_NOBODYS)})
"""
_OURS = "ms >= $start AND ms < $end AND ($sender IS NULL OR sender = $sender)"
_PERHAPS = f"""
CREATE OR REPLACE TEMP TABLE perhaps_after_a_stop AS
SELECT DISTINCT h.*
FROM (
    SELECT recipient_key AS who, ms, seq, shard, "time", exact, channel, purpose, sender, app, fact, legal_notice
    FROM log WHERE kind = '{RecordKind.HANDING_OVER}' AND {_OURS}
) h JOIN ({_STOP_ROWS}) s
ON h.who = s.who AND (s.ms < h.ms OR (s.ms = h.ms AND s.seq < h.seq)) AND {_MAY_COVER}
"""
_TEXTS = ("channel", "purpose", "sender", "app", "fact", "legal_notice", "reason", "way", "entry", "scope")
_LINES = f"""
SELECT who, ms, seq, shard, kind, "time", coalesce(exact, ''),
    {", ".join(f"coalesce({name}, '')" for name in _TEXTS)}, until, coalesce(writes, '')
FROM (
    SELECT *, '{RecordKind.HANDING_OVER}' AS kind FROM perhaps_after_a_stop
    UNION ALL BY NAME
    SELECT recipient_key AS who, ms, seq, shard, kind, "time", exact, reason, way, entry, scope, until, writes
    FROM log
    WHERE kind IN ({_listed(sorted(CHANGES))}) AND ms < ?
        AND (kind <> '{RecordKind.WITHDRAWN}' OR coalesce(details ->> '$.state', '') <> '{PENDING}')
        AND recipient_key IN (SELECT who FROM perhaps_after_a_stop)
)
ORDER BY who, ms, seq
"""
_ON_THEIR_WAY = f"""
SELECT count(DISTINCT (h.ms, h.seq, h.shard)), coalesce(max(h.ms - s.ms), 0)
FROM (
    SELECT recipient_key AS who, ms, seq, shard, channel, purpose, sender, app, {COMMITTED} AS committed
    FROM log WHERE kind = '{RecordKind.SENT}' AND length(decision) = 16 AND {_OURS}
) h JOIN ({_STOP_ROWS}) s
ON h.who = s.who AND h.committed < s.ms AND s.ms < h.ms AND {_MAY_COVER}
"""


def after_stops(
    connection: duckdb.DuckDBPyConnection, month: Month, sender: str | None, catalogue: Catalogue
) -> AfterStops:
    asked: dict[str, Any] = {"start": month.start, "end": month.end, "sender": sender}
    (looked_at,) = _one(
        connection, f"SELECT count(*) FROM log WHERE kind = '{RecordKind.HANDING_OVER}' AND {_OURS}", asked
    )
    asked |= {"required": _required(catalogue), "replaced": _replaced(connection, catalogue, month)}
    on_their_way, longest = _one(connection, _ON_THEIR_WAY, asked | {"since": month.start - DAY})
    connection.execute(_PERHAPS, asked | {"since": 0})
    passed, violated = 0, 0
    listed: list[Violation] = []
    for violation in _looked_at(connection, month, catalogue):
        passed += violation is None
        violated += violation is not None
        if violation is not None and len(listed) < MOST_LISTED:
            listed.append(violation)
    connection.execute("DROP TABLE perhaps_after_a_stop")
    listed.sort(key=attrgetter("hand_over"))
    return AfterStops(looked_at, passed, violated, tuple(listed), on_their_way, longest)


def _one(connection: duckdb.DuckDBPyConnection, sql: str, asked: dict[str, Any]) -> tuple[Any, ...]:
    row: tuple[Any, ...] = connection.execute(sql, asked).fetchall()[0]
    return row


def _required(catalogue: Catalogue) -> list[str]:
    """What passes whatever it says of itself: legal notices are looked at one by one."""
    own = (path for path, leaf in catalogue.purposes.items() if leaf.required and not leaf.legal_notice)
    return [*own, *SYSTEM_PURPOSES]


def _replaced(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, month: Month) -> list[str]:
    """Purposes of the month that had older paths: which stops cover them is looked at one by one."""
    rows = connection.execute(
        f"SELECT DISTINCT purpose FROM log WHERE kind = '{RecordKind.HANDING_OVER}' AND ms >= ? AND ms < ? "
        "AND purpose IS NOT NULL",
        [month.start, month.end],
    ).fetchall()
    return ["", *sorted(path for (path,) in rows if len(purpose_of(catalogue, path).paths) > 1)]


def _looked_at(
    connection: duckdb.DuckDBPyConnection, month: Month, catalogue: Catalogue
) -> Iterator[Violation | None]:
    """For each hand-over that some stop may cover: the violation that it is, or None."""
    lines = _lines(connection.execute(_LINES, [month.end]))
    for _, theirs in groupby(lines, key=attrgetter("who")):
        recipient = Recipient(catalogue)
        for line in theirs:
            if line.kind == RecordKind.HANDING_OVER:
                stop = recipient.stop_against(line)
                yield None if stop is None else _violation(line, stop)
            else:
                recipient.change(line)


def _lines(found: duckdb.DuckDBPyConnection) -> Iterator[Line]:
    while rows := found.fetchmany(_AT_ONCE):
        yield from (Line(*row) for row in rows)


def _violation(hand_over: Line, stop: Stop) -> Violation:
    return Violation(
        _id(hand_over), _id(stop.line), hand_over.ms - stop.line.ms, hand_over.channel, hand_over.purpose
    )


def _id(line: Line) -> str:
    return record_id(line.shard, f"{line.ms}-{line.seq}")
