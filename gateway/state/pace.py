"""How fast a sender may go, counted in the store for all processes together: so many a second, evenly spaced.

Whose turn comes soon is told how long to wait, and has that turn. All others are told when to ask again: each later
than the one before, so that a thousand who wait do not all ask again at once.
"""

import hashlib
import math
from typing import Any

from suppression.store.client import Argument, Lane, ScriptMissing

# KEYS 1 the sender's pace   ARGV in microseconds: 1 from one to the next   2 the longest wait that is worth it
# Answers {1, wait}: this turn is yours; {0, wait}: ask again then.   Fields: t next free turn, l the end of the line
SCRIPT = b"""#!lua
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local between, patience = tonumber(ARGV[1]), tonumber(ARGV[2])
local known = redis.call('HMGET', KEYS[1], 't', 'l')
local turn = math.max(now, tonumber(known[1] or '0'))
if turn > now + patience + between then turn = now end -- the clock was turned back
local mine, field, at = 1, 't', turn
if turn - now > patience then
  mine, field = 0, 'l'
  at = math.max(turn, tonumber(known[2] or '0'))
end
redis.call('HSET', KEYS[1], field, string.format('%.0f', at + between))
redis.call('PEXPIRE', KEYS[1], math.ceil((at + between - now) / 1000) + 60000)
return {mine, string.format('%.0f', at - now)}
"""
_SHA = hashlib.sha1(SCRIPT, usedforsecurity=False).hexdigest()


class Pace:
    """Turns of senders, by name and channel."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane

    async def turn(self, name: str, per_second: float, patience: float) -> tuple[bool, float]:
        """(True, seconds until the turn, which is taken), or (False, seconds after which to ask again)."""
        between = math.ceil(1_000_000 / per_second)
        mine, wait = await self._run("{pace}" + name, between, round(patience * 1_000_000))
        return bool(mine), int(wait) / 1_000_000

    async def _run(self, key: str, *arguments: Argument) -> Any:
        try:
            return await self._lane.execute("EVALSHA", _SHA, 1, key, *arguments)
        except ScriptMissing:  # after a restart or failover; it was not run
            await self._lane.execute("SCRIPT", "LOAD", SCRIPT)
            return await self._lane.execute("EVALSHA", _SHA, 1, key, *arguments)
