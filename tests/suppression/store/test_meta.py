"""Which store this is, and which catalogue is in force."""

from dataclasses import replace

import pytest

from suppression.address import parse
from suppression.errors import ConfigurationError, StoreUnavailable
from suppression.purposes import Catalogue
from suppression.store import meta
from suppression.store.client import Client
from suppression.store.keys import Shards
from suppression.store.opening import StoreSettings, open_store, prepare, publish
from suppression.store.store import Store
from tests.conftest import SECRETS

ONE = '[purposes."marketing/shoes"]\ntitle = "Shoes"\nchannels = {email = "opt-in"}\nway_out = "footer"\n'


async def test_a_catalogue_that_drops_a_purpose_is_refused(store: Store) -> None:
    with pytest.raises(ConfigurationError, match="marketing/promotions"):
        await publish(store, Catalogue.from_toml(ONE))


async def test_a_published_catalogue_moves_the_generation_of_every_shard(store: Store) -> None:
    shipped = Catalogue.shipped()
    table = {path: {**_table(shipped, path)} for path in shipped.purposes}
    table["marketing/shoes"] = {"title": "Shoes", "channels": {"email": "opt-in"}, "way_out": "footer"}
    wider = Catalogue.from_table(table)

    await publish(store, wider)

    assert (await store.catalogue()).generation == wider.generation
    read = await meta.read(store.client.sends, store.shards)
    assert read is not None
    assert read.generation == wider.generation
    assert (await store.facts(store.keyring.recipient(parse("a@example.net")))).generation == wider.generation


def _table(catalogue: Catalogue, path: str) -> dict[str, object]:
    import json

    table: dict[str, object] = json.loads(catalogue.to_json())["purposes"][path]
    return table


async def test_half_a_store_is_no_store(store: Store) -> None:
    await store.client.sends.execute("DEL", store.shards.all[5].meta)

    with pytest.raises(StoreUnavailable, match="one epoch"):
        await meta.read(store.client.sends, store.shards)


async def test_a_store_whose_making_was_interrupted_is_finished(store_settings: StoreSettings) -> None:
    first = await prepare(store_settings, SECRETS, Catalogue.shipped())
    client, shards = Client(store_settings.url), Shards(64)
    for shard in shards.all[:7]:  # they are written last
        await client.sends.execute("DEL", shard.meta)
    await client.close()

    second = await prepare(store_settings, SECRETS, Catalogue.shipped())

    assert second != first
    await (await open_store(store_settings, replace(SECRETS, epoch=second))).close()


async def test_a_store_whose_epoch_was_not_written_down_is_taken_as_made(
    store_settings: StoreSettings,
) -> None:
    first = await prepare(store_settings, SECRETS, Catalogue.shipped())

    assert await prepare(store_settings, SECRETS, Catalogue.shipped()) == first


async def test_a_database_of_somebody_else_is_refused(store_settings: StoreSettings) -> None:
    client = Client(store_settings.url)
    await client.sends.execute("SET", "theirs", "1")
    await client.close()

    with pytest.raises(ConfigurationError, match="not empty"):
        await prepare(store_settings, SECRETS, Catalogue.shipped())
