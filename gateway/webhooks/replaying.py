"""Telling an app again what the log has: events that its receiver lost, under the ids that they had."""

from collections.abc import AsyncIterator, Collection
from datetime import datetime
from typing import Protocol

from gateway.webhooks import events
from gateway.webhooks.subscriptions import EventType, Subscription
from suppression.records import Record
from suppression.store import codec
from suppression.store.event_entries import EventEntries
from suppression.store.store import Store

_PAGE = 500


class Records(Protocol):
    """The log, wherever it is kept."""

    def all(self, since: datetime, until: datetime) -> AsyncIterator[Record]:
        """Everybody's records that were logged in this time (by the store's clock); a recipient's in order."""
        ...


class HotRecords:
    """What is in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def all(self, since: datetime, until: datetime) -> AsyncIterator[Record]:
        for shard in self._store.shards.all:
            after: str | None = ""
            while after is not None:
                page = await self._store.log.page(
                    shard.number, after, codec.milliseconds(since), codec.milliseconds(until), _PAGE
                )
                for record in page.records:
                    yield record
                after = page.last


async def replay(
    records: Records,
    entries: EventEntries,
    subscription: Subscription,
    since: datetime,
    until: datetime,
    types: Collection[EventType] = (),
) -> int:
    """How many were put into the outbox again: what is told again already is not told twice. `types`: empty for all."""
    count = 0
    async for record in records.all(since, until):
        kind = events.type_of(record)
        if kind is None or (types and kind not in types) or not events.wants(subscription, record, kind):
            continue
        count += await entries.put_again(record, events.draft(subscription, record))
    return count
