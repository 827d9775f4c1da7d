"""Consents by HTTP: to one sender, with evidence, and overriding nothing unless named."""

from datetime import timedelta
from typing import Any

import pytest

from suppression.model import Basis, Channel, Scope
from tests.gateway.http.world import World

ANN = "ann@example.net"


def yes(world: World, **more: Any) -> dict[str, Any]:
    return {
        "address": ANN,
        "channels": ["email"],
        "purpose": "marketing",
        "basis": "opt_in",
        "source": "checkout",
        "at": (world.now() - timedelta(days=1)).isoformat(),
        "evidence": {"form": "newsletter", "ip": "192.0.2.7"},
        **more,
    }


async def test_a_consent_is_to_the_keys_own_sender_and_effective(world: World) -> None:
    answer = await world.post("/v1/consents", yes(world))

    assert answer.status_code == 201
    assert answer.json()["effective"] is True
    assert "blocked_by" not in answer.json()
    (consent,) = (await world.facts(ANN)).consents
    assert consent.scope == Scope(frozenset({Channel.EMAIL}), "marketing", "shop")
    assert consent.basis is Basis.OPT_IN
    assert answer.json()["id"].startswith("con_")


async def test_a_stop_stands_above_a_consent_and_is_named(world: World) -> None:
    stopped = (await world.post("/v1/suppressions", {"address": ANN, "purpose": "marketing"})).json()
    answer = await world.post("/v1/consents", yes(world))

    assert answer.status_code == 201
    assert answer.json() == {"id": answer.json()["id"], "effective": False, "blocked_by": [stopped["id"]]}


async def test_support_may_override_entries_by_name(world: World) -> None:
    stopped = (await world.post("/v1/suppressions", {"address": ANN, "purpose": "marketing"})).json()
    body = yes(world, overrides=[stopped["id"]], sender="shop")

    assert (await world.post("/v1/consents", body)).status_code == 403
    answer = await world.post("/v1/consents", body, "agent")
    assert answer.status_code == 201
    assert answer.json()["effective"] is True


async def test_an_app_with_the_right_to_may_override(world: World) -> None:
    stopped = (await world.post("/v1/suppressions", {"address": ANN, "purpose": "marketing"})).json()
    answer = await world.post("/v1/consents", yes(world, overrides=[stopped["id"]]), "trusted")

    assert answer.json()["effective"] is True


async def test_an_entry_of_another_recipient_is_not_overridden(world: World) -> None:
    bobs = (await world.post("/v1/suppressions", {"address": "bob@example.net"})).json()
    for handle in (bobs["id"], "nonsense"):
        answer = await world.post("/v1/consents", yes(world, overrides=[handle], sender="shop"), "agent")
        assert answer.status_code == 404


async def test_support_names_the_sender_and_an_app_no_other(world: World) -> None:
    assert (await world.post("/v1/consents", yes(world), "agent")).status_code == 422
    assert (await world.post("/v1/consents", yes(world, sender="*"), "agent")).status_code == 422
    assert (await world.post("/v1/consents", yes(world, sender="*"))).status_code == 422
    assert (await world.post("/v1/consents", yes(world, sender="other"))).status_code == 403
    assert (await world.post("/v1/consents", yes(world, sender="other"), "agent")).status_code == 201


@pytest.mark.parametrize(
    "more",
    [
        {"evidence": {}},
        {"evidence": None},
        {"evidence": "seen"},
        {"evidence": {"a": 1}},
        {"evidence": {"": "x"}},
        {"evidence": {str(n): "x" for n in range(40)}},
        {"channels": []},
        {"channels": None},
        {"channels": ["sms"]},
        {"channels": ["email", "voice"]},
        {"purpose": "*"},
        {"purpose": "nothing"},
        {"basis": "because"},
        {"source": ""},
        {"at": None},
        {"at": "2099-01-01T00:00:00Z"},
        {"expires": "2020-01-01T00:00:00Z"},
        {"state": None},
        {"state": "pending", "basis": "contract"},
        {"overrides": "sup_x"},
        {"address": "+1"},
        {"surprise": 1},
    ],
)
async def test_what_cannot_be_used_is_422(world: World, more: dict[str, Any]) -> None:
    answer = await world.post("/v1/consents", {**yes(world), **more})

    assert answer.status_code == 422
    assert await world.records(ANN) == []


@pytest.mark.parametrize("missing", ["address", "channels", "purpose", "basis", "source", "at", "evidence"])
async def test_nothing_needed_may_be_left_out(world: World, missing: str) -> None:
    body = yes(world)
    del body[missing]

    assert (await world.post("/v1/consents", body)).status_code == 422


async def test_at_may_be_ahead_by_what_clocks_differ(world: World) -> None:
    soon = (world.now() + timedelta(seconds=1)).isoformat()
    late = (world.now() + timedelta(seconds=60)).isoformat()

    assert (await world.post("/v1/consents", yes(world, at=soon))).status_code == 201
    assert (await world.post("/v1/consents", yes(world, at=late))).status_code == 422


async def test_a_withdrawn_consent_allows_nothing(world: World) -> None:
    given = (await world.post("/v1/consents", yes(world))).json()
    answer = await world.call("DELETE", f"/v1/consents/{given['id']}")

    assert answer.status_code == 200
    assert answer.json()["in_force"] is False
    assert "withdrawn" in answer.json()
    body = {"requests": [{"to": ANN, "channel": "email", "purpose": "marketing/promotions"}]}
    made = (await world.post("/v1/decisions", body)).json()["decisions"][0]
    assert made["outcome"] == "refuse"


async def test_a_consent_of_another_sender_is_not_there_for_an_app(world: World) -> None:
    given = (await world.post("/v1/consents", yes(world), "stranger")).json()

    assert (await world.call("DELETE", f"/v1/consents/{given['id']}", "app")).status_code == 404
    assert (await world.call("DELETE", "/v1/consents/con_nonsense")).status_code == 404
    assert (await world.call("DELETE", f"/v1/consents/{given['id']}", "agent")).status_code == 200


async def test_one_idempotency_key_is_one_consent(world: World) -> None:
    body = yes(world)
    first = await world.post("/v1/consents", body, Idempotency_Key="c1")
    again = await world.post("/v1/consents", body, Idempotency_Key="c1")
    other = await world.post("/v1/consents", yes(world, source="elsewhere"), Idempotency_Key="c1")

    assert again.json() == first.json()
    assert other.status_code == 422
    assert len(await world.records(ANN)) == 1
