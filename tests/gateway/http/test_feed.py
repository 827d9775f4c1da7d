"""The feed of stops: complete over rounds and pages, for whoever may see it, hashed as settings say."""

import asyncio
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.roads.changes import Changes
from suppression.decision import Reason
from suppression.model import Scope, Way
from suppression.store.store import Store
from tests.gateway.http.world import RealWorld, real_world


@pytest.fixture
async def real(store: Store, tmp_path: Path) -> RealWorld:
    return await real_world(store, tmp_path)


async def stop(world: RealWorld, address: str, sender: str = "*", until: Any = None) -> str:
    applied = await Changes(world.store).suppress(
        world.recipient(address), Scope(purpose="marketing", sender=sender), reason=Reason.UNSUBSCRIBED,
        way=Way.LINK, source="test", actor="recipient", until=until,
    )  # fmt: skip
    return applied.handle


async def feed(world: RealWorld, key: str = "agent", **asked: str) -> tuple[list[dict[str, Any]], str]:
    """All pages of one round."""
    found: list[dict[str, Any]] = []
    while True:
        answer = await world.get("/v1/suppressions", key, **asked)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["suppressions"]
        asked = {"cursor": page["cursor"]} | ({"limit": asked["limit"]} if "limit" in asked else {})
        if not page["more"]:
            return found, page["cursor"]


async def test_stops_and_their_ends_are_told_with_their_scope(real: RealWorld) -> None:
    handle = await stop(real, "ann@example.net", until=real.now() + timedelta(days=30))
    await real.doors.changes.lift(handle, actor="agent", reason="asked", evidence={})
    (stopped, lifted), _ = await feed(real)
    assert (stopped["state"], lifted["state"]) == ("stopped", "lifted")
    assert stopped["recipient"] == lifted["recipient"] == real.recipient("ann@example.net").key.hex()
    assert stopped["scope"] == {"channels": ["*"], "purpose": "marketing", "sender": "*", "app": "*"}
    assert stopped["reason"] == "unsubscribed"
    assert "until" in stopped
    assert "sha256" not in stopped
    assert "ann@" not in str(stopped)


async def test_a_round_tells_all_once_whatever_the_page(real: RealWorld) -> None:
    addresses = [f"r{n}@example.net" for n in range(40)]
    for address in addresses:
        await stop(real, address)
    keys = sorted(real.recipient(address).key.hex() for address in addresses)
    for limit in ("1", "7", "1000"):
        told, _ = await feed(real, limit=limit)
        assert sorted(line["recipient"] for line in told) == keys


async def test_the_next_round_tells_what_came_since(real: RealWorld) -> None:
    await stop(real, "ann@example.net")
    _, cursor = await feed(real)
    nothing, cursor = await feed(real, cursor=cursor)
    await stop(real, "bob@example.net")
    told, _ = await feed(real, cursor=cursor)
    assert nothing == []
    assert [line["recipient"] for line in told] == [real.recipient("bob@example.net").key.hex()]


async def test_decisions_are_no_stops_and_are_passed_over(real: RealWorld) -> None:
    for number in range(30):
        body = {
            "requests": [{"channel": "email", "to": f"r{number}@example.net", "purpose": "marketing/surveys"}]
        }
        await real.post("/v1/decisions", body)
    await stop(real, "ann@example.net")
    told, _ = await feed(real, limit="1")
    assert len(told) == 1


async def test_since_leaves_out_what_was_before(real: RealWorld) -> None:
    await stop(real, "ann@example.net")
    await asyncio.sleep(0.02)
    since = real.now().isoformat()
    await asyncio.sleep(0.02)
    await stop(real, "bob@example.net")
    told, _ = await feed(real, since=since)
    assert [line["recipient"] for line in told] == [real.recipient("bob@example.net").key.hex()]


async def test_the_key_of_an_app_sees_stops_of_its_own_sender_and_of_all(real: RealWorld) -> None:
    await stop(real, "ann@example.net", "other")
    await stop(real, "bob@example.net", "shop")
    await stop(real, "cat@example.net")
    assert len((await feed(real, "app"))[0]) == 2
    assert len((await feed(real, "stranger"))[0]) == 2
    assert len((await feed(real))[0]) == 3


async def test_with_hashed_matching_the_address_is_told_as_its_sha256_until_it_is_erased(
    real: RealWorld,
) -> None:
    real.store.hashed_matching = True
    await stop(real, "Ann@Example.net")
    await stop(real, "bob@example.net")
    await Changes(real.store).erase(
        real.recipient("bob@example.net"), way=Way.PREFERENCES, source="t", actor="t"
    )
    told, _ = await feed(real)
    hashes = {line["recipient"]: line.get("sha256") for line in told}
    expected = hashlib.sha256(b"ann@example.net").hexdigest()
    assert hashes[real.recipient("ann@example.net").key.hex()] == expected
    assert hashes[real.recipient("bob@example.net").key.hex()] is None


@pytest.mark.parametrize("cursor", ["x", "", "MC4w", "!!!!", "MS4yLjMuNC01LTY", "é"])
async def test_a_cursor_that_is_none_is_refused_or_empty(real: RealWorld, cursor: str) -> None:
    answer = await real.get("/v1/suppressions", "agent", cursor=cursor)
    assert answer.status_code == (200 if cursor == "" else 422)


async def test_cursor_and_since_do_not_go_together(real: RealWorld) -> None:
    answer = await real.get("/v1/suppressions", "agent", cursor="x", since="2026-11-24T18:00:00Z")
    assert answer.status_code == 422
