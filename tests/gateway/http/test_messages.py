"""What became of a text or call, taking it back, and what is held for agents."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from suppression.outbox import Delivery, Entry, State
from suppression.records import RecordKind
from suppression.store.outbox import Outbox
from suppression.store.transitions import Move
from tests.gateway.http.world import FakeWorld, RealWorld, World

ANN, BOB = "+12025550143", "+12025550144"


async def sent_in(world: World, to: str = ANN, key: str = "app", **more: Any) -> str:
    """The id of an accepted text."""
    asked = {"to": to, "body": "Your parcel is on its way.", "purpose": "transactional/orders", **more}
    answer = await world.post("/v1/sms", asked, key)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["messages"][0]["id"])


async def shown(world: World, message: str, key: str = "app") -> dict[str, Any]:
    answer = await world.get(f"/v1/messages/{message}", key)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def hold(world: World, message: str, state: State = State.DEAD) -> None:
    """As a dispatcher that could not hand it over."""
    if isinstance(world, FakeWorld):
        world.outbox.put(replace(world.outbox.entries[message], state=state))
        return
    assert isinstance(world, RealWorld)
    outbox = Outbox(world.store)
    entry = await outbox.entry(message)
    kind = RecordKind.DEAD if state is State.DEAD else RecordKind.UNKNOWN
    await outbox.move(entry, Move(state, outbox.record(entry, kind)))


async def leave(world: World, message: str) -> None:
    """As a dispatcher whose next hop took it."""
    if isinstance(world, FakeWorld):
        entry = world.outbox.entries[message]
        nowhere = replace(entry.recipient, address=None)
        world.outbox.put(
            replace(entry, state=State.SENT, recipient=nowhere, content=None, delivery=Delivery.DELIVERED)
        )
        return
    assert isinstance(world, RealWorld)
    outbox = Outbox(world.store)
    entry = await outbox.entry(message)
    move = Move(State.SENT, outbox.record(entry, RecordKind.SENT), {"p": "delivered"}, forget=True)
    await outbox.move(entry, move)


async def state_of(world: World, message: str) -> Entry:
    assert world.doors.sends is not None
    return await world.doors.sends.waiting.entry(message)


async def test_a_text_that_waits_is_shown_with_its_history(world: World) -> None:
    at = (world.now() + timedelta(days=1)).replace(microsecond=0)
    message = await sent_in(world, send_at=at.isoformat())
    told = await shown(world, message)

    assert told["id"] == message
    assert (told["channel"], told["to"], told["state"]) == ("sms", ANN, "waiting")
    assert told["until"] == at.isoformat().replace("+00:00", "Z")
    assert "delivery" not in told
    assert [line["kind"] for line in told["history"]] == ["queued"]


async def test_once_it_has_left_the_number_is_gone_and_its_delivery_is_told(world: World) -> None:
    message = await sent_in(world)
    await leave(world, message)
    told = await shown(world, message)

    assert (told["to"], told["state"], told["delivery"]) == (None, "sent", "delivered")
    assert "until" not in told


async def test_a_message_is_its_own_senders_and_supports(world: World) -> None:
    message = await sent_in(world)

    for key, status in (("trusted", 200), ("agent", 200), ("admin", 200), ("stranger", 404)):
        assert (await world.get(f"/v1/messages/{message}", key)).status_code == status
    assert (await world.call("DELETE", f"/v1/messages/{message}", "stranger")).status_code == 404
    assert (await state_of(world, message)).state is State.WAITING


async def test_the_gateways_own_answers_are_shown_to_support_only(fakes: FakeWorld) -> None:
    message = await sent_in(fakes)
    fakes.outbox.put(replace(fakes.outbox.entries[message], system=True))

    assert (await fakes.get(f"/v1/messages/{message}")).status_code == 404
    assert (await fakes.get(f"/v1/messages/{message}", "agent")).status_code == 200


@pytest.mark.parametrize("text", ["", "x", "0" * 39, "v" * 39, "%00", "0" * 200])
async def test_an_id_that_is_none_is_404_or_422(world: World, text: str) -> None:
    for method in ("GET", "DELETE"):
        assert (await world.call(method, f"/v1/messages/msg_{text}")).status_code in {404, 422}


async def test_what_waits_can_be_taken_back_and_again(world: World) -> None:
    message = await sent_in(world)
    first = await world.call("DELETE", f"/v1/messages/{message}")
    again = await world.call("DELETE", f"/v1/messages/{message}")

    assert first.status_code == again.status_code == 200
    assert first.json()["state"] == again.json()["state"] == "cancelled"
    assert first.json()["to"] is None
    assert (await state_of(world, message)).content is None


async def test_support_may_take_back_too(world: World) -> None:
    message = await sent_in(world)

    assert (await world.call("DELETE", f"/v1/messages/{message}", "agent")).status_code == 200


async def test_what_has_left_cannot_be_taken_back(world: World) -> None:
    message = await sent_in(world)
    await leave(world, message)
    answer = await world.call("DELETE", f"/v1/messages/{message}")

    assert answer.status_code == 409
    assert (await state_of(world, message)).state is State.SENT


async def test_a_mail_that_is_not_there_is_404_when_taken_back(world: World) -> None:
    assert (await world.call("DELETE", f"/v1/messages/{'0' * 16}")).status_code == 404


async def test_what_is_held_is_listed_for_support_and_its_own_sender(world: World) -> None:
    dead, unknown, waits = await sent_in(world), await sent_in(world, BOB), await sent_in(world)
    await hold(world, dead)
    await hold(world, unknown, State.UNKNOWN)

    for key, expected in (("agent", {dead, unknown}), ("app", {dead, unknown}), ("stranger", set[str]())):
        told = (await world.get("/v1/dead-letters", key)).json()
        assert {one["id"] for one in told["dead_letters"]} == expected - {waits}
        assert "cursor" not in told
    letters = {one["id"]: one for one in (await world.get("/v1/dead-letters")).json()["dead_letters"]}
    assert (letters[dead]["state"], letters[unknown]["state"]) == ("dead", "unknown")
    assert (letters[dead]["to"], letters[dead]["app"]) == (ANN, "demo")


async def test_a_long_list_is_read_in_parts(world: World) -> None:
    held = {await sent_in(world, f"+1202555{n:04}") for n in range(7)}
    for message in held:
        await hold(world, message)
    seen: list[str] = []
    asked = {"limit": "3"}
    for _ in range(3):
        told = (await world.get("/v1/dead-letters", "agent", **asked)).json()
        seen += [one["id"] for one in told["dead_letters"]]
        asked["cursor"] = told.get("cursor", "")

    assert len(seen) == len(held)
    assert set(seen) == held
    assert asked["cursor"] == ""


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=x", "cursor=x", "cursor=msg_0", "surprise=1"]
)
async def test_a_list_that_is_not_understood_is_422(world: World, query: str) -> None:
    assert (await world.call("GET", f"/v1/dead-letters?{query}", "agent")).status_code == 422


async def test_an_agent_has_it_tried_again(world: World) -> None:
    message = await sent_in(world)
    await hold(world, message)
    answer = await world.call("POST", f"/v1/dead-letters/{message}/retry", "agent")

    assert answer.status_code == 200
    assert (answer.json()["id"], answer.json()["state"], answer.json()["to"]) == (message, "waiting", ANN)
    assert (await world.get("/v1/dead-letters", "agent")).json()["dead_letters"] == []


async def test_only_what_is_held_is_tried_again(world: World) -> None:
    message = await sent_in(world)
    path = f"/v1/dead-letters/{message}/retry"
    key = {"Idempotency-Key": "a"}

    assert (await world.call("POST", path, "agent")).status_code == 409
    assert (await world.call("POST", path, "agent", headers=key)).status_code == 409
    assert (await world.call("POST", path, "agent", headers=key)).status_code == 409
    assert (await world.call("POST", path, "app")).status_code == 403
    assert (await world.call("POST", "/v1/dead-letters/msg_0/retry", "agent")).status_code == 404


async def test_trying_again_with_the_same_key_is_answered_the_same(world: World) -> None:
    message = await sent_in(world)
    await hold(world, message)
    path = f"/v1/dead-letters/{message}/retry"
    first = await world.call("POST", path, "agent", headers={"Idempotency-Key": "a"})
    again = await world.call("POST", path, "agent", headers={"Idempotency-Key": "a"})
    other = await world.call("POST", path, "agent", headers={"Idempotency-Key": "b"})

    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 409)
    assert first.json() == again.json()


async def test_a_key_has_it_tried_again_once_even_if_it_dies_again(world: World) -> None:
    message = await sent_in(world)
    await hold(world, message)
    path = f"/v1/dead-letters/{message}/retry"
    await world.call("POST", path, "agent", headers={"Idempotency-Key": "a"})
    await hold(world, message)
    again = await world.call("POST", path, "agent", headers={"Idempotency-Key": "a"})

    assert (again.status_code, again.json()["state"]) == (200, "dead")
    assert (await state_of(world, message)).state is State.DEAD
