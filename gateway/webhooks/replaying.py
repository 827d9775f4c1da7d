"""Telling an app again what the log has: events that its receiver lost, under the ids that they had."""

from collections.abc import AsyncIterator, Collection
from datetime import datetime
from typing import Protocol

from gateway.webhooks import events
from gateway.webhooks.subscriptions import EventType, Subscription
from suppression.records import Record
from suppression.store import codec
from suppression.store.event_entries import EventEntries


class Records(Protocol):
    """The log, wherever it is kept: gateway.archive.history."""

    def all(self, since: int, until: int) -> AsyncIterator[Record]:
        """Everybody's records that were logged from `since` on and before `until`, ms of the store's clock."""
        ...


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
    async for record in records.all(codec.milliseconds(since), codec.milliseconds(until)):
        kind = events.type_of(record)
        if kind is None or (types and kind not in types) or not events.wants(subscription, record, kind):
            continue
        count += await entries.put_again(record, events.draft(subscription, record))
    return count
