"""The meta record of every shard: which store this is, how it was made, and what it decides by.

    epoch       random, made at init; every script compares it
    shards      how many; schema; forms (version of the canonical address forms)
    pepper      check value of the pepper; another pepper would find nobody
    generation  hash of the catalogue (and list versions) in force, and of the data shipped beside it
    offset      of the sandbox clock, in ms; 0 in production
The catalogue itself, with every purpose ever used, is kept in the first shard.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from suppression.address import CANONICAL_FORMS
from suppression.errors import ConfigurationError, StoreUnavailable
from suppression.purposes import Catalogue
from suppression.store.client import Argument, Lane
from suppression.store.keys import ShardKeys, Shards

SCHEMA = 1  # of stores that this version makes
OLDEST = 1  # that it reads, and brings forward: see migrations.py
_CATALOGUE = b"{%b}catalogue"
_REPLACE = """#!lua
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1"""


@dataclass(frozen=True, slots=True)
class Meta:
    """What a store says of itself. `offset` in milliseconds."""

    epoch: str
    shards: int
    schema: int
    forms: int
    pepper: str
    generation: str
    offset: int = 0

    def fields(self) -> list[Argument]:
        return [
            *("epoch", self.epoch, "shards", self.shards, "schema", self.schema),
            *(
                "forms",
                self.forms,
                "pepper",
                self.pepper,
                "generation",
                self.generation,
                "offset",
                self.offset,
            ),
        ]


async def init(lane: Lane, shards: Shards, pepper_check: str, catalogue: Catalogue) -> Meta:
    """Make a store of an empty database, or finish one whose making was interrupted.

    ConfigurationError when anything else is in it.
    """
    found = await lane.execute_many([["HGET", shard.meta, "pepper"] for shard in shards.all])
    ours = [pepper for pepper in found if pepper == pepper_check.encode()]
    known = len(ours) + await lane.execute("EXISTS", _catalogue_key(shards))
    if found[0] is not None or known != await lane.execute("DBSIZE"):
        raise ConfigurationError(
            "the store is not empty: it was prepared before, or belongs to something else"
        )
    meta = Meta(
        secrets.token_hex(8), len(shards.all), SCHEMA, CANONICAL_FORMS, pepper_check, catalogue.generation
    )
    await lane.execute("SET", _catalogue_key(shards), catalogue.to_json())
    # The first shard last: a store is complete when it has it.
    for shard in reversed(shards.all):
        await lane.execute("HSET", shard.meta, *meta.fields())
    return meta


async def read(lane: Lane, shards: Shards) -> Meta | None:
    """The meta record, the same in all shards; None for an empty store, StoreUnavailable for half a one."""
    replies = await lane.execute_many([["HGETALL", shard.meta] for shard in shards.all])
    found = [_parse(reply) for reply in replies]
    if found[0] is None:
        return None
    if any(meta is None or meta.epoch != found[0].epoch for meta in found):
        raise StoreUnavailable("the store's shards are not of one epoch")
    return found[0]


def _parse(reply: list[bytes]) -> Meta | None:
    if not reply:
        return None
    values: Mapping[str, str] = {
        name.decode(): value.decode() for name, value in zip(reply[::2], reply[1::2], strict=True)
    }
    try:
        return Meta(
            epoch=values["epoch"],
            shards=int(values["shards"]),
            schema=int(values["schema"]),
            forms=int(values["forms"]),
            pepper=values["pepper"],
            generation=values["generation"],
            offset=int(values["offset"]),
        )
    except (KeyError, ValueError) as error:
        raise StoreUnavailable("the store's meta record cannot be read") from error


def check(
    meta: Meta | None, shards: Shards, pepper_check: str, epoch: str = "", schema: int = SCHEMA
) -> Meta:
    """Is this our store, of a kind that we can read? ConfigurationError says why not.

    `epoch`: the one that this gateway was made with, where it was written down. `schema`: the newest that it reads.
    """
    if meta is None:
        raise ConfigurationError("the store is empty: run `gateway init` once, for a new store only")
    problems = [
        problem
        for wrong, problem in (
            (epoch and meta.epoch != epoch, "the store is of another epoch than this gateway's secrets"),
            (meta.pepper != pepper_check, "the store was made with another pepper"),
            (meta.shards != len(shards.all), f"the store has {meta.shards} shards, not {len(shards.all)}"),
            (
                meta.schema > schema,
                f"the store has schema {meta.schema}, of a newer version; this one reads up to {schema}: start that",
            ),
            (
                meta.schema < OLDEST,
                f"the store has schema {meta.schema}; this version reads {OLDEST} and up: first start one between",
            ),
            (
                meta.forms != CANONICAL_FORMS,
                f"the store's address forms are {meta.forms}; this version makes {CANONICAL_FORMS}",
            ),
        )
        if wrong
    ]
    if problems:
        raise ConfigurationError("; ".join(problems))
    return meta


async def publish(lane: Lane, shards: Shards, catalogue: Catalogue) -> None:
    """Put a catalogue in force, with the lists that are loaded. ConfigurationError if it drops a purpose that
    the store knows.
    """

    def published(old: Catalogue) -> Catalogue:
        if missing := catalogue.missing_from(old):
            raise ConfigurationError(
                "the catalogue drops purposes that were in use; name them in `replaces`: "
                + ", ".join(missing)
            )
        return catalogue.limited(replace(catalogue.limits, loaded=old.limits.loaded))

    await change_catalogue(lane, shards, published)


async def change_catalogue(lane: Lane, shards: Shards, change: Callable[[Catalogue], Catalogue]) -> None:
    """Put in force what `change` makes of the catalogue that is. Of several at once each has its effect."""
    key = _catalogue_key(shards)
    while True:
        old = await lane.execute("GET", key)
        new = change(_parsed(old)).to_json()
        if await lane.execute("EVAL", _REPLACE, 1, key, old, new):
            break
    now, told = new.encode(), b""
    while now != told:  # another change may have come between the two
        generation = _parsed(now).generation
        await lane.execute_many([("HSET", shard.meta, "generation", generation) for shard in shards.all])
        now, told = await lane.execute("GET", key), now


async def read_catalogue(lane: Lane, shards: Shards) -> Catalogue:
    """The catalogue in force."""
    return _parsed(await lane.execute("GET", _catalogue_key(shards)))


def _parsed(text: bytes | None) -> Catalogue:
    if text is None:
        raise StoreUnavailable("the store has no catalogue")
    return Catalogue.from_json(text.decode())


async def set_offset(lane: Lane, shards: Shards, offset: int) -> None:
    """Move the sandbox clock of all processes."""
    await lane.execute_many([("HSET", shard.meta, "offset", offset) for shard in shards.all])


def _catalogue_key(shards: Shards) -> bytes:
    first: ShardKeys = shards.all[0]
    return _CATALOGUE % first.tag.encode()
