"""The content of registers and partner lists: a set of 8-byte members a shard and version, swapped as a whole.

A member is the start of a recipient's key, or for a list of unsalted hashes `Keyring.matching` of one: what other
companies' hashes are is not kept. Which version is in force stands in the catalogue, so the generation covers it:
who decides by an older one is told that something moved.
"""

import secrets
from collections.abc import AsyncIterable
from dataclasses import replace
from types import MappingProxyType

from suppression.address import parse, parse_phone
from suppression.errors import Conflict, GatewayError, InvalidInput
from suppression.hashed import parse_digest
from suppression.limits import PLAIN, Loaded, PartnerList, Register
from suppression.purposes import Catalogue
from suppression.store import codec, meta
from suppression.store.client import Argument
from suppression.store.keys import Keyring, ShardKeys
from suppression.store.store import Store

_AT_ONCE = 2000
_KEPT = 0.95  # of the former size: RULES 3, "DNC file format": a file that is shorter was cut
_LOADING = b"{%b}loading"
_ABANDONED = 86_400_000  # ms after which a load that did not end is taken for dead


def member(keyring: Keyring, entry: Register | PartnerList, text: str) -> bytes:
    """A line of a list's file as what the store keeps of it. InvalidInput when it is none."""
    if entry.hashed != PLAIN:
        found = parse_digest(text)
        if found is None or found[0] != entry.hashed:
            raise InvalidInput(f"no {entry.hashed} in hex")
        return keyring.matching(found[1])
    if isinstance(entry, Register):
        # "202,5550143" is how the National DNC Registry writes a number: RULES 3, "DNC file format".
        region = "US" if "US" in entry.countries else next(iter(entry.countries), None)
        return keyring.recipient(parse_phone(text.replace(",", ""), region)).key[:8]
    return keyring.recipient(parse(text)).key[:8]


async def load(
    store: Store, entry: Register | PartnerList, members: AsyncIterable[bytes], *, shrink: bool = False
) -> Loaded:
    """Put what `members` gives in force, all at once. Conflict if it is much less than before, unless `shrink`."""
    version = secrets.token_hex(6)
    await _begin(store, version)
    try:
        size = await _fill(store, version, members)
        loaded = Loaded(version, codec.milliseconds(store.now()), size, entry.hashed)
        former = await _swap(store, entry.name, loaded, shrink=shrink)
    except GatewayError:
        await _remove(store, version)
        raise
    await _remove(store, former)
    await store.client.bulk.execute("HDEL", _loading(store), version)
    return loaded


async def _begin(store: Store, version: str) -> None:
    """Note the load, so that the next one clears away what a crash left of it."""
    lane, key, now = store.client.bulk, _loading(store), codec.milliseconds(store.server_now())
    begun = await lane.execute("HGETALL", key)
    for old, at in zip(begun[::2], begun[1::2], strict=True):
        if now - int(at) > _ABANDONED:
            await _remove(store, old.decode())
    await lane.execute("HSET", key, version, now)


async def _fill(store: Store, version: str, members: AsyncIterable[bytes]) -> int:
    waiting: dict[ShardKeys, list[bytes]] = {}
    count = added = 0
    async for item in members:
        waiting.setdefault(store.shards.of(item), []).append(item)
        count += 1
        if count % _AT_ONCE == 0:
            added += await _add(store, version, waiting)
            waiting = {}
    return added + await _add(store, version, waiting)


async def _add(store: Store, version: str, waiting: dict[ShardKeys, list[bytes]]) -> int:
    if not waiting:
        return 0
    commands: list[list[Argument]] = [
        ["SADD", shard.listed(version), *items] for shard, items in waiting.items()
    ]
    return sum(await store.client.bulk.execute_many(commands))


async def _swap(store: Store, name: str, loaded: Loaded, *, shrink: bool) -> str:
    """Put the version in force; the one that was, "" for none."""
    former: Loaded | None = None

    def swapped(old: Catalogue) -> Catalogue:
        nonlocal former
        former = old.limits.loaded.get(name)
        least = former.size * _KEPT if former and former.hashed == loaded.hashed else 1
        if loaded.size < least and not shrink:
            raise Conflict(f"{loaded.size} entries where {former.size if former else 0} were: is it whole?")
        versions = MappingProxyType({**old.limits.loaded, name: loaded})
        return old.limited(replace(old.limits, loaded=versions))

    await meta.change_catalogue(store.client.bulk, store.shards, swapped)
    return former.version if former else ""


async def _remove(store: Store, version: str) -> None:
    if version:
        await store.client.bulk.execute_many(
            [("UNLINK", shard.listed(version)) for shard in store.shards.all]
        )


def _loading(store: Store) -> bytes:
    return _LOADING % store.shards.all[0].tag.encode()
