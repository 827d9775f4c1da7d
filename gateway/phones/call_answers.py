"""What people answer to an app's own questions in calls: logged for the app, and no stop."""

import hashlib
from dataclasses import replace

from suppression.outbox import Entry
from suppression.records import RecordKind
from suppression.store.outbox import Outbox
from suppression.store.store import Store

_A_CHOICE = 4  # keys: what is longer may be a number or a secret, and is not kept


class CallAnswers:
    """On one store and its outbox. StoreUnavailable when it cannot be kept."""

    def __init__(self, store: Store, outbox: Outbox) -> None:
        self._store = store
        self._outbox = outbox

    async def take(self, entry: Entry, call: str, keys: str, *, spoke: bool) -> None:
        """Once for each call (its SID): after an answer nothing more is asked in it. Words are not kept."""
        record = self._outbox.record(entry, RecordKind.RECEIVED)
        said = {"keys": keys if len(keys) <= _A_CHOICE else f"{len(keys)} keys"} if keys else {}
        details = {"call": call, **said, **({"speech": "yes"} if spoke else {})}
        seen = hashlib.sha256(f"gathered|{entry.id}|{call}".encode()).hexdigest()[:32]
        lane = self._store.client.stops
        await self._store.log_record(entry.recipient.key, replace(record, details=details), lane, seen=seen)
