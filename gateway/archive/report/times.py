"""How long things took, as far as records tell: each says from when to when, and by whose clock.

Counted in classes of a millisecond, from ten seconds on of 1 %: the same whatever the order of reading.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from gateway.archive.columns import quoted
from gateway.archive.report.month import Month
from suppression.records import OUTCOMES
from suppression.store.keys import DIGITS, record_id

SLOWEST = 10
_ABSURD = 600_000  # ms: a gateway's clock that was set (the sandbox's), no time that a decision took

# The id that an outcome names begins with when that hand-over was committed: 48 bits (keys.record_id).
_COMMITTED = "(" + " + ".join(
    f"((instr('{DIGITS}', substr(decision, {place + 1}, 1)) - 1)::BIGINT << {43 - 5 * place})"
    for place in range(9)
)
COMMITTED = f"{_COMMITTED} + ((instr('{DIGITS}', substr(decision, 10, 1)) - 1)::BIGINT >> 2))"

_OUTCOMES = ", ".join(quoted(kind.value) for kind in sorted(OUTCOMES) if kind != "unknown")
_DECIDED = "kind IN ('decided', 'queued', 'handing_over')"
_ANSWERED = f"kind IN ({_OUTCOMES}) AND length(decision) = 16"
_OURS = "ms >= $start AND ms < $end AND ($sender IS NULL OR sender = $sender)"


@dataclass(frozen=True, slots=True)
class Slow:
    """One of the slowest. `id`: of its record."""

    id: str
    milliseconds: int
    channel: str
    purpose: str
    kind: str


@dataclass(frozen=True, slots=True)
class Times:
    """Of one measure. `classes`: milliseconds and how many, ascending.

    clocks_apart   left out: the gateway's clock and the store's said nothing of the same time
    """

    name: str
    classes: tuple[tuple[int, int], ...]
    slowest: tuple[Slow, ...] = ()
    clocks_apart: int = 0

    @property
    def count(self) -> int:
        return sum(count for _, count in self.classes)

    def at(self, share: float) -> int | None:
        """The time within which that share of all ended (nearest rank)."""
        rank = max(1, -int(-share * self.count // 1))
        for milliseconds, count in self.classes:
            rank -= count
            if rank <= 0:
                return milliseconds
        return None


DECISION, ANSWER, ACCEPTED, DEFERRED = "decision", "answer", "accepted", "deferred"


def times(connection: duckdb.DuckDBPyConnection, month: Month, sender: str | None) -> list[Times]:
    """In the order in which a message meets them."""
    asked = {"start": month.start, "end": month.end, "sender": sender}
    classes, apart = _classes(connection, asked)
    waits = _waits(connection, asked)
    return [
        Times(DECISION, classes[DECISION], _slowest(connection, _DECISION_TOOK, _SENSIBLE, asked), apart),
        Times(ACCEPTED, waits[ACCEPTED]),
        Times(DEFERRED, waits[DEFERRED]),
        Times(ANSWER, classes[ANSWER], _slowest(connection, _ANSWER_TOOK, _ANSWERED, asked)),
    ]


_DECISION_TOOK = 'ms - epoch_ms("time")'
_ANSWER_TOOK = f"ms - {COMMITTED}"
_SENSIBLE = f"{_DECIDED} AND {_DECISION_TOOK} BETWEEN 0 AND {_ABSURD}"


def _in_classes(took: str) -> str:
    """SQL: a time to the millisecond, from 10 s on to its first three digits."""
    return (
        f"CASE WHEN {took} < 10000 THEN greatest({took}, 0) "
        f"ELSE {took} - {took} % CAST(pow(10, floor(log10({took})) - 2) AS BIGINT) END"
    )


_CLASSES = f"""
SELECT measure, class, count(*)
FROM (
    SELECT measure, CASE WHEN measure = '{DECISION}' AND abs(took) > {_ABSURD} THEN NULL ELSE {_in_classes("took")} END
        AS class
    FROM (
        SELECT CASE WHEN {_DECIDED} THEN '{DECISION}' ELSE '{ANSWER}' END AS measure,
            CASE WHEN {_DECIDED} THEN {_DECISION_TOOK} ELSE {_ANSWER_TOOK} END AS took
        FROM log WHERE {_OURS} AND (({_DECIDED}) OR ({_ANSWERED}))
    )
)
GROUP BY ALL ORDER BY ALL NULLS LAST
"""

Classes = dict[str, tuple[tuple[int, int], ...]]


def _classes(connection: duckdb.DuckDBPyConnection, asked: dict[str, Any]) -> tuple[Classes, int]:
    rows = connection.execute(_CLASSES, asked).fetchall()
    apart = sum(count for _, took, count in rows if took is None)
    return _of_rows(rows, DECISION, ANSWER), apart


def _of_rows(rows: Sequence[tuple[Any, ...]], *names: str) -> Classes:
    return {
        name: tuple((took, count) for of, took, count in rows if of == name and took is not None)
        for name in names
    }


# Texts and calls only: a mail's hand-over begins with its decision. A hash stands for the message's id: half the room.
_WAITS = f"""
SELECT measure, {_in_classes("took")} AS class, count(*)
FROM (
    SELECT CASE WHEN bool_or(outcome = 'defer') THEN '{DEFERRED}' ELSE '{ACCEPTED}' END AS measure,
        min(ms) FILTER (kind = 'handing_over') - min(ms) FILTER (kind = 'queued') AS took
    FROM log
    WHERE {_OURS} AND kind IN ('queued', 'handing_over') AND channel IN ('sms', 'voice') AND message IS NOT NULL
    GROUP BY hash(message)
)
WHERE took >= 0
GROUP BY ALL ORDER BY ALL
"""


def _waits(connection: duckdb.DuckDBPyConnection, asked: dict[str, Any]) -> Classes:
    return _of_rows(connection.execute(_WAITS, asked).fetchall(), ACCEPTED, DEFERRED)


def _slowest(
    connection: duckdb.DuckDBPyConnection, took: str, which: str, asked: dict[str, Any]
) -> tuple[Slow, ...]:
    rows = connection.execute(
        f"SELECT shard, ms, seq, {took} AS took, coalesce(channel, ''), coalesce(purpose, ''), kind "
        f"FROM log WHERE {_OURS} AND {which} "
        f"ORDER BY took DESC, ms, seq, shard LIMIT {SLOWEST}",
        asked,
    ).fetchall()
    return tuple(
        Slow(record_id(shard, f"{ms}-{seq}"), took, channel, purpose, kind)
        for shard, ms, seq, took, channel, purpose, kind in rows
    )
