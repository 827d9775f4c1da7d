"""Questions taken back, repeated under their key, and overtaken by an erasure: then a click confirms nothing."""

import asyncio

import httpx

from suppression.records import RecordKind
from tests.gateway.http.links.test_confirming import ANN, BOB, ask, link, outcome, pending
from tests.gateway.http.world import RealWorld


async def cancelled(world: RealWorld, handle: str, key: str = "app") -> httpx.Response:
    return await world.call("DELETE", f"/v1/consents/{handle}", key)


async def test_a_question_taken_back_confirms_nothing(real: RealWorld) -> None:
    handle = (await ask(real)).json()["id"]

    answer = await cancelled(real, handle)

    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["id"], shown["basis"], shown["in_force"]) == (handle, "double_opt_in", False)
    assert shown["withdrawn"].endswith("Z")
    for method in ("GET", "POST"):
        assert (await real.client.request(method, link(real))).status_code == 410
    assert (await real.facts(ANN)).consents == ()
    assert await outcome(real) == "no_consent"
    withdrawn = (await real.records(ANN))[-1]
    assert (withdrawn.kind, withdrawn.details) == (RecordKind.WITHDRAWN, {"state": "pending"})
    assert withdrawn.actor.startswith("key:")
    assert (await cancelled(real, handle)).status_code == 404


async def test_a_question_is_taken_back_by_who_may_see_it(real: RealWorld) -> None:
    handle = (await ask(real)).json()["id"]

    assert (await cancelled(real, handle, "stranger")).status_code == 404
    assert (await cancelled(real, "con_" + "0" * 36, "agent")).status_code == 404
    assert (await real.client.get(link(real))).status_code == 200
    assert (await cancelled(real, handle, "agent")).status_code == 200


async def test_after_the_click_it_is_the_consent_that_is_withdrawn(real: RealWorld) -> None:
    handle = (await ask(real)).json()["id"]
    await real.client.post(link(real))

    answer = await cancelled(real, handle)

    assert answer.json()["in_force"] is False
    assert await outcome(real) == "no_consent"
    assert (await real.client.post(link(real))).status_code == 200
    assert await outcome(real) == "no_consent", "pressed again it changes nothing"


async def test_a_click_and_a_withdrawal_at_once_leave_no_consent(real: RealWorld) -> None:
    """Whichever is first: from the withdrawal's answer on there is none."""
    for number in range(12):
        to = f"r{number}@example.net"
        handle = (await ask(real, address=to)).json()["id"]
        path = link(real, to)
        click, gone = await asyncio.gather(real.client.post(path), cancelled(real, handle))

        assert gone.status_code == 200
        assert click.status_code in {200, 409, 410}
        assert await outcome(real, to) == "no_consent"


async def test_a_key_used_again_asks_nothing_again(real: RealWorld) -> None:
    body = pending(real)
    first = await real.post("/v1/consents", body, Idempotency_Key="k1")
    again = await real.post("/v1/consents", body, Idempotency_Key="k1")
    await real.client.post(link(real))
    after = await real.post("/v1/consents", body, Idempotency_Key="k1")
    other = await real.post("/v1/consents", body | {"source": "elsewhere"}, Idempotency_Key="k1")

    assert [answer.status_code for answer in (first, again, after, other)] == [201, 201, 201, 422]
    assert first.json() == again.json() == after.json()
    assert len(real.mails(ANN)) == 1


async def waiting(world: RealWorld, address: str = ANN) -> list[bytes]:
    """Names of the keys under which something waits for a recipient's word."""
    name = world.store.shards.of(world.recipient(address).key).pending(world.recipient(address).key)
    lane = world.store.client.stops
    return [key for key in await lane.execute("KEYS", "{*}w*") if key.startswith(name)]


async def test_what_waits_goes_with_an_erasure(real: RealWorld) -> None:
    await real.call("PUT", "/v1/people/p1", json={"addresses": [ANN, BOB]})
    for to in (ANN, BOB):
        await ask(real, address=to)
        assert len(await waiting(real, to)) == 1

    await real.post(f"/v1/recipients/{ANN}/erasure", {}, "agent")

    for to in (ANN, BOB):
        assert await waiting(real, to) == []
        assert (await real.client.post(link(real, to))).status_code == 410
        assert (await real.facts(to)).consents == ()


async def test_an_erasure_during_a_click_leaves_no_consent_behind(real: RealWorld) -> None:
    for number in range(8):
        to = f"e{number}@example.net"
        await ask(real, address=to)
        path = link(real, to)
        click, gone = await asyncio.gather(
            real.client.post(path), real.post(f"/v1/recipients/{to}/erasure", {}, "agent")
        )

        assert gone.status_code == 201
        assert click.status_code in {200, 409, 410}
        assert (await real.facts(to)).consents == ()
        assert await waiting(real, to) == []
