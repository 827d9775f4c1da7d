"""Texts asked for again: one key and body get one answer, and nobody gets two."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx

from gateway.http.app import create_app
from gateway.http.doors import Accepting
from gateway.pipeline import Ask
from suppression.outbox import Accepted, Draft
from suppression.store.outbox import Outbox
from tests.gateway.http.world import FakeWorld, RealWorld, World

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


async def test_a_thousand_that_were_cut_off_are_in_the_store_once_each(real: World) -> None:
    numbers = [f"+1202556{n:04}" for n in range(1000)]
    assert real.doors.sends is not None
    sends = replace(real.doors.sends, accepting=CutOff(real.doors.sends.accepting, 500))
    transport = httpx.ASGITransport(app=create_app(replace(real.doors, sends=sends)))
    headers = {"Authorization": real.bearer("app"), "Idempotency-Key": "batch"}
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
        cut = await client.post("/v1/sms", json=text(numbers), headers=headers)
        again = await client.post("/v1/sms", json=text(numbers), headers=headers)

    assert (cut.status_code, again.status_code) == (500, 202)
    assert isinstance(real, RealWorld)
    outbox = Outbox(real.store)
    waiting = [entry for number in numbers for entry in await outbox.waiting(real.recipient(number))]
    assert [entry.id for entry in waiting] == [one["id"] for one in again.json()["messages"]]
