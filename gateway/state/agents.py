"""Agents: who may sign in to the console, and in which role.

    {console}agents        set: names
    {console}agent:NAME    hash: title, role, created, generation, disabled, password (argon2), secret (sealed)

A session is good for one generation of its agent: whatever changes what an agent may do, or how he proves who he
is, makes a new one, and with that all his sessions end.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from gateway.state import passwords
from gateway.state.passwords import Passwords
from suppression.errors import Conflict, InvalidInput, NotFound, StoreUnavailable
from suppression.store.client import Argument, Lane

_NAMES = "{console}agents"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")

# KEYS 1 the agent   2 all names   ARGV 1 the name, then fields and values.   Answers 0 where there is one.
_ADD = """
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('SADD', KEYS[2], ARGV[1])
return 1
"""
# KEYS 1 the agent   ARGV fields and values.   Answers 0 where there is none to change.
_CHANGE = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV))
return 1
"""

DEMO = "demo"  # the one of `gateway dev`, an admin: who can reach its console sits at that machine


class Role(StrEnum):
    """What they may do is in `gateway.console.roles`."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as he is kept. `secret`: of his one-time codes, sealed; b"" until he has enrolled.

    password  argon2; "" for who signs in with the company's own provider
    """

    name: str
    title: str
    role: Role
    created: datetime
    generation: str
    disabled: bool = False
    password: str = field(default="", repr=False)
    secret: bytes = field(default=b"", repr=False)

    @property
    def enrolled(self) -> bool:
        return bool(self.secret)


class Agents:
    """The agents of one store."""

    def __init__(self, lane: Lane, passwords: Passwords) -> None:
        self._lane = lane
        self._passwords = passwords

    async def add(self, name: str, role: Role, title: str = "", password: str | None = None) -> str:
        """A new agent; his password, a made one without `password`. Conflict when there is one of that name."""
        _check_name(name)
        given = self._chosen(password, name)
        fields = {
            "title": title[:80] or name,
            "role": role.value,
            "password": await self._passwords.hash(given),
        }
        await self._add(name, fields)
        return given

    async def admit(self, name: str, role: Role, title: str) -> Agent:
        """Who comes from the company's provider: added if new, and with the role that it says now."""
        known = await self.find(name)
        if known is None:
            await self._add(name, {"title": title[:80] or name, "role": role.value, "password": ""})
        elif known.role is not role:
            await self.change_role(name, role)
        return await self.one(name)

    async def find(self, name: str) -> Agent | None:
        if not _NAME.fullmatch(name):
            return None
        flat = await self._lane.read_one("HGETALL", _key(name))
        return _decode(name, dict(zip(flat[::2], flat[1::2], strict=True))) if flat else None

    async def one(self, name: str) -> Agent:
        """NotFound."""
        found = await self.find(name)
        if found is None:
            raise NotFound("no agent of this name")
        return found

    async def list(self) -> Sequence[Agent]:
        """Every agent, by name."""
        names = sorted(name.decode() for name in await self._lane.read_one("SMEMBERS", _NAMES))
        flat = await self._lane.read([("HGETALL", _key(name)) for name in names]) if names else []
        read = [dict(zip(one[::2], one[1::2], strict=True)) for one in flat]
        return [_decode(name, one) for name, one in zip(names, read, strict=True) if one]

    async def disable(self, name: str) -> None:
        await self._change(name, {"disabled": "1"})

    async def enable(self, name: str) -> None:
        await self._change(name, {"disabled": ""})

    async def change_role(self, name: str, role: Role) -> None:
        await self._change(name, {"role": role.value})

    async def reset(self, name: str, password: str | None = None) -> str:
        """A new password, and one-time codes to be set up anew."""
        given = self._chosen(password, name)
        fields = {"password": await self._passwords.hash(given), "secret": "", "disabled": ""}
        await self._change(name, fields)
        return given

    async def change_password(self, name: str, password: str) -> str:
        """The new generation: the session that this was done in may go on."""
        return await self._change(
            name, {"password": await self._passwords.hash(self._chosen(password, name))}
        )

    async def keep_secret(self, name: str, sealed: bytes) -> str:
        """Of one-time codes; the new generation."""
        return await self._change(name, {"secret": sealed})

    async def right(self, agent: Agent | None, password: str) -> bool:
        """Whether it is his; as slow for nobody."""
        right = await self._passwords.verify(password, agent.password if agent else None)
        return right and agent is not None and not agent.disabled

    @staticmethod
    def _chosen(password: str | None, name: str) -> str:
        if password is None:
            return passwords.made()
        passwords.check(password, name)
        return password

    async def _add(self, name: str, fields: Mapping[str, Argument]) -> None:
        fields = {**fields, "created": datetime.now(UTC).isoformat(), "generation": secrets.token_hex(8)}
        if not await self._lane.execute("EVAL", _ADD, 2, _key(name), _NAMES, name, *_flat(fields)):
            raise Conflict("there is an agent of this name")

    async def _change(self, name: str, fields: Mapping[str, Argument]) -> str:
        generation = secrets.token_hex(8)
        flat = _flat({**fields, "generation": generation})
        if not _NAME.fullmatch(name) or not await self._lane.execute("EVAL", _CHANGE, 1, _key(name), *flat):
            raise NotFound("no agent of this name")
        return generation


def _key(name: str) -> str:
    return f"{{console}}agent:{name}"


def _flat(fields: Mapping[str, Argument]) -> list[Argument]:
    return [part for pair in fields.items() for part in pair]


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidInput("a name is 1 to 64 of a-z, 0-9 and, within it, '.', '_' and '-'")


def _decode(name: str, read: dict[bytes, bytes]) -> Agent:
    try:
        return Agent(
            name=name,
            title=read[b"title"].decode(),
            role=Role(read[b"role"].decode()),
            created=datetime.fromisoformat(read[b"created"].decode()),
            generation=read[b"generation"].decode(),
            disabled=bool(read.get(b"disabled")),
            password=read[b"password"].decode(),
            secret=read.get(b"secret", b""),
        )
    except (ValueError, KeyError) as error:
        raise StoreUnavailable("an agent that cannot be read") from error
