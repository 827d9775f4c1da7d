"""When a connection has taken too long: silent between commands, or with content that comes too slowly."""

from gateway.smtp import replies
from gateway.smtp.limits import Limits
from gateway.smtp.replies import Reply


class Clock:
    """Told what the connection is at; asked now and then. All times are the loop's; `received`: bytes, ever."""

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._since = now
        self._busy = False
        self._content = False
        self._first = self._seen = 0

    def listens(self, now: float) -> None:
        """For a command, from now on."""
        self._since, self._busy, self._content = now, False, False

    def collects(self, now: float, received: int) -> None:
        """Content, from now on."""
        self._since, self._content = now, True
        self._first = self._seen = received

    def works(self) -> None:
        """It is our turn, and the client may not be blamed."""
        self._busy, self._content = True, False

    def left(self, now: float, received: int) -> float:
        """Seconds until the next look; 0 or less: too long.

        FAULTS.md, aiosmtpd 3: a slow sender has its time as long as bytes keep coming at a minimal rate.
        """
        if self._busy:
            return self._limits.idle
        if not self._content:
            return self._since + self._limits.idle - now
        came, self._seen = received - self._seen, received
        if not came:
            return 0.0
        earned = self._limits.data_grace + (received - self._first) / self._limits.data_rate
        return min(self._limits.data_grace, self._since + earned - now)

    @property
    def verdict(self) -> Reply:
        return replies.TOO_SLOW if self._content else replies.IDLE
