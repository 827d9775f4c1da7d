"""How often something may be tried, for all processes together, whatever it is."""

import asyncio
from datetime import timedelta

import pytest

from gateway.state.rate_limits import LockOut, TokenBucket
from suppression.store.store import Store

TICK = timedelta(milliseconds=40)


async def test_a_bucket_gives_what_it_holds_and_then_one_at_a_time(store: Store) -> None:
    bucket = TokenBucket(store.client.stops, "test", most=3, between=timedelta(hours=1))
    assert [await bucket.take("a") for _ in range(3)] == [None] * 3
    wait = await bucket.take("a")
    assert wait is not None
    assert timedelta(minutes=59) < wait <= timedelta(hours=1)
    assert await bucket.take("b") is None, "others have their own"


async def test_a_bucket_fills_again(store: Store) -> None:
    bucket = TokenBucket(store.client.stops, "test", most=1, between=TICK)
    assert await bucket.take("a") is None
    wait = await bucket.take("a")
    assert wait is not None
    await asyncio.sleep(wait.total_seconds() + 0.01)
    assert await bucket.take("a") is None


async def test_takers_at_once_get_no_more_than_there_is(store: Store) -> None:
    bucket = TokenBucket(store.client.stops, "test", most=5, between=timedelta(hours=1))
    took = await asyncio.gather(*(bucket.take("a") for _ in range(50)))
    assert took.count(None) == 5


async def test_each_further_try_waits_twice_as_long_up_to_the_longest(store: Store) -> None:
    lock = LockOut(
        store.client.stops, "test", free=2, first=TICK, longest=4 * TICK, forgotten=timedelta(hours=1)
    )
    assert await lock.attempt("a") is None
    waits = []
    for _ in range(5):
        assert await lock.attempt("a") is None
        wait = await lock.attempt("a")
        assert wait is not None
        waits.append(wait)
        await asyncio.sleep(wait.total_seconds() + 0.005)
    for found, most in zip(waits, (1, 2, 4, 4, 4), strict=True):
        assert most * TICK / 2 < found <= most * TICK


async def test_tries_while_locked_out_do_not_lengthen_it(store: Store) -> None:
    lock = LockOut(store.client.stops, "test", free=1, first=timedelta(minutes=1))
    assert await lock.attempt("a") is None
    waits = [await lock.attempt("a") for _ in range(20)]
    assert all(wait is not None and wait <= timedelta(minutes=1) for wait in waits)


async def test_a_success_clears_it(store: Store) -> None:
    lock = LockOut(store.client.stops, "test", free=1)
    assert await lock.attempt("a") is None
    assert await lock.attempt("a") is not None
    await lock.clear("a")
    assert await lock.attempt("a") is None


async def test_what_is_tried_at_is_kept_as_a_hash_and_forgotten(store: Store) -> None:
    await LockOut(store.client.stops, "test").attempt("ann@example.net")
    await TokenBucket(store.client.stops, "test", 1, TICK).take("203.0.113.7")
    keys = await store.client.stops.execute("KEYS", "{console}*")
    assert not any(b"ann" in key or b"203" in key for key in keys)
    assert all([await store.client.stops.execute("PTTL", key) > 0 for key in keys])


@pytest.mark.parametrize("odd", ["", "\x00", "\udcff", "x" * 100_000])
async def test_anything_can_be_tried_at(store: Store, odd: str) -> None:
    assert await LockOut(store.client.stops, "test").attempt(odd) is None
