"""The connections to the next hop that this process keeps: at most so many, first come, first served.

A connection that rested longer than `NextHop.trusted` is asked whether it lives before it is handed out, so
that no commit is made for a copy that cannot leave at once.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from channels.email.next_hop import HopConnection, HopLost, NextHop, connect
from suppression.errors import CarrierUnavailable

log = structlog.get_logger(__name__)


class SmtpPool:
    """Ready connections. `lease` yields one and takes it back, or drops it if it broke meanwhile."""

    def __init__(self, hop: NextHop) -> None:
        self.hop = hop
        self._slots = asyncio.Semaphore(hop.connections)
        self._idle: list[HopConnection] = []  # the warmest last
        self._sweep: asyncio.TimerHandle | None = None
        self._closed = False

    @asynccontextmanager
    async def lease(self) -> AsyncIterator["Lease"]:
        await self._wait_for_slot()
        try:
            lease = Lease(self, await self._ready())
            try:
                yield lease
            except BaseException:
                lease.connection.drop()  # who knows in the middle of what it was left
                raise
            finally:
                self._take_back(lease.connection)
        finally:
            self._slots.release()

    async def fresh(self) -> HopConnection:
        """A new connection; CarrierUnavailable if there is none to be had."""
        try:
            return await connect(self.hop)
        except HopLost as lost:
            log.warning("next_hop_unreachable", hop=self.hop.host, port=self.hop.port, cause=str(lost))
            raise CarrierUnavailable(f"next hop: {lost}") from lost

    async def close(self) -> None:
        """Say goodbye on idle connections; leased ones follow when they are given back."""
        self._closed = True
        if self._sweep is not None:
            self._sweep.cancel()
        while self._idle:
            self._idle.pop().part()

    async def _wait_for_slot(self) -> None:
        if not self._slots.locked():
            await self._slots.acquire()
            return
        try:
            async with asyncio.timeout(self.hop.wait):
                await self._slots.acquire()
        except TimeoutError as error:
            raise CarrierUnavailable("all connections to the next hop are busy") from error

    async def _ready(self) -> HopConnection:
        while self._idle:
            connection = self._idle.pop()
            if connection.alive and (self._trusted(connection) or await connection.answers()):
                return connection
            connection.drop()
        return await self.fresh()

    def _trusted(self, connection: HopConnection) -> bool:
        return time.monotonic() - connection.idle_since < self.hop.trusted

    def _take_back(self, connection: HopConnection) -> None:
        if self._closed:
            connection.part()
        if not connection.alive:
            connection.drop()
            return
        connection.idle_since = time.monotonic()
        connection.used = True
        self._idle.append(connection)
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(self.hop.idle, self._sweep_idle)

    def _sweep_idle(self) -> None:
        """Part with connections nobody used for `idle` seconds: the oldest stand first."""
        self._sweep = None
        oldest = time.monotonic() - self.hop.idle
        while self._idle and self._idle[0].idle_since <= oldest:
            self._idle.pop(0).part()
        if self._idle:
            rest = max(0.1, self._idle[0].idle_since - oldest)
            self._sweep = asyncio.get_running_loop().call_later(rest, self._sweep_idle)


class Lease:
    """A connection on loan; it may be exchanged once for a fresh one when it turns out to be dead."""

    __slots__ = ("_pool", "connection")

    def __init__(self, pool: SmtpPool, connection: HopConnection) -> None:
        self._pool = pool
        self.connection = connection

    async def exchange(self) -> None:
        self.connection.drop()
        self.connection = await self._pool.fresh()
