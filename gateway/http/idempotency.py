"""`Idempotency-Key`: the same key and body get the same answer, the same key with another body is refused.

The key names the effects before their first try: each change of a call carries an id made of the caller, the
route, the key and the change's place in the body, and the store does nothing twice for one id. So the answer
is not kept: it is made again from the stored results.
"""

import hashlib
import re
from dataclasses import dataclass

from starlette.requests import Request

from gateway.http.access import caller_of
from gateway.http.doors import Doors
from gateway.http.problems import InvalidField

HEADER = "Idempotency-Key"
_USABLE = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Once:
    """Gives the ids of one call's changes; without a key there are none, and a repeat is a new call."""

    stem: str | None

    def change_id(self, index: int = 0) -> str | None:
        return None if self.stem is None else _hash(self.stem, str(index))


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()


async def once(doors: Doors, request: Request) -> Once:
    """Claims the call's key for its body. IdempotencyMismatch when it came with another one before."""
    stem = stem_of(request)
    if stem is not None:
        await doors.changes.claim(stem, hashlib.sha256(await request.body()).hexdigest())
    return Once(stem)


def stem_of(request: Request) -> str | None:
    """What a call's key is of this caller on this route; None without one."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not _USABLE.fullmatch(key):
        raise InvalidField("header:idempotency-key", "1 to 255 visible ASCII characters.")
    return _hash(caller_of(request).key.id, request.method, request.url.path, key)
