"""API keys on a real command set: what is stored, what is found, what is refused."""

from collections.abc import AsyncIterator
from typing import Any

import fakeredis
import pytest

from gateway.state.api_keys import ApiKeys
from suppression.errors import Conflict, InvalidInput, NotFound, StoreUnavailable


class Lane:
    """The store's lane, over fakeredis; counts round trips."""

    def __init__(self) -> None:
        self.redis = fakeredis.FakeAsyncRedis()
        self.calls = 0

    async def execute(self, *args: bytes | str | int) -> Any:
        self.calls += 1
        reply = await self.redis.execute_command(*args)  # type: ignore[no-untyped-call]
        if isinstance(reply, dict):  # redis-py makes a dict of HGETALL's flat reply; the lane does not
            return [part for pair in reply.items() for part in pair]
        return reply


@pytest.fixture
async def lane() -> AsyncIterator[Lane]:
    lane = Lane()
    yield lane
    await lane.redis.aclose()


@pytest.fixture
def keys(lane: Lane) -> ApiKeys:
    return ApiKeys(lane)


async def test_an_issued_key_is_found_by_its_secret_in_one_round_trip(keys: ApiKeys, lane: Lane) -> None:
    issued = await keys.issue("demo", ["app", "agent"], "the shop")
    lane.calls = 0

    found = await keys.find(issued.secret)

    assert found == issued.key
    assert found is not None
    assert (found.app, set(found.scopes), found.label) == ("demo", {"app", "agent"}, "the shop")
    assert found.hint == issued.secret[-4:]
    assert lane.calls == 1


async def test_a_secret_has_256_random_bits_and_is_never_stored_or_shown(keys: ApiKeys, lane: Lane) -> None:
    issued = await keys.issue("demo", ["app"])

    assert issued.secret.startswith("gk_")
    assert len(issued.secret) == 3 + 43
    assert issued.secret not in repr(issued)
    stored = await lane.redis.hgetall("{keys}api")
    assert not any(issued.secret.encode() in part for pair in stored.items() for part in pair)


async def test_another_secret_finds_nothing(keys: ApiKeys) -> None:
    issued = await keys.issue("demo", ["app"])

    assert await keys.find(issued.secret[:-1]) is None
    assert await keys.find("") is None
    assert await keys.find("\udcff") is None
    assert await keys.find("prepared") is None


async def test_a_store_that_lost_its_keys_is_unavailable_not_a_refusal(keys: ApiKeys) -> None:
    with pytest.raises(StoreUnavailable):
        await keys.find("gk_whatever")


async def test_a_revoked_key_is_unknown_and_others_stay(keys: ApiKeys) -> None:
    first = await keys.issue("demo", ["app"])
    second = await keys.issue(None, ["agent"], "support")

    await keys.revoke(first.id)

    assert await keys.find(first.secret) is None
    assert [key.id for key in await keys.list()] == [second.id]
    with pytest.raises(NotFound):
        await keys.revoke(first.id)


async def test_the_last_revoked_key_leaves_the_store_answering(keys: ApiKeys) -> None:
    issued = await keys.issue("demo", ["app"])
    await keys.revoke(issued.id)

    assert await keys.find(issued.secret) is None


async def test_a_secret_brought_along_is_taken_once(keys: ApiKeys) -> None:
    secret = "gk_" + "a" * 43
    issued = await keys.issue("demo", ["app"], secret=secret)

    assert issued.secret == secret
    with pytest.raises(Conflict):
        await keys.issue("other", ["app"], secret=secret)
    with pytest.raises(InvalidInput):
        await keys.issue("demo", ["app"], secret="short")


async def test_scopes_are_known_ones_and_scope_app_needs_an_app(keys: ApiKeys) -> None:
    for app, scopes in ((None, ["app"]), ("demo", []), ("demo", ["root"])):
        with pytest.raises(InvalidInput):
            await keys.issue(app, scopes)


async def test_a_key_that_cannot_be_read_is_unavailable(keys: ApiKeys, lane: Lane) -> None:
    issued = await keys.issue("demo", ["app"])
    for name in await lane.redis.hkeys("{keys}api"):
        await lane.redis.hset("{keys}api", name, "{}")

    with pytest.raises(StoreUnavailable):
        await keys.find(issued.secret)
