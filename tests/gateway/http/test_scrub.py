"""Lists checked for use elsewhere, on the real store: who may be used, what is logged, and what is never known."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.http import scrub
from gateway.roads.changes import Changes
from suppression.address import parse
from suppression.decision import Reason
from suppression.hashed import digest
from suppression.model import Basis, Channel, Scope, Way
from suppression.store.store import Store
from tests.gateway.http.world import RealWorld, real_world

FOR = "marketing/remarketing"


@pytest.fixture
async def real(store: Store, tmp_path: Path) -> RealWorld:
    return await real_world(store, tmp_path)


async def consents(world: RealWorld, *addresses: str, channel: Channel = Channel.AUDIENCE) -> None:
    for address in addresses:
        await world.doors.changes.consent(
            world.recipient(address),
            Scope(frozenset({channel}), "marketing", "shop"),
            basis=Basis.OPT_IN,
            source="form",
            actor="test",
            at=world.now(),
            evidence={"form": "box"},
        )


async def stops(world: RealWorld, address: str) -> None:
    await world.doors.changes.suppress(
        world.recipient(address), Scope(purpose="marketing"), reason=Reason.UNSUBSCRIBED, way=Way.LINK,
        source="test", actor="recipient",
    )  # fmt: skip


def asked(*addresses: str, **more: Any) -> dict[str, Any]:
    return {"purpose": FOR, "addresses": list(addresses)} | more


async def sent(
    world: RealWorld, body: bytes, kind: str = "text/csv", query: str = f"?purpose={FOR}"
) -> httpx.Response:
    return await world.call("POST", f"/v1/scrub{query}", content=body, headers={"Content-Type": kind})


async def test_those_are_given_back_who_may_be_used(real: RealWorld) -> None:
    await consents(real, "ann@example.net", "bob@example.net", "+12025550143")
    await stops(real, "bob@example.net")
    answer = await real.post(
        "/v1/scrub",
        asked("Ann@Example.net", "bob@example.net", "cat@example.net", "+1 202 555 0143", "no address"),
    )
    assert answer.status_code == 200
    told = answer.json()
    record = told.pop("record")
    assert told == {
        "usable": ["Ann@Example.net", "+1 202 555 0143"],
        "checked": 5,
        "refused": {"no_consent": 1, "unsubscribed": 1, "unusable_address": 1},
    }
    (logged,) = await real.doors.reading.decision(record)
    assert (logged.kind, logged.purpose, logged.channel, logged.app) == ("checked", FOR, "audience", "demo")
    assert logged.details == {
        "checked": "5", "usable": "2", "no_consent": "1", "unsubscribed": "1", "unusable_address": "1"
    }  # fmt: skip
    assert logged.recipient == ""


async def test_nothing_is_logged_of_any_one_address(real: RealWorld) -> None:
    await real.post("/v1/scrub", asked("cat@example.net"))
    assert await real.store.log.of(real.recipient("cat@example.net").key) == []
    assert (await real.facts("cat@example.net")).recent == ()


async def test_a_partner_s_mailing_is_checked_on_its_own_channel(real: RealWorld) -> None:
    await consents(real, "ann@example.net", channel=Channel.EMAIL)
    body = asked("ann@example.net", purpose="marketing/partners/acme", channel="email")
    assert (await real.post("/v1/scrub", body)).json()["usable"] == ["ann@example.net"]
    assert (await real.post("/v1/scrub", asked("ann@example.net"))).json()["usable"] == []


async def test_a_csv_is_answered_as_one(real: RealWorld) -> None:
    await consents(real, "ann@example.net", "x.y@example.net")
    answer = await sent(
        real, b'Email,Name\r\nann@example.net,"Ann, A"\r\n"x.y@example.net",\r\ncat@example.net\r\n'
    )
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text == "address\r\nann@example.net\r\nx.y@example.net\r\n"


async def test_an_ndjson_ends_with_how_many_there_were(real: RealWorld) -> None:
    await consents(real, "ann@example.net")
    answer = await sent(
        real, b'"ann@example.net"\n{"address": "bob@example.net"}\nbroken\n', "application/x-ndjson"
    )
    first, last = map(json.loads, answer.text.splitlines())
    assert first == {"address": "ann@example.net"}
    assert last["refused"] == {"no_consent": 1, "unusable_address": 1}
    assert last["checked"] == 3
    assert len(await real.doors.reading.decision(last["record"])) == 1


async def test_a_list_may_come_in_any_pieces(real: RealWorld) -> None:
    texts = [f"r{n}@example.net" for n in range(1500)]
    await consents(real, *texts[::100])
    whole = "\n".join(texts).encode()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(whole), 777):
            yield whole[start : start + 777]
            await asyncio.sleep(0)

    answer = await real.call(
        "POST", f"/v1/scrub?purpose={FOR}", content=pieces(), headers={"Content-Type": "text/csv"}
    )
    assert answer.text.split() == ["address", *texts[::100]]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 422),
        ("?purpose=nothing", 422),
        ("?purpose=marketing", 422),
        (f"?purpose={FOR}&channel=pigeon", 422),
    ],
)
async def test_a_stream_without_a_good_purpose_is_refused_before_it_is_read(
    real: RealWorld, query: str, status: int
) -> None:
    assert (await sent(real, b"ann@example.net\n", query=query)).status_code == status


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'{"purpose": "marketing/remarketing"}', b'{"purpose": "nothing", "addresses": ["a@b.c"]}'],
)
async def test_a_body_that_cannot_be_used_is_refused(real: RealWorld, body: bytes) -> None:
    answer = await sent(real, body, "application/json", "")
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_list_of_nothing_usable_is_answered(real: RealWorld) -> None:
    answer = await sent(real, b"broken\n", "application/x-ndjson")
    assert json.loads(answer.text)["refused"] == {"unusable_address": 1}


async def test_an_empty_list_is_checked_too(real: RealWorld) -> None:
    answer = await sent(real, b"", "application/x-ndjson")
    assert json.loads(answer.text)["checked"] == 0


async def test_a_store_that_is_away_answers_503_and_never_an_empty_list(real: RealWorld) -> None:
    await real.post("/v1/scrub", asked("ann@example.net"))
    await real.store.client.bulk.close()
    assert (await real.post("/v1/scrub", asked("ann@example.net"))).status_code == 503
    assert (await sent(real, b'"ann@example.net"\n', "application/x-ndjson")).status_code == 503


async def test_a_list_that_is_too_large_breaks_off(real: RealWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrub, "LARGEST_LIST", 100)
    answer = await sent(real, b"ann@example.net\n" * 20, "application/x-ndjson")
    assert answer.status_code == 413


async def test_a_key_of_support_has_no_app_to_check_for(real: RealWorld) -> None:
    assert (await real.post("/v1/scrub", asked("ann@example.net"), key="agent")).status_code == 403


async def test_hashes_need_the_setting(real: RealWorld) -> None:
    hashed = digest("ann@example.net", "sha256").hex()
    assert (await real.post("/v1/scrub", asked(hashed))).status_code == 403
    assert (await sent(real, hashed.encode())).status_code == 403


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
async def test_hashes_mean_who_was_noted_since_it_is_on(real: RealWorld, algorithm: str) -> None:
    await consents(real, "before@example.net")
    real.store.hashed_matching = True
    await consents(real, "Ann+news@example.net", "bob@example.net", "+12025550143")
    await stops(real, "bob@example.net")
    texts = (
        "before@example.net",
        "ann+news@example.net",
        "bob@example.net",
        "cat@example.net",
        "12025550143",
    )
    hashes = [digest(text, algorithm).hex() for text in texts]
    told = (await real.post("/v1/scrub", asked(*hashes, "ann+news@example.net"))).json()
    assert told["usable"] == [hashes[1], hashes[4], "ann+news@example.net"]
    assert told["refused"] == {"no_consent": 2, "unsubscribed": 1}


async def test_a_hash_of_somebody_erased_is_refused(real: RealWorld) -> None:
    real.store.hashed_matching = True
    await consents(real, "ann@example.net")
    recipient = real.recipient("ann@example.net")
    await Changes(real.store).erase(recipient, way=Way.PREFERENCES, source="test", actor="recipient")
    told = (await real.post("/v1/scrub", asked(digest("ann@example.net", "sha256").hex()))).json()
    assert told["usable"] == []
    assert told["refused"] == {"unusable_address": 1}


async def test_unsalted_hashes_are_not_in_the_store(real: RealWorld) -> None:
    real.store.hashed_matching = True
    await consents(real, "ann@example.net")
    kept = []
    for key in await real.store.client.bulk.execute("KEYS", "{*}M"):
        kept += await real.store.client.bulk.execute("HKEYS", key)
    assert len(kept) == 2
    for algorithm in ("sha256", "md5"):
        assert digest(parse("ann@example.net").exact, algorithm)[:8] not in kept
