"""`Idempotency-Key`: the same key and body get the same answer, the same key with another body is refused.

The key names the effects before their first try: each change of a call carries an id made of the caller, the
route, the key and the change's place in the body, and the store does nothing twice for one id. So the answer
is not kept: it is made again from the stored results.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass

from starlette.requests import Request

from gateway.http.access import caller_of
from gateway.http.doors import Doors
from gateway.http.problems import InvalidField

HEADER = "Idempotency-Key"
_USABLE = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Once:
    """Gives the ids of one call's effects; without a key there are none, and a repeat is a new call.

    body  hash of the call's body; "-" without a key
    """

    stem: str | None
    body: str = "-"

    def change_id(self, index: int = 0) -> str | None:
        return None if self.stem is None else _hash(self.stem, str(index))

    def number(self) -> bytes:
        """8 bytes, from which each recipient's message of this call gets its id; random without a key."""
        return secrets.token_bytes(8) if self.stem is None else bytes.fromhex(self.stem)[:8]


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()


def stem_of(request: Request) -> str | None:
    """What a call's key is of this caller on this route; None without one."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not _USABLE.fullmatch(key):
        raise InvalidField("header:idempotency-key", "1 to 255 visible ASCII characters.")
    return _hash(caller_of(request).key.id, request.method, request.url.path, key)


async def named(request: Request) -> Once:
    """What the call names its effects by; nothing is claimed yet."""
    stem = stem_of(request)
    return Once(None) if stem is None else Once(stem, hashlib.sha256(await request.body()).hexdigest())


async def claim(doors: Doors, ids: Once) -> None:
    """IdempotencyMismatch when the key came with another body before."""
    if ids.stem is not None:
        await doors.changes.claim(ids.stem, ids.body)


async def repeats(doors: Doors, ids: Once) -> bool:
    """Whether this very call was claimed before. IdempotencyMismatch as with `claim`."""
    return ids.stem is not None and await doors.changes.claimed(ids.stem, ids.body)


async def once(doors: Doors, request: Request) -> Once:
    """Claims the call's key for its body. IdempotencyMismatch when it came with another one before."""
    ids = await named(request)
    await claim(doors, ids)
    return ids
