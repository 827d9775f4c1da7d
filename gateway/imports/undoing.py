"""A list taken back: the entries of its batch end, and no others; what the recipient also said stays.

Some at a time: after a crash whoever goes on begins with those that were not noted as done, and finds them gone.
"""

import asyncio
from collections.abc import Sequence

from gateway.state.imports import Import, Imports, State
from suppression.changes import Lift
from suppression.errors import NotFound
from suppression.model import Recipient
from suppression.store.apply import apply
from suppression.store.client import Argument
from suppression.store.each import each
from suppression.store.keys import ShardKeys
from suppression.store.people import People
from suppression.store.store import Store

_AT_ONCE = 256
_PAUSE = 0.005


class Undoing:
    """The work at one import by one owner of its lease. StoreUnavailable, Lost."""

    def __init__(self, store: Store, imports: Imports, one: Import, owner: str) -> None:
        self._store = store
        self._imports = imports
        self._one = one
        self._owner = owner
        self._people = People(store)
        self._undone = one.undone

    async def run(self) -> None:
        for shard in self._store.shards.all:
            while members := await self._next(shard):
                await each(members, self._end)
                await self._done(shard, members)
                await asyncio.sleep(_PAUSE)
        await self._note(State.UNDONE)

    async def _next(self, shard: ShardKeys) -> Sequence[bytes]:
        lane, batch = self._store.client.bulk, self._one.id
        listed: list[bytes] = await lane.read_one("LRANGE", shard.batch(batch), 0, _AT_ONCE - 1)
        if listed:
            return listed
        apart: list[bytes] = await lane.read_one("SRANDMEMBER", shard.batch_apart(batch), _AT_ONCE)
        return apart

    async def _done(self, shard: ShardKeys, members: Sequence[bytes]) -> None:
        commands: list[Sequence[Argument]] = [
            ("SREM", shard.batch_apart(self._one.id), *members),
            *(("LREM", shard.batch(self._one.id), 1, member) for member in members),
        ]
        await self._store.client.bulk.execute_many(commands)
        self._undone += len(members)
        await self._note(State.UNDOING)

    async def _end(self, member: bytes) -> None:
        key, entry = member[:16], member[16:].hex()
        evidence = {"reason": "the list that it came with was taken back", "import": self._one.id}
        lift = Lift(entry, self._one.undone_by, self._store.now(), evidence=evidence, batch=self._one.id)
        person = await self._lift(key, lift)
        if person is not None:  # a stop of everything went to all addresses of the person
            await self._people.take_back(bytes.fromhex(person), lift)

    async def _lift(self, key: bytes, lift: Lift) -> str | None:
        """The person that the recipient belongs to."""
        try:
            return (await apply(self._store, Recipient(key, ""), lift)).facts.person
        except NotFound:  # lifted meanwhile, or by the one who began this
            return (await self._store.facts(Recipient(key, ""), self._store.client.bulk)).person

    async def _note(self, state: State) -> None:
        fields = {"state": state, "undone": self._undone}
        await self._imports.step(self._one.id, self._owner, fields, ends=state is State.UNDONE)
