"""An event from the lease to its receiver: through its app's gate, posted, and gone, or put off by a schedule.

A receiver that is slow or away keeps nobody else waiting: it has so many places and no more, what finds none comes
back at the pace at which it answers, and after some failures in a row it is only asked now and then whether it is back.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from gateway import tracing
from gateway.duties.breaker import Breaker, Verdict
from gateway.logs import Seldom
from gateway.metrics import observed
from gateway.webhooks import events
from gateway.webhooks.delivering import AT_ONCE, GONE, Delivering, Said
from gateway.webhooks.subscriptions import Subscription, Webhooks
from suppression.outbox import Entry
from suppression.store.event_entries import EventEntries
from suppression.store.transitions import Lost

# Standard Webhooks 1.0, "Retry schedule": what comes after each attempt that failed; after the last of them, nobody.
PAUSES = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
SOON = 1.0  # seconds: what may find a place within them waits in hand, and at the least
LEAST_IN_HAND = 20  # events of one app do
SLOW = (
    1.0  # seconds that a receiver takes: so many events of all such are in hand, for texts need places, too
)
MOST_OF_SLOW = 120
LONGEST_WAIT = 8.0  # seconds for a place: with the answer's time, within the lease
LONGEST_RETRY_AFTER = 86_400.0
LONGEST_QUEUE = 300.0  # seconds after which what found no place comes again at the latest

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Gate:
    """One app's. `takes`: seconds that one has a place lately; `booked`: until when it has enough to do."""

    breaker: Breaker
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    in_hand: int = 0
    takes: float = 0.05
    booked: float = 0.0

    def held_for(self, seconds: float) -> None:
        self.takes += (max(seconds, 0.001) - self.takes) / 8

    def turn(self) -> float:
        """Seconds after which one that finds no place now may find one."""
        now = time.monotonic()
        self.booked = min(max(self.booked, now + self.takes) + self.takes / AT_ONCE, now + LONGEST_QUEUE)
        return self.booked - now


class Telling:
    """What a dispatcher does with an event that is leased to it."""

    def __init__(
        self,
        entries: EventEntries,
        webhooks: Webhooks,
        delivering: Delivering,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._entries = entries
        self._webhooks = webhooks
        self._delivering = delivering
        self._pauses = pauses
        self._gates: dict[str, _Gate] = {}
        self._closed = False
        self._seldom = Seldom()

    def close(self) -> None:
        """From now on what has not begun is put back."""
        self._closed = True

    async def tell(self, entry: Entry) -> None:
        """Told, put off, given up, or somebody else's by now. StoreUnavailable: its lease ends by itself."""
        subscription = self._webhooks.of_app.get(entry.app)
        with suppress(Lost):
            if subscription is None:
                await self._give_up(entry, "no_webhook", entry.attempts)
            else:
                await self._through(self._gate(entry.app), entry, subscription)

    async def _through(self, gate: _Gate, entry: Entry, subscription: Subscription) -> None:
        if gate.in_hand >= self._room(gate) or self._closed:
            await self._entries.put_off(entry, 0 if self._closed else gate.turn(), attempts=entry.attempts)
            return
        gate.in_hand += 1
        try:
            await self._in_place(gate, entry, subscription)
        finally:
            gate.in_hand -= 1

    async def _in_place(self, gate: _Gate, entry: Entry, subscription: Subscription) -> None:
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                await gate.places.acquire()
        except TimeoutError:
            await self._entries.put_off(entry, gate.turn(), attempts=entry.attempts)
            return
        began = time.monotonic()
        try:
            said = await self._post(gate, entry, subscription)
        finally:
            gate.places.release()
            gate.held_for(time.monotonic() - began)
        await self._heard(entry, said)

    async def _post(self, gate: _Gate, entry: Entry, subscription: Subscription) -> Said:
        """Also an attempt, though nobody was asked: that its receiver is away was found out moments ago."""
        if entry.event is None:
            raise ValueError("no event")
        address = await self._entries.address(entry)
        body = events.body(entry.event, None if address is None else address.text)
        passed = gate.breaker.admit()
        if passed is None:
            return Said(0, "held back")
        began = time.monotonic()
        try:
            with tracing.span("webhook", app=entry.app, message=entry.id) as span:
                said = await self._delivering.post(subscription, events.message_id(entry.decision_id), body)
                span.note(status=said.status)
        except BaseException:
            passed.heard(None)
            raise
        observed.webhook_posted(said.status, time.monotonic() - began)
        passed.heard(_verdict(said), said.cause or str(said.status))
        return said

    async def _heard(self, entry: Entry, said: Said) -> None:
        attempts = entry.attempts + 1
        if said.taken:
            await self._entries.told(entry)
            observed.webhook_event("told")
        elif said.status == GONE:
            await self._give_up(entry, str(GONE), attempts)
        elif attempts > len(self._pauses):
            await self._give_up(entry, said.cause or str(said.status), attempts)
        else:
            pause = self._pauses[attempts - 1] * _jitter()
            await self._entries.put_off(
                entry, max(pause, min(said.wait, LONGEST_RETRY_AFTER)), attempts=attempts
            )
            observed.webhook_event("put_off")

    async def _give_up(self, entry: Entry, reason: str, attempts: int) -> None:
        told = {"message": entry.id, "app": entry.app, "reason": reason, "attempts": attempts}
        self._seldom.say(_log.warning, "event_not_taken", entry.app, reason, **told)
        await self._entries.give_up(entry, reason, attempts=attempts)
        observed.webhook_event("given_up")

    def _room(self, gate: _Gate) -> int:
        """How many of one app may be in hand."""
        if gate.takes < SLOW:
            return max(LEAST_IN_HAND, int(SOON * AT_ONCE / gate.takes))
        slow = sum(other.in_hand for other in self._gates.values() if other.takes >= SLOW)
        return LEAST_IN_HAND if slow < MOST_OF_SLOW else 0

    def _gate(self, app: str) -> _Gate:
        if app not in self._gates:
            self._gates[app] = _Gate(Breaker("webhook", app))
        return self._gates[app]


def _jitter() -> float:
    """Many that failed together do not come back together."""
    return random.uniform(0.9, 1.2)  # noqa: S311 - no secret


def _verdict(said: Said) -> Verdict:
    """What a receiver says no to, by itself and at once, is that event's own affair."""
    if said.status == 429:
        return Verdict.BUSY
    return Verdict.FAULT if said.status == 0 or said.status >= 500 else Verdict.FINE
