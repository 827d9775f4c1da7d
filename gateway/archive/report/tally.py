"""One scan of a month: how many records there are of each sort. Most figures are sums of these."""

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from gateway.archive.columns import quoted
from gateway.archive.report.month import DAY, Month
from suppression.model import ALL
from suppression.records import CHANGES, RecordKind

PENDING = "pending"  # detail of a withdrawal: of a wish that had not become a consent


@dataclass(frozen=True, slots=True)
class Tally:
    """So many records that are alike in all of this.

    day       days since 1970, in UTC, by the store's clock
    channel, purpose, sender   of the message; of a change, of its scope
    detail    of a bounce, whose fault it was; of a withdrawal, PENDING or ""
    first, last   milliseconds
    """

    day: int
    kind: str
    channel: str
    purpose: str
    sender: str
    outcome: str
    reason: str
    way: str
    detail: str
    repeated: bool
    count: int
    first: int
    last: int


_CHANGES = ", ".join(quoted(kind.value) for kind in sorted(CHANGES))
# Members of a person have records of their own: what is logged of the person itself would count twice.
_TALLY = f"""
SELECT ms // {DAY} AS day,
    kind,
    coalesce(CASE WHEN kind IN ({_CHANGES}) THEN split_part(scope, '|', 1) ELSE channel END, ''),
    coalesce(CASE WHEN kind IN ({_CHANGES}) THEN split_part(scope, '|', 2) ELSE purpose END, ''),
    coalesce(CASE WHEN kind IN ({_CHANGES}) THEN split_part(scope, '|', 3) ELSE sender END, ''),
    coalesce(outcome, ''),
    coalesce(reason, ''),
    coalesce(way, ''),
    coalesce(CASE kind WHEN '{RecordKind.BOUNCED}' THEN details ->> '$.kind'
        WHEN '{RecordKind.WITHDRAWN}' THEN details ->> '$.state' END, ''),
    coalesce(repeated, false),
    count(*),
    min(ms),
    max(ms)
FROM log
WHERE ms >= ? AND ms < ? AND NOT (kind IN ({_CHANGES}) AND recipient_key IS NULL)
GROUP BY ALL
ORDER BY ALL
"""


def tallies(connection: duckdb.DuckDBPyConnection, month: Month) -> list[Tally]:
    rows = connection.execute(_TALLY, [month.start, month.end]).fetchall()
    return [Tally(*row) for row in rows]


def of_sender(tallied: Iterable[Tally], sender: str | None) -> list[Tally]:
    """Those of one sender's messages, and the changes that concern it among others."""
    concerned = {sender, ALL}
    return [
        tally
        for tally in tallied
        if sender is None or tally.sender == sender or (tally.kind in CHANGES and tally.sender in concerned)
    ]
