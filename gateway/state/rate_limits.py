"""How often something may be tried, counted in the store for all processes together.

A token bucket limits how fast a client goes; a lock-out makes who fails wait, longer each time. Both are told before
the try, so that many at once are many; and neither looks whether what is tried at exists. What has been good before may
be spared some of it.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from importlib import resources
from typing import Any

from suppression.store.client import Argument, Lane, ScriptMissing


class _Script:
    def __init__(self, name: str) -> None:
        self.text = resources.files("gateway.state").joinpath(name).read_bytes()
        self.sha = hashlib.sha1(self.text, usedforsecurity=False).hexdigest()

    async def run(self, lane: Lane, key: str, *arguments: Argument) -> Any:
        try:
            return await lane.execute("EVALSHA", self.sha, 1, key, *arguments)
        except ScriptMissing:  # after a restart or failover; it was not run
            await lane.execute("SCRIPT", "LOAD", self.text)
            return await lane.execute("EVALSHA", self.sha, 1, key, *arguments)


_BUCKET, _LOCK_OUT = _Script("token_bucket.lua"), _Script("lock_out.lua")


@dataclass(frozen=True, slots=True)
class TokenBucket:
    """`most` at once, then one each `between`."""

    lane: Lane
    name: str
    most: int
    between: timedelta

    async def take(self, what: str) -> timedelta | None:
        """None: taken. Otherwise how long to wait."""
        taken, wait = await _BUCKET.run(self.lane, _key(self.name, what), self.most, _ms(self.between))
        return None if taken else timedelta(milliseconds=wait)


@dataclass(frozen=True, slots=True)
class LockOut:
    """`free` tries, then one each `first`, twice that, and so on up to `longest`."""

    lane: Lane
    name: str
    free: int = 5
    first: timedelta = timedelta(seconds=15)
    longest: timedelta = timedelta(minutes=15)
    forgotten: timedelta = timedelta(hours=24)

    async def attempt(self, what: str) -> timedelta | None:
        """None: go on, and it counts until `clear`. Otherwise how long to wait."""
        times = (_ms(self.first), _ms(self.longest), _ms(self.forgotten))
        free, wait = await _LOCK_OUT.run(self.lane, _key(self.name, what), self.free, *times)
        return None if free else timedelta(milliseconds=wait)

    async def clear(self, what: str) -> None:
        """It was the right one."""
        await self.lane.execute("DEL", _key(self.name, what))


@dataclass(frozen=True, slots=True)
class Known:
    """What has been good before, for a while."""

    lane: Lane
    name: str
    kept: timedelta = timedelta(days=30)

    async def is_known(self, what: str) -> bool:
        return bool(await self.lane.execute("EXISTS", _key(self.name, what)))

    async def remember(self, what: str) -> None:
        await self.lane.execute("SET", _key(self.name, what), 1, "PX", _ms(self.kept))


def _key(name: str, what: str) -> str:
    """Names that were typed, and addresses of clients, are kept as hashes."""
    return f"{{console}}{name}:{hashlib.sha256(what.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def _ms(time: timedelta) -> int:
    return max(1, int(time / timedelta(milliseconds=1)))
