"""What apps report, and what follows from it."""

from datetime import timedelta
from typing import Any

import pytest

from suppression.decision import Reason
from suppression.model import Basis, Channel, Scope, Way
from tests.gateway.http.test_people import put, reasons
from tests.gateway.http.world import RealWorld

ANN, BOB, PHONE = "ann@example.net", "bob@example.net", "+12025550143"


async def report(world: RealWorld, kind: str, *addresses: str, key: str = "app", **more: Any) -> Any:
    body = {"type": kind, "at": world.now().isoformat(), "id": f"{kind}-1", **more}
    if addresses:
        body["addresses"] = addresses
    return await world.post("/v1/events", body, key)


async def test_a_removed_app_writes_no_more_to_the_person(real: RealWorld) -> None:
    await put(real, "4711", ANN, PHONE)

    answer = await report(real, "uninstalled", ANN)

    assert (answer.status_code, answer.json()) == (202, {"id": "uninstalled-1", "type": "uninstalled"})
    for address in (ANN, PHONE):
        stops = await real.stops(address)
        assert {stop.scope for stop in stops} == {
            Scope(purpose="service", app="demo"),
            Scope(purpose="marketing", app="demo"),
        }
        assert {stop.way for stop in stops} == {Way.APP_REMOVED}


async def test_a_report_has_its_effects_once(real: RealWorld) -> None:
    at = real.now().isoformat()
    await report(real, "uninstalled", ANN, at=at)
    version = (await real.facts(ANN)).version

    again = await report(real, "uninstalled", ANN, at=at)
    other = await report(real, "uninstalled", BOB, at=at)

    assert again.status_code == 202
    assert (await real.facts(ANN)).version == version
    assert other.status_code == 422
    assert await real.stops(BOB) == ()


async def test_a_report_of_a_person_is_of_all_addresses(real: RealWorld) -> None:
    await put(real, "4711", ANN, BOB)

    assert (await report(real, "uninstalled", person="4711")).status_code == 202
    assert (await report(real, "uninstalled", person="nobody", id="2")).status_code == 202
    assert (await report(real, "uninstalled", person="4711", id="3", key="stranger")).status_code == 403

    assert len(await real.stops(BOB)) == 2


async def test_an_order_gives_a_soft_opt_in_to_similar_products(real: RealWorld) -> None:
    ordered = real.now() - timedelta(hours=1)

    await report(real, "order", ANN, at=ordered.isoformat())

    (yes,) = (await real.facts(ANN)).consents
    assert (yes.basis, yes.source, yes.at) == (Basis.SOFT_OPT_IN, "demo", ordered)
    assert yes.scope == Scope(frozenset({Channel.EMAIL}), "marketing/associated-products", "shop")
    assert yes.expires is not None
    assert 729 <= (yes.expires - ordered).days <= 731
    ask = {
        "requests": [{"channel": "email", "to": ANN, "purpose": "marketing/associated-products"}],
        "record": False,
    }
    assert (await real.post("/v1/decisions", ask)).json()["decisions"][0]["reason"] == "soft_opt_in"


@pytest.mark.parametrize("purpose", ["*", "marketing", "marketing/associated-products"])
async def test_an_order_gives_nothing_over_a_stop(real: RealWorld, purpose: str) -> None:
    await real.post("/v1/suppressions", {"address": ANN, "purpose": purpose})

    assert (await report(real, "order", ANN)).status_code == 202

    assert (await real.facts(ANN)).consents == ()


async def test_an_order_gives_nothing_over_a_withdrawal(real: RealWorld) -> None:
    await report(real, "order", ANN)
    handle = (await real.get(f"/v1/recipients/{ANN}")).json()["consents"][0]["id"]
    await real.call("DELETE", f"/v1/consents/{handle}")

    await report(real, "order", ANN, id="order-2")

    (yes,) = (await real.facts(ANN)).consents
    assert yes.withdrawn is not None


async def test_an_order_gives_nothing_where_settings_do_not_say_so(real: RealWorld) -> None:
    await report(real, "order", ANN, key="stranger")
    await report(real, "order", PHONE, id="of a phone")

    assert (await real.facts(ANN)).consents == ()
    assert (await real.facts(PHONE)).consents == ()


async def test_an_order_of_long_ago_gives_nothing(real: RealWorld) -> None:
    at = real.now() - timedelta(days=800)

    assert (await report(real, "order", ANN, at=at.isoformat())).status_code == 202
    assert (await real.facts(ANN)).consents == ()


async def test_a_new_account_ends_the_hold_on_what_is_required(real: RealWorld) -> None:
    await put(real, "4711", ANN, BOB)
    await real.post(f"/v1/recipients/{ANN}/erasure", {}, "agent")

    await report(real, "account_created", ANN)

    assert await reasons(real, ANN) == [Reason.UNSUBSCRIBED]
    assert await reasons(real, BOB) == [Reason.ERASED]
    ask = {
        "requests": [
            {"channel": "email", "to": ANN, "purpose": purpose}
            for purpose in ("transactional/security", "marketing/promotions")
        ],
        "record": False,
    }
    security, marketing = (await real.post("/v1/decisions", ask)).json()["decisions"]
    assert (security["outcome"], marketing["reason"]) == ("would_send", "unsubscribed")


async def test_a_new_account_of_nobody_erased_changes_nothing_then_or_later(real: RealWorld) -> None:
    at = real.now().isoformat()
    await report(real, "account_created", ANN, at=at)
    await real.post(f"/v1/recipients/{ANN}/erasure", {}, "agent")

    await report(real, "account_created", ANN, at=at)

    assert await reasons(real, ANN) == [Reason.ERASED]


async def test_support_records_a_return(real: RealWorld) -> None:
    await real.post(f"/v1/recipients/{ANN}/erasure", {}, "agent")

    answer = await report(real, "account_created", ANN, key="agent")

    assert answer.status_code == 202
    assert await reasons(real, ANN) == [Reason.UNSUBSCRIBED]


async def test_an_erased_person_with_a_new_account_can_be_linked_again(real: RealWorld) -> None:
    await put(real, "4711", ANN)
    await real.post(f"/v1/recipients/{ANN}/erasure", {}, "agent")
    await report(real, "account_created", person="4711")

    answer = await put(real, "4711", ANN, language="de")

    assert answer.json() == {"id": "4711", "addresses": 1, "language": "de"}
    assert await reasons(real, ANN) == [Reason.UNSUBSCRIBED]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"addresses": [ANN], "person": "4711"},
        {"addresses": []},
        {"addresses": ["nobody"]},
        {"addresses": [ANN], "app": "no-such"},
        {"addresses": [ANN], "app": "stranger"},
        {"addresses": [ANN], "at": "2999-01-01T00:00:00Z"},
        {"addresses": [ANN], "id": ""},
        {"addresses": [ANN], "type": "installed"},
        {"type": "order", "person": "4711"},
    ],
)
async def test_what_cannot_be_used_is_refused(real: RealWorld, more: dict[str, Any]) -> None:
    assert (await report(real, "uninstalled", **more)).status_code == 422


async def test_support_names_the_app_that_was_removed(real: RealWorld) -> None:
    assert (await report(real, "uninstalled", ANN, key="agent")).status_code == 422
    assert (await report(real, "uninstalled", ANN, key="agent", app="stranger")).status_code == 202
    assert {stop.scope.app for stop in await real.stops(ANN)} == {"stranger"}


async def test_when_the_store_is_away_a_report_is_not_taken(real: RealWorld) -> None:
    await real.go_away()

    assert (await report(real, "uninstalled", ANN)).status_code == 503
