"""Decisions by HTTP: in order, one refusal each, no permission without a record."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.gateway.http.world import World

ANN, BOB = "ann@example.net", "bob@example.net"
PROMOTION = "marketing/promotions"


def one(to: str = ANN, channel: str = "email", purpose: str = PROMOTION, **more: Any) -> dict[str, Any]:
    return {"to": to, "channel": channel, "purpose": purpose, **more}


async def consent(world: World, address: str = ANN) -> None:
    answer = await world.post(
        "/v1/consents",
        {
            "address": address,
            "channels": ["email"],
            "purpose": "marketing",
            "basis": "opt_in",
            "source": "form",
            "at": (world.now() - timedelta(hours=1)).isoformat(),
            "evidence": {"form": "newsletter"},
        },
    )
    assert answer.status_code == 201


def moment(text: str) -> datetime:
    assert text.endswith("Z")
    return datetime.fromisoformat(text)


async def test_decisions_are_answered_in_order_and_logged(world: World) -> None:
    await consent(world)
    answer = await world.post(
        "/v1/decisions", {"requests": [one(BOB), one(), one(purpose="transactional/orders")]}
    )

    assert answer.status_code == 200
    made = answer.json()["decisions"]
    assert [(d["to"], d["outcome"], d["reason"]) for d in made] == [
        (BOB, "refuse", "no_consent"),
        (ANN, "send", "consented"),
        (ANN, "send", "no_consent_needed"),
    ]
    assert made[1]["purpose"] == PROMOTION
    assert made[1]["channel"] == "email"
    ids = [line.id for line in await world.records(ANN)]
    assert made[1]["decision_id"] in ids
    assert made[2]["decision_id"] in ids


async def test_a_decision_is_good_for_5_seconds(world: World) -> None:
    before = world.now()
    made = (await world.post("/v1/decisions", {"requests": [one()]})).json()["decisions"][0]
    after = world.now()

    good = moment(made["valid_until"])
    slack = timedelta(milliseconds=1)  # times are written to the millisecond
    assert before + timedelta(seconds=5) - slack <= good <= after + timedelta(seconds=5)


async def test_an_unusable_number_is_a_refusal_of_its_own(world: World) -> None:
    body = {
        "requests": [
            one("not a number", "sms", "transactional/orders"),
            one("+12025550143", "sms", "transactional/orders"),
            one("@", purpose="transactional/orders"),
        ]
    }
    answer = await world.post("/v1/decisions", body)

    assert answer.status_code == 200
    made = answer.json()["decisions"]
    assert [(d["outcome"], d["reason"]) for d in made] == [
        ("refuse", "unusable_address"),
        ("send", "no_consent_needed"),
        ("refuse", "unusable_address"),
    ]
    assert made[0]["to"] == "not a number"


async def test_without_record_nothing_is_logged_and_it_is_no_permission(world: World) -> None:
    await consent(world)
    logged = len(await world.records(ANN))
    answer = await world.post("/v1/decisions", {"requests": [one(), one(BOB), one("@")], "record": False})

    made = answer.json()["decisions"]
    assert [d["outcome"] for d in made] == ["would_send", "refuse", "refuse"]
    assert {d["decision_id"] for d in made} == {None}
    assert len(await world.records(ANN)) == logged
    assert await world.records(BOB) == []


async def test_at_asks_about_another_time_without_record_only(world: World) -> None:
    at = "2027-01-01T09:30:00+01:00"
    asked = await world.post("/v1/decisions", {"requests": [one(at=at)], "record": False})
    refused = await world.post("/v1/decisions", {"requests": [one(BOB), one(at=at)]})

    assert moment(asked.json()["decisions"][0]["valid_until"]) == datetime(2027, 1, 1, 8, 30, tzinfo=UTC)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "#/requests/1/at"
    assert await world.records(BOB) == []


async def test_a_thousand_are_answered_and_one_more_is_refused(world: World) -> None:
    requests = [one(f"user{n}@example.net", purpose="transactional/orders") for n in range(1000)]
    answer = await world.post("/v1/decisions", {"requests": requests})
    too_many = await world.post("/v1/decisions", {"requests": [*requests, one()]})

    assert [d["to"] for d in answer.json()["decisions"]] == [r["to"] for r in requests]
    assert {d["outcome"] for d in answer.json()["decisions"]} == {"send"}
    assert too_many.status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"requests": []},
        {"requests": None},
        {"requests": {}},
        {"requests": [one(channel="fax")]},
        {"requests": [one(purpose="marketing")]},
        {"requests": [one(purpose="nothing/here")]},
        {"requests": [one(purpose="marketing/promotions\r\nX: y")]},
        {"requests": [one(to="")]},
        {"requests": [one(to="a" * 500 + "@example.net")]},
        {"requests": [one(to="ann@example.net\u0000")], "record": "yes"},
        {"requests": [{**one(), "to": 1}]},
        {"requests": [one(at="tomorrow")], "record": False},
        {"requests": [one(at="2026-11-24T18:00:00")], "record": False},
        {"requests": [one(at=1764007200)], "record": False},
        {"requests": [one(at="2026-02-30T18:00:00Z")], "record": False},
        {"requests": [one(at="0001-01-01T00:00:00+14:00")], "record": False},
        {"requests": [one()], "record": None},
        {"requests": [one()], "record": 1},
        {"requests": [one()], "surprise": 1},
        {"requests": [one(surprise=1)]},
        [],
        "text",
        None,
        1,
    ],
)
async def test_a_call_that_is_not_understood_is_422_and_does_nothing(world: World, body: Any) -> None:
    answer = await world.post("/v1/decisions", body)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert ANN not in answer.text
    assert await world.records(ANN) == []


async def test_one_key_and_body_get_the_same_decisions(world: World) -> None:
    body = {"requests": [one(purpose="transactional/orders"), one(BOB, purpose="transactional/orders")]}
    first = await world.post("/v1/decisions", body, Idempotency_Key="order-4711")
    logged = len(await world.records(ANN))
    await world.advance(timedelta(seconds=3))
    again = await world.post("/v1/decisions", body, Idempotency_Key="order-4711")
    other = await world.post("/v1/decisions", {"requests": [one()]}, Idempotency_Key="order-4711")
    fresh = await world.post("/v1/decisions", body, Idempotency_Key="order-4712")

    # The time is the first decision's too: a repeat does not make it good for longer.
    assert again.json() == first.json()
    assert len(await world.records(ANN)) == logged + 1
    assert other.status_code == 422
    assert fresh.json()["decisions"][0]["decision_id"] != first.json()["decisions"][0]["decision_id"]


async def test_the_store_away_is_503_and_no_decision(world: World) -> None:
    await world.go_away()
    answer = await world.post("/v1/decisions", {"requests": [one(), one(BOB)]})

    assert answer.status_code == 503
    assert "decisions" not in answer.json()


async def test_explain_shows_rules_and_the_entry_that_decided(world: World) -> None:
    stopped = await world.post("/v1/suppressions", {"address": ANN, "purpose": "marketing", "note": "phone"})
    answer = await world.get("/v1/explain", address=ANN, channel="email", purpose=PROMOTION)

    assert answer.status_code == 200
    told = answer.json()
    assert told["decision"]["outcome"] == "refuse"
    assert told["decision"]["reason"] == "unsubscribed"
    refusing = [rule for rule in told["rules"] if rule["verdict"] == "refuse"]
    assert refusing[0]["fact"] == stopped.json()["id"]


async def test_explain_for_support_names_the_app(world: World) -> None:
    asked = {"address": ANN, "channel": "email", "purpose": PROMOTION}

    assert (await world.get("/v1/explain", "agent", **asked)).status_code == 422
    assert (await world.get("/v1/explain", "agent", **asked, app="nobody")).status_code == 422
    assert (await world.get("/v1/explain", "agent", **asked, app="stranger")).status_code == 200
    assert (await world.get("/v1/explain", "app", **asked, app="demo")).status_code == 200
    assert (await world.get("/v1/explain", "app", **asked, app="stranger")).status_code == 403


async def test_in_a_query_a_leading_blank_is_a_plus(world: World) -> None:
    answer = await world.call(
        "GET", "/v1/explain?address=+12025550143&channel=sms&purpose=transactional/orders"
    )

    assert answer.json()["decision"] == {"outcome": "would_send", "reason": "no_consent_needed"}


@pytest.mark.parametrize(
    "query", ["address=a@b.example", "channel=sms&purpose=x&address=y", "address=%FF&channel=email"]
)
async def test_explain_refuses_what_it_cannot_read(world: World, query: str) -> None:
    assert (await world.call("GET", f"/v1/explain?{query}")).status_code == 422
