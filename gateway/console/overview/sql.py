"""The same figures by one question in SQL, over whatever has the columns of the archive's view `log`."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from gateway.console.overview.figures import Counted, Span, Tally, fold
from suppression.records import RecordKind
from suppression.store import codec

Rows = Callable[[str, int, int], Awaitable[Sequence[Sequence[Any]]]]
"""Answers a SELECT over records that were logged from a time on and before another, in ms."""

_HOUR = 3_600_000  # ms
_KINDS = tuple(
    kind.value
    for kind in (
        RecordKind.DECIDED,
        RecordKind.QUEUED,
        RecordKind.SENT,
        RecordKind.REJECTED,
        RecordKind.BOUNCED,
        RecordKind.SUPPRESSED,
    )
)
_SQL = """
SELECT span, (ms - began) // {hour} AS hour, kind, coalesce(channel, ''),
    coalesce(CASE kind WHEN '{change}' THEN split_part(scope, '|', 2) ELSE purpose END, ''),
    coalesce(outcome, ''), coalesce(reason, ''), coalesce(way, ''),
    coalesce(CASE kind WHEN '{bounce}' THEN details ->> '$.kind' END, ''),
    coalesce(repeated, false), count(*)
FROM (
    SELECT *, CASE {spans} END AS span, CASE {begins} END AS began
    FROM log WHERE kind IN ({kinds}) AND ({times}) AND NOT (kind = '{change}' AND coalesce(recipient, '') = '')
)
GROUP BY ALL ORDER BY ALL
"""


class SqlFigures:
    """`rows`: for instance of the archive's database, in a thread."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def counted(self, spans: Sequence[Span]) -> list[Counted]:
        since = min(codec.milliseconds(span.since) for span in spans)
        until = max(codec.milliseconds(span.until) for span in spans)
        found = await self._rows(question(spans), since, until)
        return fold(spans, (Tally(*row) for row in found))


def question(spans: Sequence[Span]) -> str:
    """One for all spans. They do not overlap."""
    times = [(codec.milliseconds(span.since), codec.milliseconds(span.until)) for span in spans]
    within = [f"(ms >= {since:d} AND ms < {until:d})" for since, until in times]
    return _SQL.format(
        hour=_HOUR,
        change=RecordKind.SUPPRESSED.value,
        bounce=RecordKind.BOUNCED.value,
        spans=" ".join(f"WHEN {one} THEN {number}" for number, one in enumerate(within)),
        begins=" ".join(f"WHEN {one} THEN {times[number][0]:d}" for number, one in enumerate(within)),
        kinds=", ".join(f"'{kind}'" for kind in _KINDS),
        times=" OR ".join(within),
    )
