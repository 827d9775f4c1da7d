"""Stops by HTTP: their identity, who may set what, and their end."""

from datetime import timedelta
from typing import Any

import pytest

from suppression.decision import Reason
from suppression.model import Channel, Scope, Way
from suppression.records import RecordKind
from tests.gateway.http.world import World

ANN = "ann@example.net"


async def test_a_stop_is_201_and_of_everything_unless_narrowed(world: World) -> None:
    answer = await world.post("/v1/suppressions", {"address": ANN, "note": "asked by phone"})

    assert answer.status_code == 201
    entry = answer.json()
    assert entry["scope"] == {"channels": ["*"], "purpose": "*", "sender": "*", "app": "*"}
    assert (entry["reason"], entry["way"], entry["source"]) == ("unsubscribed", "agent", "demo")
    assert entry["note"] == "asked by phone"
    (stop,) = await world.stops(ANN)
    assert stop.scope == Scope()
    assert stop.way is Way.AGENT


async def test_a_repeat_of_the_same_identity_is_200_and_the_same_entry(world: World) -> None:
    body = {"address": ANN, "purpose": "marketing", "note": "once"}
    first = await world.post("/v1/suppressions", body)
    again = await world.post("/v1/suppressions", body | {"address": "ANN+tag@Example.NET", "note": "twice"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    assert len(await world.stops(ANN)) == 1


async def test_a_scope_is_kept_as_given(world: World) -> None:
    body = {
        "address": "+12025550143",
        "channels": ["voice", "sms"],
        "purpose": "marketing/promotions",
        "sender": "shop",
        "app": "demo",
        "reason": "words under the other name",
    }
    answer = await world.post("/v1/suppressions", body)

    assert answer.status_code == 201
    assert answer.json()["note"] == "words under the other name"
    (stop,) = await world.stops("+12025550143")
    channels = frozenset({Channel.SMS, Channel.VOICE})
    assert stop.scope == Scope(channels, "marketing/promotions", "shop", "demo")


async def test_a_pause_ends_in_the_future(world: World) -> None:
    until = world.now() + timedelta(days=7)
    answer = await world.post("/v1/suppressions", {"address": ANN, "until": until.isoformat()})
    past = await world.post("/v1/suppressions", {"address": ANN, "until": world.now().isoformat()})

    assert answer.status_code == 201
    assert answer.json()["until"].endswith("Z")
    assert past.status_code == 422
    assert past.json()["errors"] == [{"pointer": "#/until", "detail": "A pause ends in the future."}]


async def test_only_support_blocks(world: World) -> None:
    refused = await world.post("/v1/suppressions", {"address": ANN, "block": True})
    blocked = await world.post("/v1/suppressions", {"address": ANN, "block": True, "note": "court"}, "agent")

    assert refused.status_code == 403
    assert blocked.status_code == 201
    assert blocked.json()["reason"] == "blocked"
    (stop,) = await world.stops(ANN)
    assert stop.reason is Reason.BLOCKED
    assert stop.source == "api"


async def test_an_app_names_its_own_sender_or_all(world: World) -> None:
    body = {"address": ANN, "note": "x"}

    assert (await world.post("/v1/suppressions", body | {"sender": "other"})).status_code == 403
    assert (await world.post("/v1/suppressions", body | {"sender": "shop"})).status_code == 201
    assert (await world.post("/v1/suppressions", body | {"sender": "*"})).status_code == 201
    assert (await world.post("/v1/suppressions", body | {"sender": "other"}, "agent")).status_code == 201
    assert (await world.post("/v1/suppressions", body | {"app": "stranger"})).status_code == 422


@pytest.mark.parametrize(
    "more",
    [
        {"address": "nobody"},
        {"address": "a@b@c"},
        {"address": ""},
        {"address": None},
        {"address": ["ann@example.net"]},
        {"address": "ann@example.net\r\nBcc: x@example.net"},
        {"channels": []},
        {"channels": ["fax"]},
        {"channels": "email"},
        {"purpose": "nothing/here"},
        {"purpose": "system/dsn"},
        {"purpose": ""},
        {"sender": "nobody"},
        {"sender": "shop|*"},
        {"app": "a b"},
        {"note": "x" * 2001},
        {"note": "bell \u0007"},
        {"note": "lone \ud800"},
        {"note": 1},
        {"note": "one", "reason": "two"},
        {"until": "soon"},
        {"until": "2026-13-01T00:00:00Z"},
        {"block": "true"},
        {"surprise": True},
    ],
)
async def test_what_cannot_be_used_is_422_and_echoes_nothing(world: World, more: dict[str, Any]) -> None:
    import json

    body = json.dumps({"address": "secret-ann@example.net", **more})
    headers = {"Content-Type": "application/json"}
    answer = await world.call("POST", "/v1/suppressions", "agent", content=body, headers=headers)

    assert answer.status_code == 422
    assert "secret-ann" not in answer.text
    assert await world.records("secret-ann@example.net") == []


async def test_an_unknown_field_name_is_not_echoed(world: World) -> None:
    answer = await world.post("/v1/suppressions", {"address": ANN, "gk_SECRET@x": 1})

    assert answer.status_code == 422
    assert "SECRET" not in answer.text
    assert answer.json()["errors"][0]["pointer"] == "#/?"


async def test_support_lifts_an_entry_with_reason_and_evidence(world: World) -> None:
    stopped = (await world.post("/v1/suppressions", {"address": ANN, "note": "x"})).json()
    body = {"reason": "wants them again", "evidence": {"ticket": "4712"}}
    answer = await world.post(f"/v1/suppressions/{stopped['id']}/lift", body, "agent")

    assert answer.status_code == 200
    assert answer.json()["id"] == stopped["id"]
    assert answer.json()["lifted"] is True
    assert await world.stops(ANN) == ()
    assert [line.kind for line in await world.records(ANN)] == [RecordKind.SUPPRESSED, RecordKind.LIFTED]


async def test_lifting_touches_its_own_entry_only(world: World) -> None:
    first = (await world.post("/v1/suppressions", {"address": ANN, "purpose": "marketing"})).json()
    second = (await world.post("/v1/suppressions", {"address": ANN, "purpose": "service"})).json()
    body = {"reason": "r", "evidence": {"ticket": "1"}}
    await world.post(f"/v1/suppressions/{first['id']}/lift", body, "agent")

    shown = (await world.get(f"/v1/recipients/{ANN}")).json()
    assert [entry["id"] for entry in shown["suppressions"]] == [second["id"]]


@pytest.mark.parametrize("handle", ["x", "sup_", "con_aaaa", "sup_" + "a" * 35, "sup_" + "0" * 36, "sup_%00"])
async def test_an_unknown_entry_is_404(world: World, handle: str) -> None:
    answer = await world.post(
        f"/v1/suppressions/{handle}/lift", {"reason": "r", "evidence": {"ticket": "1"}}, "agent"
    )

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"reason": "r"}, {"reason": " ", "evidence": {"a": "b"}}, {"reason": "r", "evidence": {}}]
)
async def test_lifting_needs_reason_and_evidence(world: World, body: Any) -> None:
    stopped = (await world.post("/v1/suppressions", {"address": ANN})).json()

    assert (await world.post(f"/v1/suppressions/{stopped['id']}/lift", body, "agent")).status_code == 422
    assert len(await world.stops(ANN)) == 1


async def test_one_idempotency_key_is_one_stop_and_one_answer(world: World) -> None:
    body = {"address": ANN, "note": "x"}
    first = await world.post("/v1/suppressions", body, Idempotency_Key="k1")
    again = await world.post("/v1/suppressions", body, Idempotency_Key="k1")
    other = await world.post("/v1/suppressions", body | {"note": "y"}, Idempotency_Key="k1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert other.status_code == 422
    assert len(await world.records(ANN)) == 1


async def test_keys_of_two_callers_and_of_two_routes_are_apart(world: World) -> None:
    body = {"address": ANN, "note": "x"}
    first = await world.post("/v1/suppressions", body, "app", Idempotency_Key="k1")
    other_caller = await world.post("/v1/suppressions", body | {"note": "y"}, "agent", Idempotency_Key="k1")
    lift = {"reason": "r", "evidence": {"t": "1"}}
    other_route = await world.post(
        f"/v1/suppressions/{first.json()['id']}/lift", lift, "agent", Idempotency_Key="k1"
    )

    assert (other_caller.status_code, other_route.status_code) == (201, 200)


async def test_a_lift_repeated_with_its_key_gets_the_same_answer(world: World) -> None:
    stopped = (await world.post("/v1/suppressions", {"address": ANN})).json()
    path, body = f"/v1/suppressions/{stopped['id']}/lift", {"reason": "r", "evidence": {"t": "1"}}
    first = await world.post(path, body, "agent", Idempotency_Key="k2")
    again = await world.post(path, body, "agent", Idempotency_Key="k2")

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256])
async def test_an_unusable_idempotency_key_is_422(world: World, key: str) -> None:
    answer = await world.post("/v1/suppressions", {"address": ANN}, Idempotency_Key=key)

    assert answer.status_code == 422
    assert await world.stops(ANN) == ()


async def test_a_stop_that_cannot_be_stored_is_503(world: World) -> None:
    await world.go_away()

    assert (await world.post("/v1/suppressions", {"address": ANN})).status_code == 503
