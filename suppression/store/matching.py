"""Hashed matching, where settings switch it on: which recipient an unsalted hash of an address means.

An index of 64 bits a hash, kept from the first change of a recipient on. What is kept is a keyed hash of the
unsalted one: without the pepper nobody can try addresses on it. With the pepper anybody can, as on recipients' keys;
and with the gateway anybody who holds hashes learns which of them are known here. Hence off by default.
"""

from collections.abc import Iterator, Sequence

from suppression.errors import StoreUnavailable
from suppression.hashed import ALGORITHMS, digests
from suppression.model import Recipient
from suppression.store.client import Argument
from suppression.store.keys import ShardKeys
from suppression.store.store import Store

_KEY = 16


async def note(store: Store, recipient: Recipient) -> None:
    """Let the recipient be found by hashes of its address. Before its first entry: found too early harms nobody."""
    if recipient.address is None:
        return
    value = recipient.key + bytes.fromhex(recipient.exact)
    commands: list[Sequence[Argument]] = [
        ("HSET", shard.matched, member, value) for shard, member in _places(store, recipient)
    ]
    await store.client.stops.execute_many(commands)


def _places(store: Store, recipient: Recipient) -> Iterator[tuple[ShardKeys, bytes]]:
    if recipient.address is not None:
        for algorithm in ALGORITHMS:
            for digest in digests(recipient.address, algorithm):
                member = store.keyring.matching(digest)
                yield store.shards.of(member), member


async def find(store: Store, hashes: Sequence[bytes]) -> list[Recipient | None]:
    """Whose address each hash is of, with the address where it is kept; None for what nothing is known of."""
    members = [store.keyring.matching(digest) for digest in hashes]
    lookups: list[Sequence[Argument]] = [
        ("HGET", store.shards.of(member).matched, member) for member in members
    ]
    told = await store.client.bulk.read(lookups) if lookups else []
    keys = [value[:_KEY] for value in told if value is not None]
    sealings: list[Sequence[Argument]] = [("GET", store.shards.of(key).address(key)) for key in keys]
    sealed = iter(await store.client.bulk.read(sealings) if sealings else [])
    return [None if value is None else _recipient(store, value, next(sealed)) for value in told]


def _recipient(store: Store, value: bytes, sealed: bytes | None) -> Recipient:
    key, exact = value[:_KEY], value[_KEY:].hex()
    if len(value) != _KEY + 8:
        raise StoreUnavailable("the index of hashes has an entry that cannot be read")
    return Recipient(key, exact, None if sealed is None else store.sealer.open_address(sealed, key))
