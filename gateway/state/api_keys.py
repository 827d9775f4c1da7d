"""Who may call: keys of 256 random bits, shown once, kept as their SHA-256 only.

A fast hash is right here: nobody guesses 256 random bits, so there is nothing for a slow one to slow down
(it is for passwords that people choose). All keys are fields of one hash, whose name has a fixed hash tag: a
few hundred at most, found by their digest in one round trip.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gateway.state.commands import Commands
from suppression.errors import Conflict, InvalidInput, NotFound, StoreUnavailable

SCOPES = frozenset({"app", "agent", "admin"})
_HASH = b"{keys}api"
# Written with the first key: a store that lost its data has lost this too, and then no key is "unknown".
_MARK = b"prepared"
_SECRET_BYTES = 32
_SHORTEST_GIVEN = 32  # characters of a secret that the caller brings along


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept. `hint`: the last four characters of the secret, to tell keys apart in a list."""

    id: str
    app: str | None
    scopes: frozenset[str]
    label: str
    created: datetime
    hint: str


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """What `issue` gives: the only time that the secret is seen."""

    key: ApiKey
    secret: str = field(repr=False)

    @property
    def id(self) -> str:
        return self.key.id


class ApiKeys:
    """The keys of one store."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    async def issue(
        self, app: str | None, scopes: Collection[str], label: str = "", secret: str | None = None
    ) -> IssuedKey:
        """A new key. `secret` brings a known one along (dev); Conflict when there is a key of that secret."""
        _check(app, scopes, secret)
        secret = secret or _new_secret()
        key = ApiKey(
            secrets.token_hex(6), app, frozenset(scopes), label[:80], datetime.now(UTC), hint=secret[-4:]
        )
        await self._commands.execute("HSETNX", _HASH, _MARK, b"1")
        if not await self._commands.execute("HSETNX", _HASH, digest_of(secret), _encode(key)):
            raise Conflict("a key of this secret exists")
        return IssuedKey(key, secret)

    async def find(self, secret: str) -> ApiKey | None:
        """The key of a secret, in one round trip."""
        return await self.of(digest_of(secret))

    async def of(self, digest: bytes) -> ApiKey | None:
        """The key whose secret has this digest. A store without its mark is not ours to answer from."""
        found, mark = await self._commands.execute("HMGET", _HASH, digest, _MARK)
        if mark is None:
            raise StoreUnavailable("the store holds no keys at all")
        return None if found is None else _decode(found)

    async def list(self) -> Sequence[ApiKey]:
        """Every key, oldest first."""
        return sorted((key for _, key in await self._all()), key=lambda key: key.created)

    async def revoke(self, key_id: str) -> None:
        """The key is unknown from this answer on. NotFound when there is none of this id."""
        for digest, key in await self._all():
            if key.id == key_id:
                await self._commands.execute("HDEL", _HASH, digest)
                return
        raise NotFound("no key of this id")

    async def _all(self) -> Sequence[tuple[bytes, ApiKey]]:
        flat = await self._commands.execute("HGETALL", _HASH)
        pairs = zip(flat[::2], flat[1::2], strict=True)
        return [(digest, _decode(value)) for digest, value in pairs if digest != _MARK]


def _check(app: str | None, scopes: Collection[str], secret: str | None) -> None:
    if not scopes or not SCOPES.issuperset(scopes):
        raise InvalidInput(f"scopes are some of: {', '.join(sorted(SCOPES))}")
    if "app" in scopes and not app:
        raise InvalidInput("a key with scope app belongs to an app")
    if secret is not None and len(secret) < _SHORTEST_GIVEN:
        raise InvalidInput(f"a secret has at least {_SHORTEST_GIVEN} characters")


def _new_secret() -> str:
    return "gk_" + base64.urlsafe_b64encode(secrets.token_bytes(_SECRET_BYTES)).decode().rstrip("=")


def digest_of(secret: str) -> bytes:
    """What is kept of a secret, and is enough to ask again for its key."""
    # surrogatepass: whatever a client sends has a digest, and no key.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest().encode()


def _encode(key: ApiKey) -> str:
    values: dict[str, Any] = {
        "id": key.id,
        "app": key.app,
        "scopes": sorted(key.scopes),
        "label": key.label,
        "created": key.created.isoformat(),
        "hint": key.hint,
    }
    return json.dumps(values, separators=(",", ":"))


def _decode(value: bytes) -> ApiKey:
    try:
        read = json.loads(value)
        return ApiKey(
            id=read["id"],
            app=read["app"],
            scopes=frozenset(read["scopes"]),
            label=read["label"],
            created=datetime.fromisoformat(read["created"]),
            hint=read["hint"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise StoreUnavailable("a key that cannot be read") from error
