"""Stops by telephone: a key pressed in a call, and the opt-out line. Both only tighten, whoever calls."""

import hashlib
from datetime import timedelta

from gateway.roads.changes import Changes
from suppression import stop_scopes
from suppression.decision import Reason
from suppression.model import Recipient, Way

KEPT = timedelta(days=8)


class PhoneStops:
    """On one store. Each returns when it is stored, once for each call and number. StoreUnavailable."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    async def key_pressed(self, recipient: Recipient, sender: str, call: str) -> None:
        """In a call to this number."""
        await self._stop(
            recipient, stop_scopes.KEY_PRESS, Way.KEY_PRESS, sender, f"key pressed in call {call}"
        )

    async def called_the_line(self, recipient: Recipient, sender: str, call: str, *, own: bool) -> None:
        """`own`: of the number that was called from; else of one that was entered."""
        words = "of the caller's own number" if own else "of a number that was entered"
        await self._stop(recipient, stop_scopes.PHONE_LINE, Way.PHONE_LINE, sender, f"call {call}, {words}")

    async def _stop(
        self, recipient: Recipient, scopes: stop_scopes.Scopes, way: Way, sender: str, note: str
    ) -> None:
        for place, scope in enumerate(scopes):
            stem = f"phone|{note}|{recipient.key.hex()}|{place}"
            await self._changes.suppress(
                recipient,
                scope,
                reason=Reason.UNSUBSCRIBED,
                way=way,
                source=f"voice:{sender}"[:64],
                actor="recipient",
                note=note,
                change_id=hashlib.sha256(stem.encode()).hexdigest()[:32],
                kept=KEPT,
            )
