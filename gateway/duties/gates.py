"""The gate of each sender's channel: so many at once, so fast, and closed while its way out fails.

Whoever may not pass soon is told when to come back, and does not stand in others' way meanwhile.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from channels.twilio import outcomes
from gateway.duties.breaker import Breaker, Pass
from gateway.duties.campaigns import Campaigns
from gateway.state.pace import Pace
from suppression.model import Channel

OF_ONE_SENDER = 96  # hand-overs of one sender's channel at a time
PATIENCE = 1.0  # seconds to wait at a gate: longer, and others would wait for those who wait
_WEIGHT = 0.1  # of the latest hand-over in what one is expected to take
RETURNING = (
    200  # a second of those that were sent away: a held back sender's million must not come back at once
)

Rate = Callable[[Channel, str], float | None]


class NotNow(Exception):
    """Come back after so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Gate:
    """Of one sender's channel. `per_second`: as fast as it may go, over all processes; None: as fast as it can."""

    def __init__(
        self, channel: Channel, sender: str, pace: Pace, per_second: float | None, closing: asyncio.Event
    ) -> None:
        self.breaker = Breaker(channel.value, sender)
        self.campaigns = Campaigns(channel.value, sender)
        self._name = f"{channel.value}|{sender}"
        self._pace = pace
        self._per_second = per_second
        self._closing = closing
        self._places = asyncio.Semaphore(OF_ONE_SENDER)
        self._waiting = 0
        self._takes = 0.0  # seconds that a hand-over is expected to take
        self._line = 0.0  # when the last one that was sent away comes back

    @asynccontextmanager
    async def passed(self, campaign: str = "") -> AsyncIterator[Pass]:
        """For one hand-over of a message of that campaign; NotNow, StoreUnavailable."""
        if wait := self.campaigns.wait(campaign):
            raise NotNow(wait)
        if wait := self.breaker.wait:
            raise self._later(wait)
        async with self._place():
            passed = self.breaker.admit()
            if passed is None:
                raise self._later(self.breaker.wait)
            try:
                await self._turn()
                yield passed
            finally:
                passed.heard(None)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        if self._places.locked():
            await self._wait_for_place()
        else:
            await self._places.acquire()
        began = time.monotonic()
        try:
            yield
        finally:
            self._places.release()
            self._takes += _WEIGHT * (time.monotonic() - began - self._takes)

    async def _wait_for_place(self) -> None:
        """Only where one is to be expected soon: who waits here takes room from other senders."""
        if (self._waiting + 1) * self._takes / OF_ONE_SENDER > PATIENCE:
            raise self._later(PATIENCE)
        self._waiting += 1
        try:
            async with asyncio.timeout(PATIENCE):
                await self._places.acquire()
        except TimeoutError:
            raise self._later(PATIENCE) from None
        finally:
            self._waiting -= 1

    async def _turn(self) -> None:
        if self._per_second is not None:
            mine, seconds = await self._pace.turn(self._name, self._per_second, PATIENCE)
            if not mine:
                raise NotNow(seconds)
            if seconds:
                await self._sleep(seconds)
        if self._closing.is_set():
            raise NotNow(0)

    async def _sleep(self, seconds: float) -> None:
        """Or until the process drains."""
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            pass

    def _later(self, seconds: float) -> NotNow:
        """One after the other, in the order in which they were sent away."""
        now = time.monotonic()
        self._line = max(self._line, now + seconds) + 1 / RETURNING
        return NotNow(self._line - now)


class Gates:
    """Every sender's, made when they are first asked for. `rate`: how fast a sender may go on a channel."""

    def __init__(self, pace: Pace, rate: Rate) -> None:
        self._pace = pace
        self._rate = rate
        self._closing = asyncio.Event()
        self._gates: dict[tuple[Channel, str], Gate] = {}

    def of(self, channel: Channel, sender: str) -> Gate:
        gate = self._gates.get((channel, sender))
        if gate is None:
            per_second = self._rate(channel, sender)
            gate = Gate(channel, sender, self._pace, per_second, self._closing)
            self._gates[channel, sender] = gate
        return gate

    def reported(self, channel: Channel, sender: str, campaign: str, fault: outcomes.Breaker) -> None:
        """What a status callback said of something that the next hop had taken: whose fault it was, if anybody's.

        What a campaign says is not its sender's fault, and nothing is known of a campaign whose sender is at fault.
        """
        gate, of_campaign = self.of(channel, sender), fault is outcomes.Breaker.CAMPAIGN
        if not of_campaign:
            gate.breaker.reported(fault=fault is not outcomes.Breaker.NONE)
        if of_campaign or fault is outcomes.Breaker.NONE:
            gate.campaigns.reported(campaign, fault=of_campaign)

    def close(self) -> None:
        """Who waits for a turn waits no longer, and nobody passes any more."""
        self._closing.set()
