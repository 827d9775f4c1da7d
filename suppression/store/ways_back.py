"""To whom a bounce is passed on: kept once for each app and MAIL FROM, found by the number in the return path.

A number is no secret: the token that carries it is under a MAC. What it stands for is sealed, and kept for 45 days
from the last day on which such a mail left (mail servers give up after 5; complaints come for weeks).
"""

import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta

from suppression.store.store import Store

KEPT = timedelta(days=45)
_FRESH = 86_400.0  # seconds for which a process does not write again what it has written
_MOST = 4096  # that a process remembers to have written


@dataclass(frozen=True, slots=True)
class WayBack:
    """Whose mail it was: the app, its sender, and the MAIL FROM that it gave."""

    mail_from: str
    app: str
    sender: str

    @property
    def number(self) -> bytes:
        return hashlib.sha256(f"{self.app}|{self.mail_from}".encode()).digest()[:8]


class WaysBack:
    """One process's, on one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._written: OrderedDict[WayBack, float] = OrderedDict()

    async def keep(self, way: WayBack) -> None:
        """Before the mail leaves. StoreUnavailable; no round trip where it was written within a day."""
        written = self._written.get(way)
        if written is not None and time.monotonic() - written < _FRESH:
            self._written.move_to_end(way)
            return
        what = {"mail_from": way.mail_from, "app": way.app, "sender": way.sender}
        sealed = self._store.sealer.evidence(what, way.number)
        ttl = int(KEPT.total_seconds() * 1000)
        await self._store.client.sends.execute("SET", self._key(way.number), sealed, "PX", ttl)
        self._written[way] = time.monotonic()
        while len(self._written) > _MOST:
            self._written.popitem(last=False)

    async def find(self, number: bytes) -> WayBack | None:
        """None when it was forgotten, or never kept. StoreUnavailable."""
        sealed = await self._store.client.stops.read_one("GET", self._key(number))
        if sealed is None:
            return None
        return WayBack(**self._store.sealer.open_evidence(sealed, number))

    def _key(self, number: bytes) -> bytes:
        return self._store.shards.of_name(number.hex()).way_back(number)
