"""Imports on their way and those that ended: how far each is, who works at it, and its rejected rows, sealed.

Who works at one has a lease and says so with each step: a step of one who lost it is refused, so nothing counts twice.
All goes 30 days after its last step; until then a list can be undone.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from suppression.errors import NotFound, StoreUnavailable
from suppression.store.client import Argument, Lane, ScriptMissing

KEPT = timedelta(days=30)
MOST_REJECTS = 10_000  # kept of one import; the rest is counted
LEASE = 30.0  # seconds
_PATIENCE, _PAUSE = 2.0, 0.05
_OPEN, _ALL = b"{imports}open", b"{imports}all"

# KEYS 1 the import   2 its rejects   3 open ones, by the end of their lease   4 all   ARGV 1 op, then
#   create  id, now, open ("1"), ms kept, path, fields...  {1} made (of this very file), {0} there was one
#   lease   id, owner, ms, only this owner's ("1")   {1} it is the owner's now, {0} another has it, or it has ended
#   step    id, owner, ms kept, rows before ("" any), open ("1"), most rejects, how many fields, pairs, rejects...
#           {1} done, {0} lost
SCRIPT = b"""#!lua
local call = redis.call
local op, id = ARGV[1], ARGV[2]
local t = call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if op == 'create' then
  local path = call('HGET', KEYS[1], 'path')
  if path then return path == ARGV[6] and 1 or 0 end
  call('HSET', KEYS[1], 'path', ARGV[6], unpack(ARGV, 7))
  call('PEXPIRE', KEYS[1], ARGV[5])
  call('ZADD', KEYS[4], ARGV[3], id)
  if ARGV[4] == '1' then call('ZADD', KEYS[3], 0, id) end
  return 1
end
local owner = call('HGET', KEYS[1], 'owner')
if op == 'lease' then
  local ends = call('ZSCORE', KEYS[3], id)
  if owner ~= ARGV[3] and (ARGV[5] == '1' or not ends or tonumber(ends) > now) then return 0 end
  call('HSET', KEYS[1], 'owner', ARGV[3])
  if ends then call('ZADD', KEYS[3], now + tonumber(ARGV[4]), id) end
  return 1
end
if owner ~= ARGV[3] then return 0 end
if ARGV[5] ~= '' and (call('HGET', KEYS[1], 'rows') or '0') ~= ARGV[5] then return 1 end
local last = 8 + tonumber(ARGV[8]) * 2
call('HSET', KEYS[1], unpack(ARGV, 9, last))
for at = last + 1, #ARGV do
  if call('LLEN', KEYS[2]) < tonumber(ARGV[7]) then call('RPUSH', KEYS[2], ARGV[at]) end
end
call('PEXPIRE', KEYS[1], ARGV[4])
call('PEXPIRE', KEYS[2], ARGV[4])
if ARGV[6] ~= '1' then call('ZREM', KEYS[3], id) end
return 1
"""
_SHA = hashlib.sha1(SCRIPT, usedforsecurity=False).hexdigest()


class State(StrEnum):
    """`interrupted`: its file is gone; the same list, brought again, goes on where it stopped."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    TRIED = "tried"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    UNDOING = "undoing"
    UNDONE = "undone"


ENDED = frozenset({State.DONE, State.TRIED, State.FAILED, State.INTERRUPTED, State.UNDONE})


class Lost(Exception):
    """Another works at it now."""


@dataclass(frozen=True, slots=True)
class Import:
    """One list.

    source     what its entries name as theirs; actor: who brought it; own_sender: of an app, "" for support
    at         when it was brought, ms: the time of its entries
    path       of the spooled file; size, place: bytes of it, and how many were read
    rows       read so far; changed: entries it added; known: rows that were there; rejected: by reason in `why`
    dry_run    only tried: nothing is written
    undone     entries that its undoing ended
    fault      why it failed
    """

    id: str
    state: State
    source: str
    actor: str
    own_sender: str
    at: int
    options: Mapping[str, str]
    dry_run: bool = False
    path: str = field(default="", repr=False)
    format: str = ""
    size: int = 0
    place: int = 0
    rows: int = 0
    changed: int = 0
    known: int = 0
    rejected: int = 0
    why: Mapping[str, int] = field(default_factory=dict)
    ignored: Sequence[str] = ()
    undone: int = 0
    undone_by: str = ""
    fault: str = ""

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def per_cent(self) -> int:
        if self.state in {State.DONE, State.TRIED, State.UNDONE}:
            return 100
        if self.state is State.UNDOING:
            return self.undone * 100 // self.changed if self.changed else 0
        return min(99, self.place * 100 // self.size) if self.size else 0


_NUMBERS = frozenset({"at", "size", "place", "rows", "changed", "known", "rejected", "undone"})
_JSON = frozenset({"options", "why", "ignored"})


class Imports:
    """The imports of one store."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane

    async def create(self, one: Import, *, spooled: bool) -> bool:
        """False when there is one of this id. `spooled`: any worker that finds the file may work at it."""
        fields = [part for name in _WRITTEN for part in (name, _encode(name, getattr(one, name)))]
        kept = int(KEPT.total_seconds() * 1000)
        waits = "1" if spooled else ""
        made = await self._run(one.id, "create", one.at, waits, kept, one.path, *fields)
        return bool(made)

    async def find(self, import_id: str) -> Import:
        """NotFound."""
        flat = await self._lane.read_one("HGETALL", _key(import_id))
        if not flat:
            raise NotFound("no such import")
        return _decode(import_id, dict(zip(flat[::2], flat[1::2], strict=True)))

    async def latest(self, limit: int = 50) -> Sequence[Import]:
        """Newest first."""
        found = []
        for import_id in await self._lane.read_one("ZREVRANGE", _ALL, 0, limit - 1):
            try:
                found.append(await self.find(import_id.decode()))
            except NotFound:
                await self._lane.execute("ZREM", _ALL, import_id)
        return found

    async def waiting(self) -> Sequence[str]:
        """Ids of those that somebody is to work at, and nobody does."""
        seconds, micros = await self._lane.read_one("TIME")
        now = int(seconds) * 1000 + int(micros) // 1000
        return [item.decode() for item in await self._lane.read_one("ZRANGEBYSCORE", _OPEN, "-inf", now)]

    async def lease(self, import_id: str, owner: str, *, renew: bool = False) -> bool:
        """Whether it is the owner's now, for `LEASE` seconds. `renew`: only if it was before."""
        renewed = "1" if renew else ""
        return bool(await self._run(import_id, "lease", owner, int(LEASE * 1000), renewed))

    async def take(self, import_id: str, owner: str) -> None:
        """One that only its own process works at: whoever did before is gone."""
        await self._lane.execute("HSET", _key(import_id), "owner", owner)

    async def open(self, import_id: str, *, spooled: bool = True, **fields: Any) -> None:
        """It is to be worked at again: by any worker, if it is spooled."""
        pairs = [part for name, value in fields.items() for part in (name, _encode(name, value))]
        if pairs:
            await self._lane.execute("HSET", _key(import_id), *pairs)
        if spooled:
            await self._lane.execute("ZADD", _OPEN, 0, import_id)

    async def begin_anew(self, import_id: str) -> None:
        """Nothing of it was read."""
        commands: list[Sequence[Argument]] = [
            ["HSET", _key(import_id), "rows", 0],
            ["DEL", _rejects(import_id)],
        ]
        await self._lane.execute_many(commands)

    async def give_back(self, import_id: str, owner: str) -> None:
        """Somebody else may go on at once."""
        if await self.lease(import_id, owner, renew=True):
            await self._lane.execute("ZADD", _OPEN, "XX", 0, import_id)

    async def step(
        self,
        import_id: str,
        owner: str,
        fields: Mapping[str, Any],
        *,
        before: int | None = None,
        rejects: Sequence[bytes] = (),
        ends: bool = False,
    ) -> None:
        """How far it is now. `before`: the rows it had; a repeat changes nothing. Lost when another has it."""
        pairs = [part for name, value in fields.items() for part in (name, _encode(name, value))]
        kept, rows = int(KEPT.total_seconds() * 1000), "" if before is None else before
        head = (owner, kept, rows, "" if ends else "1", MOST_REJECTS, len(fields))
        if not await self._run(import_id, "step", *head, *pairs, *rejects):
            raise Lost(import_id)

    async def rejects(self, import_id: str, start: int, count: int) -> Sequence[bytes]:
        """Sealed, in the order of their rows."""
        found: Sequence[bytes] = await self._lane.read_one(
            "LRANGE", _rejects(import_id), start, start + count - 1
        )
        return found

    async def _run(self, import_id: str, op: str, *arguments: Argument) -> Any:
        """Again for a while when no answer comes: each op finds what it did."""
        keys = (_key(import_id), _rejects(import_id), _OPEN, _ALL)
        command = ("EVALSHA", _SHA, len(keys), *keys, op, import_id, *arguments)
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while True:
            try:
                return await self._once(command)
            except StoreUnavailable:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(_PAUSE)

    async def _once(self, command: Sequence[Argument]) -> Any:
        try:
            return await self._lane.execute(*command)
        except ScriptMissing:  # after a restart or failover; it was not run
            await self._lane.execute("SCRIPT", "LOAD", SCRIPT)
            return await self._lane.execute(*command)


_WRITTEN = tuple(name for name in Import.__dataclass_fields__ if name != "id")


def _key(import_id: str) -> bytes:
    return b"{imports}i" + import_id.encode()


def _rejects(import_id: str) -> bytes:
    return b"{imports}r" + import_id.encode()


def _encode(name: str, value: Any) -> Argument:
    if name in _JSON:
        return json.dumps(value if isinstance(value, Mapping) else list(value), separators=(",", ":"))
    if isinstance(value, bool):
        return "1" if value else ""
    return value if isinstance(value, int) else str(value)


def _decode(import_id: str, fields: Mapping[bytes, bytes]) -> Import:
    values: dict[str, Any] = {}
    try:
        for name in _WRITTEN:
            text = fields.get(name.encode(), b"").decode()
            if name in _NUMBERS:
                values[name] = int(text or 0)
            elif name in _JSON:
                values[name] = json.loads(text) if text else {}
            else:
                values[name] = text
        values |= {"state": State(values["state"]), "dry_run": values["dry_run"] == "1"}
        return Import(import_id, **values)
    except ValueError as error:
        raise StoreUnavailable("an import that cannot be read") from error
