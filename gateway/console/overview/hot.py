"""The overview on the store alone: figures by counting the hot log's records, and how much waits."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from gateway.console.overview.figures import Counted, Span, Tally, fold, tally_of
from gateway.console.overview.watching import Depths
from suppression.records import RecordKind
from suppression.store import codec
from suppression.store.record_lines import decode_record
from suppression.store.store import Store

_HOUR = 3_600_000  # ms
_PAGE = 1000
_MOST = 200_000  # lines that are counted for one question
# Looked for as bytes first: of most lines nothing is counted.
_COUNTED = tuple(
    f'"{name}":"{value}"'.encode()
    for name, value in (
        ("kind", RecordKind.SENT.value),
        ("kind", RecordKind.REJECTED.value),
        ("kind", RecordKind.BOUNCED.value),
        ("kind", RecordKind.SUPPRESSED.value),
        ("outcome", "refuse"),
        ("outcome", "defer"),
    )
)


class HotFigures:
    """In the lane for much at a time. What was archived is not counted."""

    def __init__(self, store: Store, most: int = _MOST) -> None:
        self._store = store
        self._most = most

    async def counted(self, spans: Sequence[Span]) -> list[Counted]:
        found: dict[Tally, int] = {}
        left = self._most
        for number, span in enumerate(spans):
            async for lines in self._lines(span):
                left -= len(lines)
                _count(found, lines, number, codec.milliseconds(span.since))
                if left < 0:
                    return fold(spans, _summed(found), whole=False)
        return fold(spans, _summed(found))

    async def _lines(self, span: Span) -> AsyncIterator[Sequence[Any]]:
        """A page of each shard in turn, until all are read."""
        end = str(codec.milliseconds(span.until) - 1)
        starts = {shard: str(codec.milliseconds(span.since)) for shard in self._store.shards.all}
        while starts:
            for shard in list(starts):
                reply = await self._store.client.bulk.read_one(
                    "XRANGE", shard.log, starts[shard], end, "COUNT", _PAGE
                )
                yield reply
                if len(reply) < _PAGE:
                    del starts[shard]
                else:
                    starts[shard] = "(" + reply[-1][0].decode()


def _count(found: dict[Tally, int], lines: Sequence[Any], span: int, began: int) -> None:
    for order, values in lines:
        if not any(mark in value for value in values for mark in _COUNTED):
            continue
        record = decode_record("", dict(zip(values[::2], values[1::2], strict=True)))
        if record.kind is RecordKind.SUPPRESSED and not record.recipient:
            continue  # of a person: its addresses have records of their own
        tally = tally_of(record, span, (int(order.partition(b"-")[0]) - began) // _HOUR)
        found[tally] = found.get(tally, 0) + 1


def _summed(found: dict[Tally, int]) -> list[Tally]:
    return [tally._replace(many=count) for tally, count in found.items()]


async def depths(store: Store) -> Depths:
    """One question for all shards."""
    shards = store.shards.all
    counts = await store.client.bulk.read(
        [["ZCARD", key] for one in shards for key in (one.due, one.leased, one.held, one.reviews)]
    )
    return Depths(*(sum(counts[place::4]) for place in range(4)))
