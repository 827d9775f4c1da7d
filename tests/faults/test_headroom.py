"""A store that fills up stops sends first: a stop must always find room."""

import asyncio

import pytest

from gateway.duties.headroom import watch_headroom
from suppression.address import parse
from suppression.changes import Suppress
from suppression.decision import Reason, Send
from suppression.errors import StoreUnavailable
from suppression.model import App, Channel, Request, Scope, Way
from suppression.purposes import Catalogue
from suppression.store import headroom
from suppression.store.apply import apply
from suppression.store.hand_over import HandOver
from suppression.store.permit import Permit
from suppression.store.store import Store


async def test_sends_stop_and_stops_go_on_when_memory_runs_short(store: Store) -> None:
    ann = store.keyring.recipient(parse("ann@example.net"))
    order = Catalogue.shipped().find("transactional/orders")
    watching = asyncio.create_task(watch_headroom(store, None, pause=0.01))

    async def send() -> object:
        request = Request(App("shop", "brand"), Channel.EMAIL, order, ann, store.now())
        facts = await store.facts(ann)
        return await store.commit(request, Send(Reason.NO_CONSENT_NEEDED), facts, HandOver("m", "m"))

    async def allow_elsewhere() -> object:
        request = Request(App("shop", "brand"), Channel.EMAIL, order, ann, store.now())
        return await store.commit_check(request, Send(Reason.NO_CONSENT_NEEDED), await store.facts(ann))

    try:
        used = 1 + int(await headroom.memory_used(store.client.stops) * await _limit(store))
        await store.client.stops.execute("CONFIG", "SET", "maxmemory", used * 4 // 3)
        await _until(store, full=True)
        with pytest.raises(StoreUnavailable, match="full"):
            await send()
        with pytest.raises(StoreUnavailable, match="full"):
            await allow_elsewhere()
        stop = Suppress(Scope(), Reason.UNSUBSCRIBED, Way.AGENT, "test", "tester", store.now())
        assert (await apply(store, ann, stop)).created

        await store.client.stops.execute("CONFIG", "SET", "maxmemory", 0)
        await _until(store, full=False)
        assert isinstance(await send(), Permit)
    finally:
        watching.cancel()
        await store.client.stops.execute("CONFIG", "SET", "maxmemory", 0)


async def _limit(store: Store) -> int:
    info = (await store.client.stops.execute("INFO", "memory")).decode()
    (line,) = (line for line in info.splitlines() if line.startswith("total_system_memory:"))
    return int(line.partition(":")[2])


async def _until(store: Store, *, full: bool) -> None:
    async with asyncio.timeout(5):
        while store.full is not full:  # noqa: ASYNC110 - the flag is what senders look at too
            await asyncio.sleep(0.01)
