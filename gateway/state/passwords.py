"""Passwords of agents: hashed by argon2, a few at a time, and as slowly for a name that nobody has.

A guess costs 64 MiB and some ten milliseconds: more of them at once than there is room for are told to come back.
"""

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from typing import TypeVar

from pwdlib import PasswordHash

from suppression.errors import InvalidInput, Unavailable

SHORTEST, LONGEST = 12, 200  # characters
_AT_ONCE = 2
_MOST_WAITING = 16

T = TypeVar("T")


class Busy(Unavailable):
    """More passwords than can be looked at now."""

    peer_text = "too many sign-ins at once: try again in a moment"
    retry_after = 3


class Passwords:
    """Of one process. `hasher`: tests take a cheap one."""

    def __init__(self, hasher: PasswordHash | None = None) -> None:
        self._hasher = hasher or PasswordHash.recommended()
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        return await self._run(lambda: self._hasher.hash(_normal(password)))

    async def verify(self, password: str, known: str | None) -> bool:
        """Against the hash that is known; None (nobody of that name) takes as long, and is False."""
        if self._nobodys is None:
            self._nobodys = await self.hash(secrets.token_urlsafe())
        against = known or self._nobodys
        right = await self._run(lambda: self._hasher.verify(_normal(password), against))
        return right and bool(known)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= _MOST_WAITING:
            raise Busy("too many passwords to look at")
        self._waiting += 1
        try:
            async with self._room:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1


def made() -> str:
    """A new one that nobody guesses: 120 bits."""
    return secrets.token_urlsafe(15)


def check(password: str, name: str) -> None:
    """InvalidInput, in words for who chose it. NIST SP 800-63B-4 3.1.1.2: length, and no rules of composition."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidInput(f"a password has {SHORTEST} to {LONGEST} characters")
    if name in password.lower() or len(set(password)) < 5:
        raise InvalidInput("this password is too easy to guess")


def _normal(password: str) -> bytes:
    # The same characters may be typed in two forms. surrogatepass: whatever a client sends has a hash.
    return unicodedata.normalize("NFKC", password[: 2 * LONGEST]).encode("utf-8", "surrogatepass")
