"""A list sent again under its Idempotency-Key: the same answer, one record; another list under it: none."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from suppression.records import Record, RecordKind
from suppression.store.store import Store
from tests.gateway.http.test_scrub import FOR, asked, consents, stops
from tests.gateway.http.world import RealWorld, real_world

ANN, BOB, CAT = "ann@example.net", "bob@example.net", "cat@example.net"
CSV, NDJSON = "text/csv", "application/x-ndjson"


@pytest.fixture
async def real(store: Store, tmp_path: Path) -> RealWorld:
    return await real_world(store, tmp_path)


async def sent(
    world: RealWorld, body: Any, kind: str = CSV, query: str = f"?purpose={FOR}"
) -> httpx.Response:
    headers = {"Content-Type": kind, "Idempotency-Key": "k1"}
    return await world.call("POST", f"/v1/scrub{query}", content=body, headers=headers)


async def checks(world: RealWorld) -> list[Record]:
    """The records of lists, wherever they are."""
    found = []
    for shard in world.store.shards.all:
        for _, values in await world.store.client.stops.execute("XRANGE", shard.log, "-", "+"):
            if json.loads(values[1])["kind"] == RecordKind.CHECKED:
                found.append(values)
    return found


async def test_a_list_at_once_gets_the_same_answer_whatever_changed_since(real: RealWorld) -> None:
    await consents(real, ANN, BOB)
    first = await real.post("/v1/scrub", asked(ANN, BOB, CAT), Idempotency_Key="k1")
    await stops(real, BOB)
    again = await real.post("/v1/scrub", asked(ANN, BOB, CAT), Idempotency_Key="k1")
    other = await real.post("/v1/scrub", asked(ANN, CAT), Idempotency_Key="k1")
    anew = await real.post("/v1/scrub", asked(ANN, BOB, CAT), Idempotency_Key="k2")

    assert first.json()["usable"] == [ANN, BOB]
    assert again.json() == first.json()
    assert (other.status_code, anew.json()["usable"]) == (422, [ANN])
    assert len(await checks(real)) == 2


@pytest.mark.parametrize("kind", [CSV, NDJSON])
async def test_a_stream_gets_the_same_bytes_in_whatever_pieces_it_comes(real: RealWorld, kind: str) -> None:
    texts = [f"r{n}@example.net" for n in range(1300)]
    await consents(real, *texts[::90])
    quoted = texts if kind == CSV else [json.dumps(text) for text in texts]
    whole = "\n".join(quoted).encode()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(whole), 777):
            yield whole[start : start + 777]

    first = await sent(real, whole, kind)
    await stops(real, texts[90])
    again = await sent(real, pieces(), kind)
    other = await sent(real, whole + b"\nx@example.net", kind)

    assert first.text.count("@") == 15
    assert again.content == first.content
    assert other.status_code == 422
    assert other.headers["content-type"] == "application/problem+json"
    assert len(await checks(real)) == 1


async def test_the_purpose_is_part_of_what_the_key_stands_for(real: RealWorld) -> None:
    await sent(real, b"ann@example.net\n")

    assert (await sent(real, b"ann@example.net\n", query=f"?purpose={FOR}&channel=email")).status_code == 422
    assert (await sent(real, b"ann@example.net\n", NDJSON)).status_code == 422
    assert (await sent(real, b"ann@example.net\n")).status_code == 200


async def test_the_same_list_at_once_leaves_one_record(real: RealWorld) -> None:
    await consents(real, ANN)
    answers = await asyncio.gather(*(sent(real, b"ann@example.net\n", NDJSON) for _ in range(8)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(await checks(real)) == 1


async def test_other_lists_at_once_leave_one_answer(real: RealWorld) -> None:
    answers = await asyncio.gather(*(sent(real, f"r{n}@example.net\n".encode()) for n in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200, *[422] * 7]
    assert len(await checks(real)) == 1


async def test_the_answer_of_a_long_list_is_small_and_has_its_time(real: RealWorld) -> None:
    await sent(real, "".join(f"r{n}@example.net\n" for n in range(20_000)).encode())
    lane = real.store.client.stops
    kept = [key for key in await lane.execute("KEYS", "{*}i*") if await lane.execute("HSTRLEN", key, "text")]

    assert len(kept) == 1
    assert await lane.execute("HSTRLEN", kept[0], "text") < 20_000 // 4
    assert 24 * 3600_000 < await lane.execute("PTTL", kept[0]) <= 25 * 3600_000


async def test_a_list_that_failed_is_checked_when_it_comes_again(real: RealWorld) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"ann@example.net\n"
        raise ConnectionError

    assert (await sent(real, broken())).status_code == 500
    assert await checks(real) == []
    assert (await sent(real, b"ann@example.net\n")).status_code == 200
