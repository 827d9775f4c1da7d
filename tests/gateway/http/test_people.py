"""People by HTTP: what one of a person's addresses stops is stopped at all of them."""

from datetime import timedelta
from typing import Any

import pytest

from suppression.decision import Reason
from tests.gateway.http.world import RealWorld

ANN, BOB, PHONE = "ann@example.net", "bob@example.net", "+12025550143"


async def put(world: RealWorld, person: str, *addresses: str, key: str = "app", **told: Any) -> Any:
    return await world.call("PUT", f"/v1/people/{person}", key, json={"addresses": addresses, **told})


async def reasons(world: RealWorld, address: str) -> list[Reason]:
    return [stop.reason for stop in await world.stops(address)]


async def test_a_stop_of_everything_is_of_all_addresses(real: RealWorld) -> None:
    answer = await put(real, "4711", ANN, PHONE, birth_year=1990, language="PT-br", country="pt")
    assert answer.status_code == 200
    assert answer.json() == {
        "id": "4711",
        "addresses": 2,
        "birth_year": 1990,
        "language": "pt-BR",
        "country": "PT",
    }

    stopped = await real.post("/v1/suppressions", {"address": PHONE, "note": "by phone"})

    assert stopped.status_code == 201
    assert await reasons(real, ANN) == [Reason.UNSUBSCRIBED]
    assert (await put(real, "4711", ANN, PHONE, BOB)).status_code == 200
    assert await reasons(real, BOB) == [Reason.UNSUBSCRIBED]


async def test_a_click_on_everything_is_of_all_addresses(real: RealWorld) -> None:
    await put(real, "4711", ANN, PHONE)

    clicked = await real.client.post(f"/u/{real.token(ANN)}", data={"scope": "everything"})

    assert clicked.status_code == 200
    assert await reasons(real, PHONE) == [Reason.UNSUBSCRIBED]


async def test_unlinking_erases_nothing(real: RealWorld) -> None:
    await put(real, "4711", ANN, BOB)
    await real.post("/v1/suppressions", {"address": ANN})

    answer = await real.call("DELETE", "/v1/people/4711")

    assert answer.json() == {"id": "4711", "unlinked": 2}
    assert await reasons(real, BOB) == [Reason.UNSUBSCRIBED]
    assert (await real.call("DELETE", "/v1/people/never")).status_code == 404


async def test_an_address_of_another_person_is_a_conflict_that_names_nothing(real: RealWorld) -> None:
    await put(real, "4711", ANN)

    answer = await put(real, "4712", BOB, ANN)

    assert answer.status_code == 409
    assert "ann" not in answer.text
    assert "4711" not in answer.text
    assert (await real.facts(BOB)).person is None


async def test_apps_of_another_sender_may_not_change_a_person_and_support_may(real: RealWorld) -> None:
    await put(real, "4711", ANN)

    assert (await put(real, "4711", BOB, key="stranger")).status_code == 403
    assert (await real.call("DELETE", "/v1/people/4711", "stranger")).status_code == 403
    assert (await put(real, "4711", ANN, BOB, key="agent")).status_code == 200


async def test_support_sees_whose_an_address_is(real: RealWorld) -> None:
    await put(real, "4711", ANN)

    assert (await real.get(f"/v1/recipients/{ANN}", "agent")).json()["person"] == "4711"
    assert "person" not in (await real.get(f"/v1/recipients/{ANN}", "app")).json()


async def test_children_get_only_what_is_required(real: RealWorld) -> None:
    year = real.now().year - 10
    await put(real, "4711", ANN, birth_year=year)

    def ask(purpose: str) -> dict[str, Any]:
        return {"requests": [{"channel": "email", "to": ANN, "purpose": purpose}], "record": False}

    orders = (await real.post("/v1/decisions", ask("transactional/orders"))).json()["decisions"][0]
    security = (await real.post("/v1/decisions", ask("transactional/security"))).json()["decisions"][0]
    assert (orders["outcome"], orders["reason"]) == ("refuse", "child")
    assert security["outcome"] == "would_send"
    assert (await put(real, "4711", ANN, birth_year=None, child=True)).json()["child"] is True
    assert (await real.facts(ANN)).child


async def test_what_is_left_out_stays_and_null_is_not_known_any_more(real: RealWorld) -> None:
    await put(real, "4711", ANN, language="de", time_zone="Asia/Calcutta", country="IN")

    answer = await put(real, "4711", ANN, country=None)

    assert answer.json() == {"id": "4711", "addresses": 1, "language": "de", "time_zone": "Asia/Kolkata"}
    assert (await real.facts(ANN)).country is None


@pytest.mark.parametrize(
    "told",
    [
        {"birth_year": 1850},
        {"birth_year": "1990"},
        {"birth_year": 9000},
        {"birth_year": 1990, "child": True},
        {"language": "german|x"},
        {"language": ""},
        {"time_zone": "Moon/Tycho"},
        {"time_zone": "UTC"},
        {"time_zone": "../../etc/passwd"},
        {"country": "GER"},
        {"country": "D|"},
        {"address": ANN},
    ],
)
async def test_what_cannot_be_used_is_refused(real: RealWorld, told: dict[str, Any]) -> None:
    answer = await put(real, "4711", ANN, **told)

    assert answer.status_code == 422
    assert (await real.facts(ANN)).person is None


async def test_an_address_that_cannot_be_used_is_named_by_its_place(real: RealWorld) -> None:
    answer = await put(real, "4711", ANN, "nobody")

    assert answer.json()["errors"][0]["pointer"] == "#/addresses/1"


async def test_a_person_has_a_thousand_addresses_at_most(real: RealWorld) -> None:
    assert (await put(real, "4711", *(f"n{n}@example.net" for n in range(1001)))).status_code == 422


async def test_an_undo_is_of_the_address_that_it_was_pressed_for(real: RealWorld) -> None:
    """The others stay stopped: both errors fall on the safe side."""
    await put(real, "4711", ANN, BOB)
    stopped = await real.post("/v1/suppressions", {"address": ANN})

    lifted = await real.post(
        f"/v1/suppressions/{stopped.json()['id']}/lift",
        {"reason": "asked to go on", "evidence": {"t": "1"}},
        "agent",
    )

    assert lifted.status_code == 200
    assert await reasons(real, ANN) == []
    assert await reasons(real, BOB) == [Reason.UNSUBSCRIBED]


async def test_when_the_store_is_away_nothing_is_said_to_be_linked(real: RealWorld) -> None:
    await real.go_away()

    assert (await put(real, "4711", ANN)).status_code == 503


async def test_a_pause_of_everything_is_of_its_address(real: RealWorld) -> None:
    await put(real, "4711", ANN, BOB)
    until = (real.now() + timedelta(days=30)).isoformat()

    await real.post("/v1/suppressions", {"address": ANN, "until": until})

    assert await reasons(real, BOB) == []
