"""What a form carries that may loosen something: it was shown for this link, within the last hour. Pure.

It tells a page that was opened from a post that somebody else's page makes in passing. Using it twice is harmless:
what it lets through only sends a question to the recipient's own address.
"""

import hashlib
import hmac
import re
from datetime import datetime, timedelta

from suppression.errors import InvalidToken

LIFETIME = timedelta(hours=1)
_FORM = re.compile(r"([0-9]{1,12})\.([0-9a-f]{32})")


def sign(key: bytes, token: str, now: datetime) -> str:
    """Good for the page of this token only."""
    ends = str(int((now + LIFETIME).timestamp()))
    return f"{ends}.{_mac(key, token, ends)}"


def verify(key: bytes, token: str, value: str, now: datetime) -> None:
    """InvalidToken: none, altered, of another page, or too old."""
    found = _FORM.fullmatch(value)
    if found is None or not hmac.compare_digest(found[2], _mac(key, token, found[1])):
        raise InvalidToken("not a form value of ours")
    if now.timestamp() > int(found[1]):
        raise InvalidToken("the page was opened too long ago")


def _mac(key: bytes, token: str, ends: str) -> str:
    # The label keeps this use of the key apart from any other.
    message = b"form\x00" + token.encode() + b"\x00" + ends.encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:32]
