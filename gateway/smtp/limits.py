"""What the front puts up with: numbers, and the counts that are kept over connections."""

import asyncio
import ipaddress
import time
from collections import OrderedDict
from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds. The yardstick is Postfix's defaults.

    recipients        of one message (RFC 5321 4.5.3.1.8: at least 100)
    memory            of all messages that are in the process at once
    bare_lf           what becomes of content with bare line feeds: "normalise" or "refuse"
    data_grace        a message's content may take this long, and a second more for every `data_rate` bytes
    auth_failures     of one address within `auth_memory`, before it is locked out for that long
    login_memory      for so long a session's credentials are taken to exist, before they are looked up again
    free_loopback     nothing of loopback is counted, delayed or locked out (dev only)
    auth_on_loopback  AUTH without TLS is offered to loopback (dev only)
    mails_a_minute    of one address, on the port for mail that comes back; 0: any number
    """

    size: int = 25 * MIB
    recipients: int = 100
    copies_bytes: int = 1024 * MIB
    copies_seconds: float = 240.0
    copies_at_once: int = 8
    memory: int = 256 * MIB
    idle: float = 300.0
    data_grace: float = 60.0
    data_rate: int = 500
    line: int = 2048
    auth_line: int = 12_288  # RFC 4954 4
    mistakes: int = 10
    junk: int = 100
    hops: int = 25
    bare_lf: str = "normalise"
    auth_failures: int = 10
    auth_failures_of_connection: int = 3
    auth_memory: float = 900.0
    auth_delay: float = 0.5
    login_memory: float = 60.0
    auth_on_loopback: bool = False
    free_loopback: bool = False
    mails_a_minute: int = 0


class Memory:
    """How many bytes of mail are in this process."""

    def __init__(self, limit: int) -> None:
        self._free = limit

    def take(self, size: int) -> bool:
        if size > self._free:
            return False
        self._free -= size
        return True

    def give_back(self, size: int) -> None:
        self._free += size


class Guard:
    """Who guesses passwords: failures by address, a growing delay, a lock-out."""

    _MOST = 10_000  # addresses that are remembered

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def locked(self, address: str) -> bool:
        return self._count(address) >= self._limits.auth_failures

    async def failed(self, address: str) -> None:
        """Count it, and make the client wait for its answer: twice as long every time, 8 s at most."""
        if self._free(address):
            return
        count = self._count(address) + 1
        self._failures[address] = (count, time.monotonic())
        self._failures.move_to_end(address)
        while len(self._failures) > self._MOST:
            self._failures.popitem(last=False)
        await asyncio.sleep(min(8.0, self._limits.auth_delay * 2 ** min(count - 1, 6)))

    def succeeded(self, address: str) -> None:
        self._failures.pop(address, None)

    def _count(self, address: str) -> int:
        count, last = self._failures.get(address, (0, 0.0))
        return count if time.monotonic() - last < self._limits.auth_memory else 0

    def _free(self, address: str) -> bool:
        return self._limits.free_loopback and is_loopback(address)


class Rates:
    """How many mails an address may begin in a minute, in this process."""

    _MOST = 10_000  # addresses that are remembered

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._begun: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def take(self, address: str) -> bool:
        """Whether one more may begin now."""
        most = self._limits.mails_a_minute
        if not most or (self._limits.free_loopback and is_loopback(address)):
            return True
        now = time.monotonic()
        count, since = self._begun.get(address, (0, now))
        if now - since >= 60.0:
            count, since = 0, now
        if count >= most:
            return False
        self._begun[address] = (count + 1, since)
        while len(self._begun) > self._MOST:
            self._begun.popitem(last=False)
        return True


def is_loopback(address: str) -> bool:
    """A Unix socket's peer has no address and is on this machine too."""
    try:
        return not address or ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False
