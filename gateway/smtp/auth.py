"""AUTH (RFC 4954): PLAIN and LOGIN with an app's credentials, `app` or `app+purpose/path` as user name."""

import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple

from gateway.smtp.replies import Reply
from suppression.model import App


@dataclass(frozen=True, slots=True)
class Login:
    """Who authenticated. `still`: whether its credentials exist yet. Raises StoreUnavailable."""

    app: App
    still: Callable[[], Awaitable[bool]]


# The app of that name with that password, or None. Raises StoreUnavailable.
Authenticate = Callable[[str, str], Awaitable[Login | None]]
# Sends a challenge and returns the client's line.
Ask = Callable[[bytes], Awaitable[bytes]]

MECHANISMS = ("PLAIN", "LOGIN")

ABORTED = Reply(501, "5.7.0", "Authentication aborted")
NOT_BASE64 = Reply(501, "5.5.2", "Not base64")
MALFORMED = Reply(501, "5.5.2", "Malformed credentials")
UNKNOWN_MECHANISM = Reply(504, "5.5.4", "Unknown authentication mechanism")
INVALID = Reply(535, "5.7.8", "Authentication credentials invalid")
TRY_LATER = Reply(454, "4.7.0", "Temporary authentication failure")
LOCKED_OUT = Reply(421, "4.7.0", "Too many authentication failures, try again later", closes=True)


class Credentials(NamedTuple):
    app: str
    suffix: str  # the purpose in the user name
    password: str


async def credentials(argument: str, ask: Ask) -> Credentials | Reply:
    """What the client says of itself, in as many steps as its mechanism takes."""
    mechanism, _, initial = argument.partition(" ")
    match mechanism.upper():
        case "PLAIN":
            return await _plain(initial, ask)
        case "LOGIN":
            return await _login(initial, ask)
        case _:
            return UNKNOWN_MECHANISM


async def _plain(initial: str, ask: Ask) -> Credentials | Reply:
    """RFC 4616: authzid NUL authcid NUL password; acting for somebody else is not offered."""
    message = _decode(initial.encode() if initial else await ask(b""))
    if isinstance(message, Reply):
        return message
    try:
        authzid, user, password = message.decode().split("\0")
    except ValueError:  # not three parts, or not UTF-8
        return MALFORMED
    return _named(user, password) if authzid in ("", user) else INVALID


async def _login(initial: str, ask: Ask) -> Credentials | Reply:
    user = _decode(initial.encode() if initial else await ask(b"Username:"))
    if isinstance(user, Reply):
        return user
    password = _decode(await ask(b"Password:"))
    if isinstance(password, Reply):
        return password
    try:
        return _named(user.decode(), password.decode())
    except UnicodeDecodeError:
        return MALFORMED


def _decode(line: bytes) -> bytes | Reply:
    if line == b"*":
        return ABORTED
    if line == b"=":  # RFC 4954 4: an initial response that is empty
        return b""
    try:
        return base64.b64decode(line, validate=True)
    except binascii.Error:
        return NOT_BASE64


def _named(user: str, password: str) -> Credentials | Reply:
    if not user or not password or "\0" in user + password:
        return MALFORMED
    app, _, suffix = user.partition("+")
    return Credentials(app, suffix, password)
