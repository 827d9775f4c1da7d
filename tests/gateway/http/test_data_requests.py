"""Erasure and export by HTTP."""

from suppression.decision import Reason
from suppression.records import RecordKind
from tests.gateway.http.test_people import put, reasons
from tests.gateway.http.world import RealWorld

ANN, BOB = "ann@example.net", "bob@example.net"
HOSTILE = "<script>alert(1)</script>"


async def known(world: RealWorld) -> None:
    """Two addresses of one person, with a consent and a stop."""
    await put(world, "4711", ANN, BOB, language="de")
    await world.post(
        "/v1/consents",
        {
            "address": ANN,
            "channels": ["email"],
            "purpose": "marketing",
            "basis": "opt_in",
            "source": "form",
            "at": world.now().isoformat(),
            "evidence": {"ip": "192.0.2.7", "wording": HOSTILE},
        },
    )
    await world.post("/v1/suppressions", {"address": ANN, "purpose": "marketing/surveys", "note": "by phone"})


async def erase(world: RealWorld, address: str, key: str = "agent", **headers: str) -> int:
    answer = await world.post(f"/v1/recipients/{address}/erasure", {}, key, **headers)
    return answer.status_code


async def test_an_erasure_reaches_all_addresses_and_keeps_the_stops(real: RealWorld) -> None:
    await known(real)

    assert await erase(real, ANN) == 201

    assert sorted(await reasons(real, ANN)) == [Reason.ERASED, Reason.UNSUBSCRIBED]
    assert await reasons(real, BOB) == [Reason.ERASED]
    for address in (ANN, BOB):
        facts = await real.facts(address)
        assert (facts.consents, facts.person, facts.language) == ((), None, None)
        assert await real.store.address(real.recipient(address).key) is None
    shown = (await real.get(f"/v1/recipients/{ANN}", "agent")).json()
    assert shown["recent"][-1]["kind"] == "erased"
    assert ANN not in str(shown)


async def test_not_even_what_is_required_goes_to_the_erased(real: RealWorld) -> None:
    await erase(real, ANN)
    ask = {
        "requests": [{"channel": "email", "to": ANN, "purpose": "transactional/security"}],
        "record": False,
    }

    decision = (await real.post("/v1/decisions", ask)).json()["decisions"][0]

    assert (decision["outcome"], decision["reason"]) == ("refuse", "erased")


async def test_an_erasure_is_not_lifted(real: RealWorld) -> None:
    answer = await real.post(f"/v1/recipients/{ANN}/erasure", {"reason": "asked by mail"}, "agent")

    lifted = await real.post(
        f"/v1/suppressions/{answer.json()['id']}/lift", {"reason": "x", "evidence": {"a": "b"}}, "agent"
    )
    assert lifted.status_code == 409


async def test_only_support_erases_and_exports(real: RealWorld) -> None:
    assert await erase(real, ANN, "app") == 403
    assert (await real.get(f"/v1/recipients/{ANN}/export", "app")).status_code == 403
    assert await erase(real, ANN, "admin") == 201


async def test_an_erasure_without_a_body_and_again_with_its_key(real: RealWorld) -> None:
    headers = {"Idempotency-Key": "k1"}
    path = f"/v1/recipients/{ANN}/erasure"
    first = await real.call("POST", path, "agent", headers=headers)
    again = await real.call("POST", path, "agent", headers=headers)
    other = await real.call("POST", path, "agent")

    assert [first.status_code, again.status_code, other.status_code] == [201, 201, 200]
    assert first.json() == again.json()


async def test_an_export_holds_everything(real: RealWorld) -> None:
    await known(real)

    answer = await real.get(f"/v1/recipients/{ANN}/export", "agent")

    held = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert held["address"] == ANN
    assert held["consents"][0]["evidence"] == {"ip": "192.0.2.7", "wording": HOSTILE}
    assert held["suppressions"][0]["evidence"] == {"note": "by phone"}
    assert held["person"] == {"id": "4711", "addresses": 2, "language": "de"}
    assert held["known"] == {"language": "de"}
    assert {line["kind"] for line in held["records"]} == {"exported", "suppressed", "consented", "linked"}
    assert all(line["meaning"] for line in held["records"])
    assert (await real.records(ANN))[-1].kind is RecordKind.EXPORTED
    assert (await real.records(ANN))[-1].actor.startswith("key:")


async def test_an_export_can_be_read_as_a_page(real: RealWorld) -> None:
    await known(real)

    answer = await real.call("GET", f"/v1/recipients/{ANN}/export", "agent", headers={"Accept": "text/html"})

    assert answer.headers["content-type"].startswith("text/html")
    assert ANN in answer.text
    assert "192.0.2.7" in answer.text
    assert HOSTILE not in answer.text
    assert "&lt;script&gt;" in answer.text


async def test_an_export_of_nobody_and_of_the_erased_has_no_address(real: RealWorld) -> None:
    assert (await real.get("/v1/recipients/nobody@example.net/export", "agent")).json()["address"] is None
    await known(real)
    await erase(real, ANN)

    held = (await real.get(f"/v1/recipients/{ANN}/export", "agent")).json()

    assert held["address"] is None
    assert "person" not in held
    assert all("evidence" not in entry for entry in held["suppressions"])
    page = await real.call("GET", f"/v1/recipients/{ANN}/export", "agent", headers={"Accept": "text/html"})
    assert page.status_code == 200
