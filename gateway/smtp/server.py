"""The SMTP connections of one process, and the deliveries under way, which belong to nobody's connection."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from gateway.smtp import replies
from gateway.smtp.connection import Connection
from gateway.smtp.delivery import Delivery
from gateway.smtp.front import House
from gateway.smtp.limits import Memory
from gateway.smtp.replies import Reply
from gateway.smtp.session import Envelope, Session
from gateway.smtp.submission import Submission
from gateway.smtp.trouble import tell
from suppression.model import App

log = structlog.get_logger(__name__)

REFUSAL = replies.TOO_MANY_CONNECTIONS.wire()  # what the acceptor says to a client over a cap

Vanished = Callable[[], Coroutine[Any, Any, None]]


class SmtpServer:
    """`protocol` is what a loop or the acceptor wants for a new connection.

    app_for_address  the app that settings assign to a client's network, if any
    tls              for STARTTLS
    """

    def __init__(
        self,
        house: House,
        delivery: Delivery,
        *,
        app_for_address: Callable[[str], App | None] = lambda _address: None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.house = house
        self.tls = tls
        self.app_for_address = app_for_address
        self.memory = Memory(house.limits.memory)
        self.connections: set[Connection] = set()
        self.draining = False
        self._delivery = delivery
        self._tasks: set[asyncio.Task[Any]] = set()
        self._quiet = asyncio.Event()

    def protocol(self) -> Connection:
        return Connection(self)

    def own(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Have it done whatever becomes of the connection it came from; `drain` waits for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def joined(self, connection: Connection) -> None:
        self.connections.add(connection)

    def left(self, connection: Connection) -> None:
        self.connections.discard(connection)
        self._look()

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        self._look()

    def _look(self) -> None:
        if self.draining and not self._tasks and not self.connections:
            self._quiet.set()

    async def deliver(
        self, session: Session, envelope: Envelope, content: bytes, size: int
    ) -> tuple[Reply, Vanished]:
        """The reply to a message, and what is to be done when it turns out that the client did not get it.

        FAULTS.md, aiosmtpd 2: the client's end cancels the caller, never the work.
        """
        submission = Submission.of(session, envelope, content)
        return await asyncio.shield(self.own(self._relay(session, submission, size)))

    async def _relay(self, session: Session, submission: Submission, size: int) -> tuple[Reply, Vanished]:
        try:
            result = await self._delivery.deliver(submission)
        except Exception as error:  # noqa: BLE001 - 451 whatever it was, its words in no reply and no log
            tell("smtp_delivery_failed", error)
            return replies.BROKEN, _nothing
        finally:
            self.memory.give_back(size)

        async def vanished() -> None:
            await self._delivery.remember(result)

        if session.gone or result.reply.code == 451:
            await vanished()
        if result.reply.code == 250:
            session.junk = 0
        return result.reply, vanished

    async def drain(self, within: float) -> None:
        """Finish what is under way, take nothing more: clients hear 421 between commands."""
        self.draining = True
        for connection in list(self.connections):
            connection.retire()
        self._look()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._quiet.wait()
        for connection in list(self.connections):
            connection.cut()
        for task in list(self._tasks):
            log.warning("smtp_delivery_cut_off")
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _nothing() -> None:
    """There is nothing to remember of a message that failed as a whole."""
