"""`/v1/imports` over the real application and store."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.imports.importing import Importing
from suppression.store.store import Store
from tests.gateway.http.world import RealWorld, real_world

LIST = "address,purpose\nann@example.net,marketing\nbob@example.net,\nnobody at all,\n"


@pytest.fixture
async def world(store: Store, tmp_path: Path) -> RealWorld:
    return await real_world(store, tmp_path)


def importing(world: RealWorld) -> Importing:
    assert world.doors.importing is not None
    return world.doors.importing


async def bring(world: RealWorld, body: Any = LIST, key: str = "agent", query: str = "", **more: str) -> Any:
    headers = {name.replace("_", "-"): value for name, value in more.items()}
    return await world.call("POST", f"/v1/imports?{query}", key, content=body, headers=headers)


async def worked(world: RealWorld, answer: Any, key: str = "agent") -> Any:
    assert answer.status_code == 202, answer.text
    await importing(world).work()
    return (await world.get(f"/v1/imports/{answer.json()['id']}", key)).json()


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_a_list_is_taken_at_once_and_worked_at_behind_the_answer(world: RealWorld) -> None:
    answer = await bring(world, pieces(LIST[:30].encode(), LIST[30:].encode()), query="label=old+shop")
    assert answer.json()["state"] == "waiting"
    assert await world.stops("ann@example.net") == ()
    done = await worked(world, answer)
    assert {name: done[name] for name in ("state", "rows", "changed", "known", "rejected", "per_cent")} == {
        "state": "done", "rows": 3, "changed": 2, "known": 0, "rejected": 1, "per_cent": 100,
    }  # fmt: skip
    assert done["rejected_for"] == {"not a phone number, or one with letters or an extension": 1}
    (stop,) = await world.stops("ann@example.net")
    assert (stop.source, stop.scope.purpose, stop.batch) == ("old shop", "marketing", done["id"])


async def test_a_dry_run_changes_nothing(world: RealWorld) -> None:
    done = await worked(world, await bring(world, query="dry_run=true"))
    assert (done["state"], done["would_change"], done["dry_run"]) == ("tried", 2, True)
    assert await world.stops("ann@example.net") == ()


async def test_rejected_rows_come_back_as_a_table(world: RealWorld) -> None:
    done = await worked(world, await bring(world))
    answer = await world.get(f"/v1/imports/{done['id']}/rejects", "agent")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text == (
        'line,reason,row\r\n4,"not a phone number, or one with letters or an extension","nobody at all,"\r\n'
    )


async def test_a_list_is_taken_back(world: RealWorld) -> None:
    done = await worked(world, await bring(world))
    answer = await world.call("POST", f"/v1/imports/{done['id']}/undo", "agent")
    assert (answer.status_code, answer.json()["state"]) == (202, "undoing")
    undone = await worked(world, answer)
    assert (undone["state"], undone["undone"]) == ("undone", 2)
    assert await world.stops("ann@example.net") == ()


async def test_what_was_only_tried_is_not_taken_back(world: RealWorld) -> None:
    done = await worked(world, await bring(world, query="dry_run=true"))
    assert (await world.call("POST", f"/v1/imports/{done['id']}/undo", "agent")).status_code == 409


async def test_an_apps_list_is_of_its_sender_and_seen_by_its_sender_only(world: RealWorld) -> None:
    done = await worked(world, await bring(world, key="app"), "app")
    (stop,) = await world.stops("ann@example.net")
    assert stop.scope.sender == "shop"
    path = f"/v1/imports/{done['id']}"
    for method, route in (("GET", path), ("GET", f"{path}/rejects"), ("POST", f"{path}/undo")):
        assert (await world.call(method, route, "stranger")).status_code == 404
    assert (await world.get(path, "agent")).status_code == 200
    assert (await bring(world, key="app", query="sender=other")).status_code == 422


async def test_the_same_key_and_list_is_the_same_import_another_list_is_refused(world: RealWorld) -> None:
    first = await bring(world, Idempotency_Key="once")
    again = await bring(world, Idempotency_Key="once")
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    other = await bring(world, "address\neve@example.net\n", Idempotency_Key="once")
    assert other.status_code == 422
    assert len(list(importing(world).spool.iterdir())) == 1


@pytest.mark.parametrize(
    "query", ["format=pigeon", "encoding=x", "purpose=x", "label=a%7Cb", "dry_run=maybe", "region=Germany"]
)
async def test_options_that_cannot_be_are_refused(world: RealWorld, query: str) -> None:
    assert (await bring(world, query=query)).status_code == 422
    assert not importing(world).spool.exists()


async def test_a_list_that_is_too_large_is_refused_and_not_kept(world: RealWorld) -> None:
    answer = await bring(world, pieces(*[b"x" * 65_536] * 17))
    assert answer.status_code == 413
    assert list(importing(world).spool.iterdir()) == []


async def test_a_spooled_list_is_for_nobody_else_of_the_host(world: RealWorld) -> None:
    await bring(world)
    (path,) = importing(world).spool.iterdir()
    assert path.stat().st_mode & 0o077 == 0
    assert importing(world).spool.stat().st_mode & 0o077 == 0


async def test_an_unknown_import_is_not_found(world: RealWorld) -> None:
    assert (await world.get("/v1/imports/nothing", "agent")).status_code == 404


async def test_without_a_key_nothing_is_taken(world: RealWorld) -> None:
    assert (await world.call("POST", "/v1/imports", None, content=LIST)).status_code == 401
    assert not importing(world).spool.exists()


async def test_a_store_that_is_away_takes_no_list(world: RealWorld) -> None:
    await bring(world)
    before = sorted(importing(world).spool.iterdir())
    await world.go_away()
    assert (await bring(world, "address\neve@example.net\n")).status_code == 503
    assert sorted(importing(world).spool.iterdir()) == before
