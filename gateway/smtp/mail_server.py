"""The connections of one process on one kind of port, and the work under way, which belongs to no connection."""

import asyncio
import contextlib
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from gateway.smtp import auth, replies
from gateway.smtp.connection import Connection
from gateway.smtp.limits import Memory
from gateway.smtp.replies import Reply
from gateway.smtp.session import Envelope, Session
from gateway.smtp.trouble import tell
from gateway.smtp.verbs import Host, Verbs

log = structlog.get_logger(__name__)

REFUSAL = replies.TOO_MANY_CONNECTIONS.wire()  # what the acceptor says to a client over a cap

Vanished = Callable[[], Coroutine[Any, Any, None]]


class MailServer(ABC):
    """`protocol` is what a loop or the acceptor wants for a new connection. `tls`: for STARTTLS.

    name  what metrics and log lines call this kind of port
    """

    name = "submission"

    def __init__(self, host: Host, tls: ssl.SSLContext | None = None) -> None:
        self.host = host
        self.tls = tls
        self.memory = Memory(host.limits.memory)
        self.connections: set[Connection] = set()
        self.draining = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self._quiet = asyncio.Event()

    @abstractmethod
    def session(self, address: str) -> Session:
        """For a new connection from there."""

    @abstractmethod
    def verbs(self, session: Session, ask: auth.Ask) -> Verbs: ...

    @abstractmethod
    async def take(
        self, session: Session, envelope: Envelope, content: bytes
    ) -> tuple[tuple[Reply, ...], Vanished]:
        """What is said to a message, and what is to be done when it turns out that the client did not hear it."""

    def answers(self, _envelope: Envelope | None) -> int:
        """How many replies a message with this envelope gets."""
        return 1

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
    ) -> tuple[tuple[Reply, ...], Vanished]:
        """`take`, in a task of its own; `size`: of the memory that it gives back.

        FAULTS.md, aiosmtpd 2: the client's end cancels the caller, never the work.
        """
        return await asyncio.shield(self.own(self._guarded(session, envelope, content, size)))

    async def _guarded(
        self, session: Session, envelope: Envelope, content: bytes, size: int
    ) -> tuple[tuple[Reply, ...], Vanished]:
        try:
            said, vanished = await self.take(session, envelope, content)
        except Exception as error:  # noqa: BLE001 - 451 whatever it was, its words in no reply and no log
            tell("smtp_delivery_failed", error)
            return (replies.BROKEN,) * self.answers(envelope), nothing
        finally:
            self.memory.give_back(size)
        if any(reply.code == 250 for reply in said):
            session.junk = 0
        return said, vanished

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


async def nothing() -> None:
    """There is nothing to be done."""
