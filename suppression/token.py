"""Tokens of unsubscribe links (/u/TOKEN) and of mailto: local parts: opaque, sealed by an HMAC, never expiring.

40 bytes, so that base32 makes 64 characters, the most that a local part may have (RFC 5321 4.5.3.1.1):

    kind 1 | channel 1 | key id 1 | recipient key 16 | purpose 4 | sender 4 | app 4 | mac 9

No address is in one. Purpose, sender and app are tags of their names; the caller knows the names. There is one
text for one token in each encoding: a text altered in any character, unused bits included, is no token.
Of a confirmation's token the 8 bytes of purpose and app are the number of what it confirms; of a return path's
the 8 of sender and app are the number of the way back to whoever sent the mail.
Keys may be added for ever; a key that is dropped makes dead links of all its mails, so none is.
"""

import hashlib
import hmac
import re
from base64 import b32decode, b32encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from suppression.errors import ConfigurationError, InvalidToken
from suppression.model import Channel

RECIPIENT_KEY = 16
TAG = 4
MAC = 9  # 72 bits: beyond guessing over the network
MIN_KEY = 16
_PURPOSE = (
    b"unsubscribe token 1\x00"  # what the key is used for here, so that no other use of it makes a token
)
_TEXT = b"signed text 1\x00"
_TEXT_MAC = 8  # 64 bits: what it protects is signed by its bearer as well
_SIGNATURE = re.compile(r"[0-9a-f]{18}")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]{54}")
_BASE32 = re.compile(r"[a-z2-7]{64}")


class TokenKind(StrEnum):
    """Where the link stands. `header`: a POST stops at once; `body`: a page asks first; `mailto`: a mail stops at once.

    `bounce`: in a return path and a feedback id, which stop nothing by themselves; `confirm`: in a mail that asks
    whether what was asked for is meant.
    """

    HEADER = "header"
    BODY = "body"
    MAILTO = "mailto"
    BOUNCE = "bounce"
    CONFIRM = "confirm"


# First and second byte. High half of the first: version of the layout.
_KINDS = {
    TokenKind.HEADER: 0x11,
    TokenKind.BODY: 0x12,
    TokenKind.MAILTO: 0x13,
    TokenKind.BOUNCE: 0x14,
    TokenKind.CONFIRM: 0x15,
}
_CHANNELS = {None: 0, Channel.EMAIL: 1, Channel.SMS: 2, Channel.VOICE: 3, Channel.AUDIENCE: 4}
_KIND_OF = {code: kind for kind, code in _KINDS.items()}
_CHANNEL_OF = {code: channel for channel, code in _CHANNELS.items()}


@dataclass(frozen=True, slots=True)
class Token:
    """What a link stands for. `channel` None: all; `purpose`, `sender`, `app`: tags, that of "*" for all."""

    kind: TokenKind
    channel: Channel | None
    recipient_key: bytes
    purpose: bytes
    sender: bytes
    app: bytes

    @classmethod
    def confirming(cls, channel: Channel, recipient_key: bytes, number: bytes, sender: bytes) -> "Token":
        """`number`: 8 bytes."""
        return cls(TokenKind.CONFIRM, channel, recipient_key, number[:TAG], sender, number[TAG:])

    @classmethod
    def leading_back(cls, channel: Channel, recipient_key: bytes, purpose: bytes, number: bytes) -> "Token":
        """`number`: 8 bytes."""
        return cls(TokenKind.BOUNCE, channel, recipient_key, purpose, number[:TAG], number[TAG:])

    @property
    def number(self) -> bytes:
        """Of a `confirm` token: of what is confirmed; of a `bounce` token: of the way back."""
        return (self.sender if self.kind is TokenKind.BOUNCE else self.purpose) + self.app


def tag(name: str) -> bytes:
    """A name's stand-in: too short to be unique in the world, long enough among the names of one company."""
    return hashlib.sha256(name.encode()).digest()[:TAG]


class TokenKeys:
    """Mints with the current key, reads with any. Key ids are 0 to 255."""

    def __init__(self, keys: Mapping[int, bytes], current: int) -> None:
        if current not in keys:
            raise ConfigurationError("the current token key is not among the token keys")
        if any(not 0 <= key_id <= 255 or len(key) < MIN_KEY for key_id, key in keys.items()):
            raise ConfigurationError(f"token keys have ids of 0 to 255 and at least {MIN_KEY} bytes")
        self._keys = dict(keys)
        self._current = current

    def mint(self, token: Token) -> str:
        """54 characters of base64url, for URLs."""
        return urlsafe_b64encode(self._seal(token)).decode().rstrip("=")

    def mint_base32(self, token: Token) -> str:
        """64 lower-case characters, for the local part of an address."""
        return b32encode(self._seal(token)).decode().lower()

    def parse(self, text: str) -> Token:
        """A token minted here, in either encoding. InvalidToken for everything else."""
        raw = _decoded(text)
        key = self._keys.get(raw[2])
        if key is None or not hmac.compare_digest(_mac(key, raw[:-MAC]), raw[-MAC:]):
            raise InvalidToken("altered, foreign, or of an unknown key")
        kind = _KIND_OF.get(raw[0])
        if kind is None or raw[1] not in _CHANNEL_OF:
            raise InvalidToken("of a kind or channel unknown here")
        recipient, purpose, sender, app = raw[3:19], raw[19:23], raw[23:27], raw[27:31]
        return Token(kind, _CHANNEL_OF[raw[1]], recipient, purpose, sender, app)

    def sign(self, text: str) -> str:
        """A MAC for text that travels beside it: 18 hex digits, the key's id first."""
        return bytes([self._current]).hex() + _text_mac(self._keys[self._current], text).hex()

    def check(self, text: str, signature: str) -> None:
        """InvalidToken for whatever `sign` did not give for this text, with whichever of the keys."""
        key = self._keys.get(int(signature[:2], 16)) if _SIGNATURE.fullmatch(signature) else None
        if key is None or not hmac.compare_digest(_text_mac(key, text).hex(), signature[2:]):
            raise InvalidToken("altered, foreign, or of an unknown key")

    def _seal(self, token: Token) -> bytes:
        tags = token.purpose + token.sender + token.app
        if len(token.recipient_key) != RECIPIENT_KEY or len(tags) != 3 * TAG:
            raise ValueError("a token is made of a recipient's key and three tags")
        head = bytes((_KINDS[token.kind], _CHANNELS[token.channel], self._current))
        body = head + token.recipient_key + tags
        return body + _mac(self._keys[self._current], body)


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + body, "sha256")[:MAC]


def _text_mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, _TEXT + text.encode(), "sha256")[:_TEXT_MAC]


def _decoded(text: str) -> bytes:
    if _BASE64URL.fullmatch(text):
        raw = urlsafe_b64decode(text + "==")
        # 54 characters hold 324 bits, 4 more than a token has: they must be as mint() leaves them.
        if urlsafe_b64encode(raw).decode().rstrip("=") == text:
            return raw
    elif _BASE32.fullmatch(text):
        return b32decode(text.upper())
    raise InvalidToken("not of the form of a token")
