"""Telling an app again what the log has: its own events, of a time and types, under the ids that they had."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from gateway.archive.history import History
from gateway.webhooks.replaying import replay
from gateway.webhooks.subscriptions import EventType
from suppression.model import Channel, Recipient, Scope
from suppression.store import codec
from suppression.store.event_entries import EventEntries
from suppression.store.store import Store
from tests.gateway.webhooks.test_roads import Company, opened

EVER = datetime(2020, 1, 1, tzinfo=UTC)
MARKETING = Scope(frozenset({Channel.EMAIL}), "marketing", "brand")


@pytest.fixture
async def company(store: Store) -> AsyncIterator[Company]:
    async with opened(store) as company:
        yield company


async def again(company: Company, app: str = "shop", since: datetime = EVER, *types: EventType) -> int:
    records, entries = History(company.store.log), EventEntries(company.store)
    until = company.store.now() + timedelta(seconds=5)
    return await replay(records, entries, company.webhooks.of_app[app], since, until, types)


async def test_events_are_told_again_with_the_same_ids_and_bodies(company: Company, ann: Recipient) -> None:
    await company.consent(ann)
    await company.suppress(ann, MARKETING)
    await company.told()
    first = {came.id: came.body for came in company.receivers["shop"].came}
    assert await again(company) == 2
    assert await again(company) == 0  # they wait already
    told = await company.told()
    assert list(told) == ["shop"]
    assert {came.id: came.body for came in company.receivers["shop"].came} == first


async def test_only_of_the_time_and_the_types_that_are_asked_for(company: Company, ann: Recipient) -> None:
    await company.consent(ann)
    await company.suppress(ann, MARKETING)
    await company.told()
    (record, _) = await company.store.log.of(ann.key)  # the newest first
    assert await again(company, "crm", company.store.now() + timedelta(seconds=1)) == 0
    assert await again(company, "crm", EVER, EventType.LIFTED) == 0
    assert await again(company, "crm", EVER, EventType.SUPPRESSED) == 1
    assert await again(company, "shop", codec.moment(record.at - 1), EventType.SUPPRESSED) == 1
    told = await company.told()
    assert {app: [event["type"] for event in events] for app, events in told.items()} == {
        "shop": ["suppressed"],
        "crm": ["suppressed"],
    }


async def test_an_app_is_told_its_own_only(company: Company, ann: Recipient) -> None:
    await company.suppress(ann, MARKETING)
    await company.told()
    assert await again(company, "partner") == 0
    assert await company.told() == {}


async def test_the_erased_are_not_named_again(company: Company, ann: Recipient) -> None:
    await company.suppress(ann, MARKETING)
    await company.told()
    await company.store.client.sends.execute("DEL", company.store.shards.of(ann.key).address(ann.key))
    await again(company)
    (event,) = await company.shop_hears()
    assert event["data"]["recipient"] is None
