"""A store of an older schema is brought forward while it is used, whoever is killed; a newer one is refused."""

import asyncio
import subprocess
import sys
import time

import pytest

from suppression.address import parse
from suppression.changes import Suppress
from suppression.decision import Reason
from suppression.errors import ConfigurationError, StoreUnavailable
from suppression.model import Scope, Way
from suppression.store import meta
from suppression.store.apply import apply
from suppression.store.keys import ShardKeys
from suppression.store.migrations import MIGRATIONS, migrate, newest
from suppression.store.opening import StoreSettings, open_store
from suppression.store.store import Store
from tests.conftest import SECRETS
from tests.end_to_end.processes import environment
from tests.upgrades.made_up import SCHEMA, counting, counts


async def nothing(store: Store, shard: ShardKeys) -> None:
    """The step after the made-up one."""


MADE_UP = (counting(), nothing)


async def test_what_is_shipped_leads_to_the_schema_that_is_made(store: Store) -> None:
    assert newest(MIGRATIONS) == meta.SCHEMA
    assert await migrate(store)
    assert set(await schemas(store)) == {meta.SCHEMA}


async def test_a_store_comes_forward_step_by_step(store: Store) -> None:
    await furnish(store)
    assert await migrate(store, MADE_UP)
    assert set(await schemas(store)) == {SCHEMA + 1}
    assert await counted(store) == 100
    assert await store.client.bulk.execute("KEYS", "{*}u") == [], "nobody has a shard in hand any more"


async def test_a_newer_store_is_refused_and_an_older_one_opened(
    store_settings: StoreSettings, store: Store
) -> None:
    await migrate(store, MADE_UP[:1])
    with pytest.raises(
        ConfigurationError, match="schema 2, of a newer version; this one reads up to 1: start that"
    ):
        await open_store(store_settings, SECRETS)
    await (await open_store(store_settings, SECRETS, SCHEMA)).close()


async def test_an_older_version_may_start_until_the_last_shard_is_there(
    store_settings: StoreSettings, store: Store
) -> None:
    """So its processes that die meanwhile are started anew. The first shard is the last."""
    hindered = store.shards.all[40]
    await store.client.sends.execute("SET", hindered.migrating, "somebody else")
    assert not await migrate(store, MADE_UP)
    found = await schemas(store)
    assert (found[0], found[1], found[40]) == (1, SCHEMA + 1, 1)
    await (await open_store(store_settings, SECRETS)).close()

    await store.client.sends.execute("DEL", hindered.migrating)
    assert await migrate(store, MADE_UP)


async def test_the_step_before_is_done_again_for_what_an_older_version_wrote_after_it(store: Store) -> None:
    await migrate(store, MADE_UP[:1])
    await furnish(store)
    assert await counted(store) == 0
    await migrate(store, MADE_UP)
    assert await counted(store) == 100


async def test_another_store_under_the_same_name_is_left_alone(store: Store) -> None:
    async def replaced(store: Store, shard: ShardKeys) -> None:
        await store.client.sends.execute("HSET", shard.meta, "epoch", "another")

    with pytest.raises(StoreUnavailable, match="another one"):
        await migrate(store, (replaced,))
    assert set(await schemas(store)) == {1}


async def test_many_at_once_and_kills_in_the_middle(store_settings: StoreSettings, store: Store) -> None:
    """A version of before decides and stops all the while."""
    await furnish(store)
    for _ in range(3):
        pair = [upgrader(store_settings.url, pause=0.02) for _ in range(2)]
        for process in pair:
            assert process.stdout is not None
            await asyncio.to_thread(process.stdout.readline)
        await furnish(store, f"later-{time.monotonic_ns()}", 5)
        await asyncio.sleep(0.2)
        for process in pair:
            process.kill()
            process.communicate()
        assert (await schemas(store))[0] == 1
        # Its leases end by themselves, after a minute.
        for shard in store.shards.all:
            await store.client.sends.execute("DEL", shard.migrating)

    pair = [upgrader(store_settings.url, pause=0) for _ in range(2)]
    for process in pair:
        assert await asyncio.to_thread(process.wait, 60) == 0
        process.communicate()
    assert set(await schemas(store)) == {SCHEMA}
    await migrate(store, MADE_UP)  # the version after it finds what was written behind it
    assert await counted(store) == 115
    for number in range(100):
        facts = await store.facts(store.keyring.recipient(parse(f"r{number}@example.net")))
        assert len(facts.suppressions) == 1


def upgrader(url: str, pause: float) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.upgrades.made_up", url, str(pause)]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True)


async def furnish(store: Store, name: str = "r", count: int = 100) -> None:
    """A stop for each of some recipients."""
    for number in range(count):
        recipient = store.keyring.recipient(parse(f"{name}{number}@example.net"))
        change = Suppress(Scope(purpose="marketing"), Reason.UNSUBSCRIBED, Way.LINK, "api", "x", store.now())
        await apply(store, recipient, change)


async def schemas(store: Store) -> list[int]:
    found = await store.client.sends.execute_many(
        [("HGET", shard.meta, "schema") for shard in store.shards.all]
    )
    return [int(schema) for schema in found]


async def counted(store: Store) -> int:
    """Recipients whom the made-up step has seen."""
    found = await store.client.sends.execute_many([("HLEN", counts(shard)) for shard in store.shards.all])
    return sum(found)
