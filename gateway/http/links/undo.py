"""What an undo button carries: which entries, as they were at which commits, signed and good for 30 minutes. Pure."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from suppression.errors import InvalidToken

LIFETIME = timedelta(minutes=30)
_MAC = 16


@dataclass(frozen=True, slots=True)
class Undo:
    """An entry that one click made; `order` is that click's commit: a later repeat is another one's."""

    handle: str
    order: str


def sign(key: bytes, token: str, undos: Sequence[Undo], now: datetime) -> str:
    """Good for the page of this token only."""
    ends = int((now + LIFETIME).timestamp())
    body = "|".join([*(f"{undo.handle}|{undo.order}" for undo in undos), str(ends)]).encode()
    return base64.urlsafe_b64encode(_mac(key, token, body) + body).decode().rstrip("=")


def verify(key: bytes, token: str, value: str, now: datetime) -> tuple[Undo, ...]:
    """InvalidToken: altered, of another page, or too late."""
    try:
        raw = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise InvalidToken("not a form value of ours") from None
    mac, body = raw[:_MAC], raw[_MAC:]
    if not hmac.compare_digest(mac, _mac(key, token, body)):
        raise InvalidToken("not a form value of ours")
    *entries, ends = body.decode().split("|")
    if now.timestamp() > int(ends):
        raise InvalidToken("too late to undo")
    return tuple(Undo(*pair) for pair in zip(entries[::2], entries[1::2], strict=True))


def _mac(key: bytes, token: str, body: bytes) -> bytes:
    # The label keeps this use of the key apart from any other.
    return hmac.new(key, b"undo\x00" + token.encode() + b"\x00" + body, hashlib.sha256).digest()[:_MAC]
