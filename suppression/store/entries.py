"""Reading the outbox: an entry by its id, a recipient's, those that agents must see to, and what is due when."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from suppression.errors import NotFound, StoreUnavailable
from suppression.model import Recipient
from suppression.outbox import HANDLE, Entry
from suppression.records import Record
from suppression.store import codec
from suppression.store.client import Lane
from suppression.store.entry_codec import EntryReader
from suppression.store.keys import ShardKeys, parse_handle
from suppression.store.step import NUMBER
from suppression.store.store import Store

Records = Callable[[Sequence[str], str], Awaitable[list[Record]]]  # by their ids, of a recipient (hex)

KEY = 16  # bytes of a recipient's key, before the number in a member of a sorted set


class Entries:
    """The entries of one store. `records`: reads its log by ids; the hot one alone where nothing is archived."""

    def __init__(self, store: Store, records: Records | None = None) -> None:
        self._store = store
        self._records: Records = records or store.log.records
        self._reader = EntryReader(store.keyring, store.sealer)

    async def entry(self, message: str, lane: Lane | None = None) -> Entry:
        """By its id. NotFound."""
        key, number = parse_handle(HANDLE, message, NUMBER)
        found = await self._read(key, [bytes.fromhex(number)], lane or self._store.client.stops)
        if not found:
            raise NotFound("no such message, or not any more")
        return found[0]

    async def waiting(self, recipient: Recipient) -> list[Entry]:
        """All that is listed for a recipient: what waits, is under way, or is held for agents."""
        lane = self._store.client.stops
        key = self._store.shards.of(recipient.key).recipient(recipient.key)
        listed = await lane.read_one("HGET", key, "q") or b""
        numbers = [listed[at : at + NUMBER] for at in range(0, len(listed), NUMBER)]
        return await self._read(recipient.key, numbers, lane)

    async def _read(self, key: bytes, numbers: Sequence[bytes], lane: Lane) -> list[Entry]:
        shard = self._store.shards.of(key)
        if not numbers:
            return []
        epoch, *replies = await lane.read(
            [
                ("HGET", shard.meta, "epoch"),
                *(("HGETALL", shard.entry(key, number)) for number in numbers),
            ]
        )
        if epoch != self._store.steps.epoch.encode():
            raise StoreUnavailable("the store is not the one that was opened")
        return [
            self._reader.read(shard.number, key, number, flat)
            for number, flat in zip(numbers, replies, strict=True)
            if flat
        ]

    async def history(self, entry: Entry) -> list[Record]:
        """What the log has of it, oldest first."""
        return await self._records(entry.records, entry.recipient.key.hex())

    async def held(self, limit: int = 100, after: str = "") -> list[Entry]:
        """What agents must see to, oldest first within a shard. `after`: id of the last one that was seen."""
        number, start = 0, 0
        if after:
            key, entry = parse_handle(HANDLE, after, NUMBER)
            shard = self._store.shards.of(key)
            rank = await self._store.client.stops.read_one("ZRANK", shard.held, key + bytes.fromhex(entry))
            number, start = shard.number, 0 if rank is None else rank + 1
        found: list[Entry] = []
        for shard in self._store.shards.all[number:]:
            found += await self._held_in(shard, start, limit - len(found))
            if len(found) >= limit:
                break
            start = 0
        return found

    async def _held_in(self, shard: ShardKeys, start: int, limit: int) -> list[Entry]:
        """Those that are gone by now are taken off."""
        lane = self._store.client.stops
        found: list[Entry] = []
        while len(found) < limit:
            members = await lane.read_one("ZRANGE", shard.held, start, start + limit - 1)
            for member in members:
                entries = await self._read(member[:KEY], [member[KEY:]], lane)
                found += entries
                start += len(entries)
                if not entries:
                    await lane.execute("ZREM", shard.held, member)
            if len(members) < limit:
                break
        return found[:limit]

    async def heads(self) -> dict[int, tuple[datetime | None, datetime | None]]:
        """By shard: when its earliest entry is due (by the clock of decisions), when its earliest lease ends."""
        shards = self._store.shards.all
        replies = await self._store.client.sends.read(
            [("ZRANGE", key, 0, 0, "WITHSCORES") for shard in shards for key in (shard.due, shard.leased)]
        )
        times = [codec.moment(round(float(reply[1]))) if reply else None for reply in replies]
        return {shard.number: (times[2 * n], times[2 * n + 1]) for n, shard in enumerate(shards)}
