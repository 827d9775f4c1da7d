"""Events from the outbox to a real receiver: told until it says yes, and given up in the end."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from gateway.duties.desk import Desk
from gateway.duties.dispatcher import IN_HAND
from gateway.duties.telling import PAUSES, Telling
from gateway.duties.times import Times
from gateway.webhooks.delivering import AT_ONCE, Delivering
from gateway.webhooks.events import drafts
from gateway.webhooks.subscriptions import Subscription, Webhooks
from suppression.model import Scope
from suppression.outbox import State
from suppression.store.event_entries import EventEntries
from tests.conftest import free_port
from tests.gateway.duties.office import Office, number_of, until
from tests.gateway.webhooks.conftest import receiver
from tests.gateway.webhooks.receiver import KEY, Receiver, to_loopback

__all__ = ["receiver"]
ANN = "+12025550143"
QUICK = (0.05, 0.1, 0.1)


class Shop:
    """A dispatcher whose apps have receivers."""

    def __init__(
        self, office: Office, *subscriptions: Subscription, pauses: tuple[float, ...] = QUICK
    ) -> None:
        self.office = office
        self.webhooks = Webhooks({each.app: each for each in subscriptions})
        office.store.steps.events = drafts(self.webhooks)
        self.entries = EventEntries(office.store)
        self.delivering = Delivering(to_loopback(), within=2)
        self.telling = Telling(self.entries, self.webhooks, self.delivering, pauses)

    @asynccontextmanager
    async def open(self, **given: Any) -> AsyncIterator[Desk]:
        async with self.office.dispatching(telling=self.telling, **given) as desk:
            yield desk
        await self.delivering.close()

    async def waiting(self) -> int:
        shards = self.office.store.shards.all
        keys = [key for shard in shards for key in (shard.due, shard.leased)]
        return sum(await self.office.store.client.sends.read([("ZCARD", key) for key in keys]))

    async def empty(self) -> bool:
        return await self.waiting() == 0

    async def held(self) -> list[str]:
        return [entry.reason for entry in await self.office.outbox.held()]

    async def holds(self, count: int) -> bool:
        return len(await self.held()) == count


def stop_of(n: int) -> tuple[str, Scope]:
    return number_of(n), Scope(purpose="marketing", sender="brand")


async def test_a_stop_is_told_within_a_moment_and_leaves_nothing(office: Office, receiver: Receiver) -> None:
    shop = Shop(office, receiver.subscription())
    async with shop.open():
        began = time.monotonic()
        await office.stop(*stop_of(1))
        (came,) = await receiver.until(1)
        assert time.monotonic() - began < 2
        told = came.verified()
        assert (told["type"], told["data"]["recipient"]) == ("suppressed", number_of(1))
        assert came.id == f"evt_{told['data']['record']}"
        await until(shop.empty)
    assert await office.store.client.sends.execute("KEYS", "*}o*") == []


async def test_what_fails_comes_again_with_the_same_id_until_it_is_taken(
    office: Office, receiver: Receiver
) -> None:
    receiver.answers = [500, 302, 404]
    shop = Shop(office, receiver.subscription())
    async with shop.open():
        await office.stop(*stop_of(1))
        came = await receiver.until(4)
        await until(shop.empty)
    assert len({one.id for one in came}) == 1
    assert len({one.body for one in came}) == 1
    assert [one.verified()["type"] for one in came] == ["suppressed"] * 4
    assert len(receiver.came) == 4
    assert await shop.held() == []


async def test_what_nobody_takes_is_given_up_for_agents_and_told_when_they_say_so(
    office: Office, receiver: Receiver
) -> None:
    receiver.answers = [404] * 4
    shop = Shop(office, receiver.subscription())
    async with shop.open():
        with capture_logs() as logged:
            await office.stop(*stop_of(1))
            await until(lambda: shop.holds(1))
        (entry,) = await office.outbox.held()
        assert (entry.state, entry.reason, entry.attempts) == (State.DEAD, "404", len(QUICK) + 1)
        assert [line["reason"] for line in logged if line["event"] == "event_not_taken"] == ["404"]
        await office.outbox.retry(entry.id, actor="agent")
        came = await receiver.until(5)
        await until(shop.empty)
    assert len({one.id for one in came}) == 1
    assert await shop.held() == []


async def test_gone_ends_it_at_once(office: Office, receiver: Receiver) -> None:
    receiver.answers = [410]
    shop = Shop(office, receiver.subscription())
    async with shop.open():
        with capture_logs() as logged:
            await office.stop(*stop_of(1))
            await until(lambda: shop.holds(1))
    assert await shop.held() == ["410"]
    assert len(receiver.came) == 1
    assert "event_not_taken" in [line["event"] for line in logged]
    assert number_of(1) not in repr(logged)


async def test_retry_after_is_waited_for(office: Office, receiver: Receiver) -> None:
    receiver.answers = [lambda: web.Response(status=429, headers={"Retry-After": "1"})]
    shop = Shop(office, receiver.subscription())
    async with shop.open():
        await office.stop(*stop_of(1))
        await receiver.until(1)
        began = time.monotonic()
        await receiver.until(2)
    assert time.monotonic() - began >= 0.9


async def test_an_app_whose_webhook_has_left_the_settings_is_not_asked(
    office: Office, receiver: Receiver
) -> None:
    shop = Shop(office, receiver.subscription())
    await office.stop(*stop_of(1))
    shop.telling = Telling(shop.entries, Webhooks(), shop.delivering)
    async with shop.open():
        await until(lambda: shop.holds(1))
    assert await shop.held() == ["no_webhook"]
    assert receiver.came == []


async def test_each_app_hears_its_own_and_a_dead_one_keeps_no_other_waiting(
    office: Office, receiver: Receiver
) -> None:
    """Nor a text: one app's receiver hangs, the other hears all within moments."""
    async with Receiver(hangs=2).open() as hanging:
        shop = Shop(office, receiver.subscription(), hanging.subscription("crm"))
        async with shop.open():
            began = time.monotonic()
            for n in range(60):
                await office.stop(*stop_of(n))
            await receiver.until(60)
            text = await office.accept("+12025559999")
            await office.until(text.id, State.SENT)
            assert time.monotonic() - began < 10
    assert {came.verified()["data"]["scope"]["sender"] for came in receiver.came} == {"brand"}


async def test_a_burst_goes_through_ten_connections_and_each_event_once(
    office: Office, receiver: Receiver
) -> None:
    receiver.hangs = 0.005
    shop = Shop(office, receiver.subscription())
    count = 2 * IN_HAND
    for n in range(count):
        await office.stop(*stop_of(n))
    async with shop.open():
        came = await receiver.until(count, 60)
        await until(shop.empty)
    assert len({one.id for one in came}) == len(came) == count
    assert len(receiver.connections) <= AT_ONCE


async def test_a_receiver_that_is_away_is_asked_now_and_then_and_told_when_it_is_back(office: Office) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    shop = Shop(office, Subscription("shop", "brand", url, (KEY,)), pauses=(0.2,) * 200)
    async with shop.open():
        with capture_logs() as logged:
            for n in range(20):
                await office.stop(*stop_of(n))
            await until(lambda: _said(logged, "sender_held_back"), 10)
        assert await shop.waiting() == 20
        assert "http" not in repr(logged)
    assert await shop.held() == []


async def _said(logged: list[Any], event: str) -> bool:
    return event in [line["event"] for line in logged]


async def test_a_stop_of_everything_cancels_no_event(office: Office, receiver: Receiver) -> None:
    receiver.answers = [500]
    shop = Shop(office, receiver.subscription(), pauses=(0.5,))
    async with shop.open():
        await office.stop(*stop_of(1))
        await receiver.until(1)
        await office.stop(number_of(1))
        await receiver.until(3)
        await until(shop.empty)
    assert sorted(came.verified()["data"]["scope"]["purpose"] for came in receiver.came) == [
        "*",
        "marketing",
        "marketing",
    ]


async def test_one_that_was_claimed_by_a_process_that_died_is_told_by_another(
    office: Office, receiver: Receiver
) -> None:
    shop = Shop(office, receiver.subscription())
    await office.stop(*stop_of(1))
    (claimed,) = await office.claim(lease=0.2)
    async with shop.open():
        (came,) = await receiver.until(1)
        await until(shop.empty)
    assert came.id == f"evt_{claimed.decision_id}"


async def test_one_whose_process_died_behind_the_answer_comes_twice_under_one_id(
    office: Office, receiver: Receiver
) -> None:
    shop = Shop(office, receiver.subscription())
    await office.stop(*stop_of(1))
    (claimed,) = await office.claim(lease=0.5)
    posting = asyncio.create_task(shop.telling.tell(claimed))
    receiver.hangs = 0.3
    await receiver.until(1)
    posting.cancel()
    receiver.hangs = 0
    async with shop.open():
        came = await receiver.until(2)
        await until(shop.empty)
    assert came[0].id == came[1].id


async def test_at_the_end_what_was_begun_is_finished_and_the_rest_is_put_back(
    office: Office, receiver: Receiver
) -> None:
    receiver.hangs = 0.4
    shop = Shop(office, receiver.subscription())
    for n in range(40):
        await office.stop(*stop_of(n))
    async with shop.open(times=Times(lease=60)):
        await receiver.until(AT_ONCE)
    told = len(receiver.came)
    assert await shop.waiting() == 40 - told
    claimed = await _all_claimed(office)
    assert len(claimed) == 40 - told  # nobody waits for a lease of ours


async def _all_claimed(office: Office) -> set[str]:
    await asyncio.sleep(1.5)
    found: set[str] = set()
    while claimed := await office.claim():
        found |= {entry.id for entry in claimed}
    return found


def test_the_schedule_is_the_specifications() -> None:
    """Standard Webhooks 1.0: at once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h."""
    hours = [count * 3600 for count in (2, 5, 10, 14, 20, 24)]
    assert [5, 300, 1800, *hours] == list(PAUSES)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_a_yes(office: Office, receiver: Receiver, status: int) -> None:
    receiver.answers = [status]
    shop = Shop(office, receiver.subscription())
    async with shop.open():
        await office.stop(*stop_of(1))
        await receiver.until(1)
        await until(shop.empty)
    assert len(receiver.came) == 1
