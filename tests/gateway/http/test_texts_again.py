"""Texts asked for again: one key and body get one answer, and nobody gets two."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx

from gateway.http.app import create_app
from gateway.http.sends import Accepting
from gateway.phones.sending import Sending
from gateway.roads.pipeline import Ask
from suppression.decision import Defer, Send
from suppression.errors import StoreUnavailable
from suppression.model import Facts, Request
from suppression.outbox import Accepted, Draft
from suppression.store.hand_over import Moved
from suppression.store.outbox import Outbox
from tests.gateway.http.world import APPS, FakeWorld, RealWorld, World

ANN, BOB = "+12025550143", "+12025550144"


def text(to: Any = ANN, **more: Any) -> dict[str, Any]:
    return {"to": to, "body": "Your parcel is on its way.", "purpose": "transactional/orders", **more}


async def test_one_key_and_body_get_the_same_answer(world: World) -> None:
    await world.post("/v1/suppressions", {"address": BOB, "note": "no"})
    logged = [len(await world.records(number)) for number in (ANN, BOB)]
    asked = text([ANN, BOB, "nobody"])
    first = await world.post("/v1/sms", asked, Idempotency_Key="order-4711")
    again = await world.post("/v1/sms", asked, Idempotency_Key="order-4711")

    assert again.json() == first.json()
    assert again.status_code == first.status_code
    assert [len(await world.records(number)) for number in (ANN, BOB)] == [count + 1 for count in logged]


async def test_one_key_with_another_body_is_422_and_sends_nothing(world: World) -> None:
    await world.post("/v1/sms", text(), Idempotency_Key="order-4711")
    other = await world.post("/v1/sms", text(body="Something else."), Idempotency_Key="order-4711")
    elsewhere = await world.post("/v1/sms", text(BOB), Idempotency_Key="order-4711")

    assert (other.status_code, elsewhere.status_code) == (422, 422)
    assert await world.records(BOB) == []
    assert len(await world.records(ANN)) == 1


async def test_without_a_key_or_with_another_it_is_another_text(world: World) -> None:
    answers = [
        await world.post("/v1/sms", text(), **headers)
        for headers in ({}, {}, {"Idempotency_Key": "a"}, {"Idempotency_Key": "b"})
    ]

    assert len({answer.json()["messages"][0]["id"] for answer in answers}) == 4


async def test_a_key_is_of_the_caller_who_made_it(world: World) -> None:
    first = await world.post("/v1/sms", text(), Idempotency_Key="a")
    other = await world.post("/v1/sms", text(), "trusted", Idempotency_Key="a")

    assert first.json()["messages"][0]["id"] != other.json()["messages"][0]["id"]


async def test_what_was_accepted_in_time_is_answered_the_same_later(world: World) -> None:
    at = (world.now() + timedelta(seconds=30)).isoformat()
    first = await world.post("/v1/sms", text(send_at=at), Idempotency_Key="a")
    await world.advance(timedelta(hours=1))
    again = await world.post("/v1/sms", text(send_at=at), Idempotency_Key="a")
    late = await world.post("/v1/sms", text(send_at=at), Idempotency_Key="b")

    assert again.json() == first.json()
    assert late.status_code == 422


async def test_a_thousand_that_were_cut_off_and_sent_again_get_one_each(fakes: FakeWorld) -> None:
    numbers = [f"+1202556{n:04}" for n in range(1000)]
    fakes.outbox.dies_after = 500
    cut = await fakes.post("/v1/sms", text(numbers), Idempotency_Key="batch")
    first = dict(fakes.outbox.entries)
    fakes.outbox.dies_after = None
    again = await fakes.post("/v1/sms", text(numbers), Idempotency_Key="batch")

    assert cut.status_code == 500
    assert len(first) == 500
    assert again.status_code == 202
    told = [one["id"] for one in again.json()["messages"]]
    assert len(set(told)) == len(fakes.outbox.entries) == 1000
    assert first.keys() <= set(told)


@dataclass
class CutOff:
    """The real road, which ends in the middle of the first batch."""

    road: Accepting
    after: int

    async def accept(self, ask: Ask, draft: Draft) -> Accepted:
        return await self.road.accept(ask, draft)

    async def accept_many(self, asks: Sequence[tuple[Ask, Draft]]) -> Sequence[Accepted]:
        if not self.after:
            return await self.road.accept_many(asks)
        await self.road.accept_many(asks[: self.after])
        self.after = 0
        raise RuntimeError("cut off")


async def test_a_thousand_that_were_cut_off_are_in_the_store_once_each(real: RealWorld) -> None:
    numbers = [f"+1202556{n:04}" for n in range(1000)]
    assert real.doors.sends is not None
    road = CutOff(real.doors.sends.accepting, 500)
    cut = await post_batch(real, road, numbers)
    again = await until_the_store_has_time(real, road, numbers)

    assert (cut.status_code, again.status_code) == (500, 202)
    await each_has_one_entry(real, numbers, again)


class Failing(Outbox):
    """The real one, whose store is away for a moment, after some entries."""

    left = 20

    async def put(
        self, request: Request, decision: Send | Defer, facts: Facts, draft: Draft, message: str
    ) -> Accepted | Moved:
        self.left -= 1
        if self.left == 0:
            raise StoreUnavailable("no answer in time")
        return await super().put(request, decision, facts, draft, message)


async def test_a_store_that_is_away_within_a_batch_is_an_outage_and_no_defect(real: RealWorld) -> None:
    numbers = [f"+1202556{n:04}" for n in range(100)]
    assert real.doors.sends is not None
    road = real.doors.sends.accepting
    assert isinstance(road, Sending)
    failing = Sending(road.pipeline, Failing(real.store), APPS)
    away = await post_batch(real, failing, numbers)
    again = await until_the_store_has_time(real, failing, numbers)

    assert (away.status_code, away.headers["Retry-After"], again.status_code) == (503, "5", 202)
    await each_has_one_entry(real, numbers, again)


async def post_batch(real: RealWorld, road: Accepting, numbers: list[str]) -> httpx.Response:
    assert real.doors.sends is not None
    app = create_app(replace(real.doors, sends=replace(real.doors.sends, accepting=road)))
    headers = {"Authorization": real.bearer("app"), "Idempotency-Key": "batch"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://gateway.test"
    ) as client:
        return await client.post("/v1/sms", json=text(numbers), headers=headers)


async def until_the_store_has_time(real: RealWorld, road: Accepting, numbers: list[str]) -> httpx.Response:
    """As a client does on 503: the same again."""
    async with asyncio.timeout(60):
        while (answer := await post_batch(real, road, numbers)).status_code == 503:  # noqa: ASYNC110 - it is the store that is waited for
            await asyncio.sleep(0.5)
    return answer


async def each_has_one_entry(real: RealWorld, numbers: list[str], answer: httpx.Response) -> None:
    outbox = Outbox(real.store)
    waiting = [entry for number in numbers for entry in await outbox.waiting(real.recipient(number))]
    assert [entry.id for entry in waiting] == [one["id"] for one in answer.json()["messages"]]
