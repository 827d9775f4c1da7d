"""How many events wait for each app, and dropping the oldest where they are too many.

Nothing counts them as they come: the steps that log, and what is decided in them, know nothing of it. Whoever bounds
them reads the outbox. What is dropped is in the log still, and can be told again from there.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from suppression.outbox import EVENT
from suppression.store import codec
from suppression.store.client import Argument
from suppression.store.each import each
from suppression.store.entries import KEY
from suppression.store.keys import ShardKeys
from suppression.store.step import Step
from suppression.store.store import Store

_PAGE = 500
_WAITING = (b"waiting", b"dead")  # what nobody has in his hands


class Waits(NamedTuple):
    """One event. `order`: of its log record; `kept`: it keeps the address of somebody who may be erased."""

    order: tuple[int, int]
    member: bytes
    state: bytes
    revision: bytes
    kept: bool


@dataclass(frozen=True, slots=True)
class Dropped:
    """Of one app, ever. `last`: ms."""

    events: int
    last: int


class EventBacklog:
    """Of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lane = store.client.bulk
        self._first = store.shards.all[0]

    async def is_my_turn(self, pause: timedelta) -> bool:
        """Of all processes one at a time, and none again within that time."""
        lasts = int(pause / timedelta(milliseconds=1))
        return await self._lane.execute("SET", self._first.bounding, 1, "NX", "PX", lasts) is not None

    async def at_most(self) -> int:
        """No app has more: it is quickly told, as texts and calls are counted too."""
        keys = [key for shard in self._store.shards.all for key in (shard.due, shard.held)]
        return sum(await self._lane.read([["ZCARD", key] for key in keys]))

    async def bound(self, most: int) -> dict[str, int]:
        """How many were dropped of each app that had more than that; about the oldest, as shards are alike."""
        waiting: dict[str, Counter[ShardKeys]] = defaultdict(Counter)
        for shard in self._store.shards.all:
            async for app, _ in self._events(shard):
                waiting[app][shard] += 1
        gone = {}
        for app, counted in waiting.items():
            beyond = counted.total() - most
            if beyond > 0:
                gone[app] = await self._drop(app, counted, beyond)
        return gone

    async def dropped(self) -> Mapping[str, Dropped]:
        """By app."""
        flat = await self._lane.read_one("HGETALL", self._first.dropped)
        told = {name.decode(): int(value) for name, value in zip(flat[::2], flat[1::2], strict=True)}
        apps = sorted(name[2:] for name in told if name.startswith("n|"))
        return {app: Dropped(told[f"n|{app}"], told.get(f"t|{app}", 0)) for app in apps}

    async def _drop(self, app: str, counted: Counter[ShardKeys], beyond: int) -> int:
        share, total, gone = beyond / counted.total(), 0, 0
        for shard, many in counted.items():
            total += many
            wanted = round(total * share) - gone
            found = sorted([event async for its, event in self._events(shard) if its == app])
            gone += await self._remove(shard, found[: max(0, wanted)])
        if gone:
            now = codec.milliseconds(self._store.server_now())
            await self._lane.execute_many(
                [
                    ["HINCRBY", self._first.dropped, f"n|{app}", gone],
                    ["HSET", self._first.dropped, f"t|{app}", now],
                ]
            )
        return gone

    async def _events(self, shard: ShardKeys) -> AsyncIterator[tuple[str, Waits]]:
        """Those that nobody has in his hands, with their app."""
        for listed in (shard.due, shard.held):
            start = 0
            while members := await self._lane.read_one("ZRANGE", listed, start, start + _PAGE - 1):
                start += len(members)
                for member, told in zip(members, await self._read(shard, members), strict=True):
                    if (found := _event(member, told)) is not None:
                        yield found

    async def _read(self, shard: ShardKeys, members: list[bytes]) -> list[list[bytes | None]]:
        commands: list[list[Argument]] = [
            ["HMGET", _entry(shard, member), "c", "record", "state", "n", "j"] for member in members
        ]
        found: list[list[bytes | None]] = await self._lane.read(commands)
        return found

    async def _remove(self, shard: ShardKeys, events: list[Waits]) -> int:
        removed = 0

        async def remove(event: Waits) -> None:
            nonlocal removed
            answer = await self._store.steps.run(
                self._removal(shard, event), self._lane, self._store.client.timeout
            )
            removed += answer.word == "done"

        await each(events, remove)
        return removed

    def _removal(self, shard: ShardKeys, event: Waits) -> Step:
        """Unless somebody moved it since."""
        key = _entry(shard, event.member)
        step = Step(shard, event.member[:KEY], None)
        step.hold(key, "n", event.revision.decode())
        step.hold(key, "state", event.state.decode())
        step.write_key("delete", key)
        for listed in (shard.due, shard.leased, shard.held):
            step.write_key("undue", listed, event.member)
        if event.kept:  # perhaps the last trace of somebody who was erased
            step.write_key("setnew", shard.erased, codec.milliseconds(self._store.server_now()))
        return step


def _entry(shard: ShardKeys, member: bytes) -> bytes:
    return shard.entry(member[:KEY], member[KEY:])


def _event(member: bytes, told: list[bytes | None]) -> tuple[str, Waits] | None:
    """None: a text or a call, or what is gone or in somebody's hands by now."""
    about, record, state, revision, kept = told
    if about is None or record is None or revision is None or state not in _WAITING:
        return None
    _, _, _, app, marks = about.decode().split("|")
    if marks != EVENT:
        return None
    ms, _, seq = record.decode().partition("-")
    return app, Waits((int(ms), int(seq)), member, state, revision, kept is not None)
