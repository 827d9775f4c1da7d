"""Opening a store: connect, check that it is ours and durable, or make a new one of an empty database."""

from dataclasses import dataclass, field

from suppression.errors import ConfigurationError
from suppression.purposes import Catalogue
from suppression.store import durability, meta
from suppression.store.client import Client
from suppression.store.keys import Keyring, Shards
from suppression.store.sealed import Sealer
from suppression.store.store import Store


@dataclass(frozen=True, slots=True)
class StoreSecrets:
    """What makes a store ours. `epoch`: of the store that these secrets were made with, "" if not known."""

    pepper: bytes = field(repr=False)
    sealing_keys: dict[int, bytes] = field(repr=False)
    sealing_key: int
    epoch: str = ""


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where the store is and how it is used. `timeout`: seconds that anybody waits for it.

    hashed_matching   keep from now on which recipients unsalted hashes of their addresses mean
    """

    url: str
    shards: int = 64
    timeout: float = 2.0
    allow_unsafe: bool = False
    hashed_matching: bool = False


async def prepare(settings: StoreSettings, secrets: StoreSecrets, catalogue: Catalogue) -> str:
    """Make a store of an empty database; its epoch, which belongs into the secrets."""
    client = Client(settings.url, timeout=settings.timeout)
    try:
        await _durable(client, settings)
        keyring = Keyring(secrets.pepper)
        shards = Shards(settings.shards)
        made = await meta.read(client.sends, shards) if await _was_ours(client, shards, keyring) else None
        if made is None or secrets.epoch:
            made = await meta.init(client.sends, shards, keyring.check, catalogue)
    finally:
        await client.close()
    return made.epoch


async def _was_ours(client: Client, shards: Shards, keyring: Keyring) -> bool:
    """A whole store made with these very secrets, whose epoch did not get written down: it was interrupted there."""
    pepper = await client.sends.execute("HGET", shards.all[0].meta, "pepper")
    return bool(pepper == keyring.check.encode())


async def open_store(settings: StoreSettings, secrets: StoreSecrets, schema: int = meta.SCHEMA) -> Store:
    """The store behind these settings. ConfigurationError when it is not ours, or may lose entries.

    `schema`: the newest that whoever opens it can read.
    """
    client = Client(settings.url, timeout=settings.timeout)
    shards, keyring = Shards(settings.shards), Keyring(secrets.pepper)
    try:
        await _durable(client, settings)
        found = await meta.read(client.sends, shards)
        opened = meta.check(found, shards, keyring.check, secrets.epoch, schema)
    except BaseException:
        await client.close()
        raise
    store = Store(client, shards, keyring, Sealer(secrets.sealing_keys, secrets.sealing_key), opened)
    store.hashed_matching = settings.hashed_matching
    return store


async def publish(store: Store, catalogue: Catalogue) -> None:
    """Put a catalogue in force for all processes on this store."""
    await meta.publish(store.client.stops, store.shards, catalogue)


async def _durable(client: Client, settings: StoreSettings) -> None:
    if settings.allow_unsafe:
        return
    if found := await durability.problems(client.sends):
        raise ConfigurationError(
            "the store is not safe (allow_unsafe_store says to run on it all the same):\n" + "\n".join(found)
        )
