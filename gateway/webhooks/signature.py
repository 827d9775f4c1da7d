"""Standard Webhooks 1.0: the headers that prove to a receiver whose a message is, when it was made, and which."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64  # bytes of a key, by the specification


def key_of(secret: str) -> bytes:
    """The key of `whsec_<base64>`; ValueError for anything else."""
    encoded = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error:
        raise ValueError("no base64") from None
    if not secret.startswith(PREFIX) or not SHORTEST <= len(key) <= LONGEST:
        raise ValueError("no key")
    return key


def headers(message: str, at: int, body: bytes, keys: Sequence[bytes]) -> dict[str, str]:
    """`at`: seconds of Unix time, of this attempt. A signature by each key: a receiver may know one of them only."""
    signed = b"%b.%d.%b" % (message.encode(), at, body)
    signatures = (base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
