"""Ways back: kept once for each app and MAIL FROM, sealed, and found by number."""

import pytest

from suppression.errors import StoreUnavailable
from suppression.store.store import Store
from suppression.store.ways_back import KEPT, WayBack, WaysBack

SHOP = WayBack("Shop@example.com", "shop", "brand")


async def test_what_was_kept_is_found_by_its_number(store: Store) -> None:
    await WaysBack(store).keep(SHOP)

    assert await WaysBack(store).find(SHOP.number) == SHOP
    assert await WaysBack(store).find(b"unheard.") is None


def test_a_number_is_of_app_and_address() -> None:
    others = [WayBack("shop@example.com", "shop", "brand"), WayBack("Shop@example.com", "news", "brand")]

    assert len({way.number for way in (SHOP, *others)}) == 3
    assert len(SHOP.number) == 8


async def test_the_address_is_sealed_and_goes_after_its_time(store: Store) -> None:
    await WaysBack(store).keep(SHOP)
    key = store.shards.of_name(SHOP.number.hex()).way_back(SHOP.number)

    assert b"example" not in await store.client.stops.execute("GET", key)
    left = await store.client.stops.execute("PTTL", key)
    assert KEPT.total_seconds() * 1000 - 60_000 < left <= KEPT.total_seconds() * 1000


async def test_a_process_writes_it_once_a_day(store: Store) -> None:
    ways = WaysBack(store)
    await ways.keep(SHOP)
    await store.client.stops.execute("DEL", store.shards.of_name(SHOP.number.hex()).way_back(SHOP.number))
    await ways.keep(SHOP)

    assert await ways.find(SHOP.number) is None


async def test_nothing_is_taken_for_kept_that_was_not_stored(store: Store) -> None:
    ways = WaysBack(store)
    await store.close()
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await ways.keep(SHOP)
