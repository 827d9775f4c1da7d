"""The wire to Redis: lanes of one auto-pipelined connection each, and the one place where its errors are ours.

A lane sends commands of many tasks in the order in which they came, as many at once as wait (up to a limit),
and gives each its reply. A caller that goes away leaves its reply to be read and dropped: a reply never
reaches another caller. Nothing is ever repeated here; who may repeat knows an id that makes it safe.
"""

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, cast

import hiredis
from redis.asyncio.connection import Connection, ConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, ResponseError

from suppression.errors import StoreUnavailable

Argument = bytes | str | int
_TICK = 0.25


class ScriptMissing(Exception):
    """The server does not know the script: it was not run."""


class ConnectionLost(StoreUnavailable):
    """The connection went away before the reply came."""


class _Call:
    __slots__ = ("commands", "deadline", "left", "replies", "reply")

    def __init__(
        self, commands: bytes, count: int, deadline: float, reply: "asyncio.Future[list[Any]]"
    ) -> None:
        self.commands = commands
        self.left = count
        self.replies: list[Any] = []
        self.deadline = deadline
        self.reply = reply

    def fail(self, error: Exception) -> None:
        if not self.reply.done():
            self.reply.set_exception(error)


class Lane:
    """One connection, shared by all tasks of this process that use the lane. FIFO.

    limit    commands under way at once; the rest wait here, where they can still be given up
    timeout  seconds that a caller waits, in the queue and for the reply together
    """

    def __init__(self, connect: Callable[[], Connection], *, limit: int = 48, timeout: float = 2.0) -> None:
        self._connect = connect
        self._limit = limit
        self._timeout = timeout
        self._waiting: deque[_Call] = deque()
        self._under_way: deque[_Call] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def execute(self, *args: Argument) -> Any:
        """One command's reply. StoreUnavailable when there is none in time; the command may still have run."""
        (reply,) = await self.execute_many([args])
        return reply

    async def execute_many(self, commands: Sequence[Sequence[Argument]]) -> list[Any]:
        """Replies of several commands sent together (not atomic)."""
        if self._closed:
            raise StoreUnavailable("closed")
        if not commands:  # no reply would come, and the next one's would be taken for it
            return []
        loop = asyncio.get_running_loop()
        packed = b"".join(_pack(command) for command in commands)
        call = _Call(packed, len(commands), loop.time() + self._timeout, loop.create_future())
        self._waiting.append(call)
        self._wake.set()
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._run(), name="store-lane")
        replies = await call.reply
        for reply in replies:
            if isinstance(reply, Exception):
                raise _ours(reply) from reply
        return replies

    async def read(self, commands: Sequence[Sequence[Argument]]) -> list[Any]:
        """Replies of commands that change nothing: asked again, within the time, while connections are lost."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout
        while True:
            try:
                return await self.execute_many(commands)
            except ConnectionLost:
                if loop.time() >= deadline:
                    raise

    async def read_one(self, *args: Argument) -> Any:
        """`read` of one command."""
        (reply,) = await self.read([args])
        return reply

    async def close(self) -> None:
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._fail_all(StoreUnavailable("closed"))

    async def _run(self) -> None:
        """All the work of the lane, for as long as it is used; nobody waits for ever for one that ended."""
        expiring = asyncio.create_task(self._expire_waiting())
        try:
            await self._serve_again_and_again()
        finally:
            expiring.cancel()
            self._fail_all(StoreUnavailable("closed"))

    async def _serve_again_and_again(self) -> None:
        """Connect, serve until the connection is lost, and again."""
        pause = 0.0
        while True:
            connection = self._connect()
            try:
                async with asyncio.timeout(self._timeout):
                    await cast("Awaitable[None]", connection.connect())  # type: ignore[no-untyped-call]
                pause = 0.0
                await self._serve(connection)
            except Exception as error:  # noqa: BLE001 - whatever it was, its name reaches all who wait
                lost = StoreUnavailable if isinstance(error, TimeoutError) else ConnectionLost
                self._fail_under_way(lost(f"connection lost: {type(error).__name__}"))
                pause = min(0.5, pause * 2 or 0.02)
                await self._wait_disconnected(pause)
            finally:
                await connection.disconnect(nowait=True)

    async def _wait_disconnected(self, pause: float) -> None:
        """Let the loop try again, when there is somebody to try for."""
        await asyncio.sleep(pause)
        if not self._waiting:
            self._wake.clear()
            await self._wake.wait()

    async def _serve(self, connection: Connection) -> None:
        if (
            self._waiting
        ):  # left over when the last connection was lost: nobody else wakes the writer for them
            self._wake.set()
        tasks = [
            asyncio.create_task(self._write(connection)),
            asyncio.create_task(self._read(connection)),
            asyncio.create_task(self._watch()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await _cancelled(tasks)

    async def _write(self, connection: Connection) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch = []
            while self._waiting and len(self._under_way) < self._limit:
                call = self._waiting.popleft()
                if not call.reply.done():  # given up by its caller while it waited
                    batch.append(call.commands)
                    self._under_way.append(call)
            if batch:
                await connection.send_packed_command(batch, check_health=False)

    async def _read(self, connection: Connection) -> None:
        """Reads even when nothing is under way: so a connection that the server closed is noticed at once."""
        while True:
            try:
                reply = await connection.read_response(timeout=math.inf, disconnect_on_error=False)
            except ResponseError as error:
                reply = error
            if not self._under_way:
                raise RedisConnectionError("a reply that nobody asked for")
            self._deliver(reply)

    def _deliver(self, reply: Any) -> None:
        call = self._under_way[0]
        call.replies.append(reply)
        call.left -= 1
        if not call.left:
            self._under_way.popleft()
            if not call.reply.done():
                call.reply.set_result(call.replies)
            if self._waiting:
                self._wake.set()

    async def _watch(self) -> None:
        """A reply that does not come in time makes the connection useless: what follows it would wait too."""
        while True:
            await asyncio.sleep(_TICK)
            now = asyncio.get_running_loop().time()
            if self._under_way and self._under_way[0].deadline < now:
                raise TimeoutError

    async def _expire_waiting(self) -> None:
        """Give up those that waited too long, also while a connection is being made."""
        while True:
            await asyncio.sleep(_TICK)
            now = asyncio.get_running_loop().time()
            while self._waiting and (self._waiting[0].deadline < now or self._waiting[0].reply.done()):
                self._waiting.popleft().fail(StoreUnavailable("no answer in time"))

    def _fail_under_way(self, error: StoreUnavailable) -> None:
        while self._under_way:
            self._under_way.popleft().fail(error)

    def _fail_all(self, error: StoreUnavailable) -> None:
        self._fail_under_way(error)
        while self._waiting:
            self._waiting.popleft().fail(error)


async def _cancelled(tasks: Sequence["asyncio.Task[None]"]) -> None:
    """Until they have ended: a task may swallow its cancellation (Python 3.11's wait_for does, at times)."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=_TICK)
    await asyncio.gather(*tasks, return_exceptions=True)


def _ours(error: Exception) -> Exception:
    """The one translation: a missing script may be loaded and called again; all else is "we cannot now"."""
    if isinstance(error, NoScriptError):
        return ScriptMissing()
    # The class and the server's first word ("OOM", "MOVED", "READONLY") say what is wrong without any data.
    return StoreUnavailable(f"{type(error).__name__}: {str(error)[:80]}")


def _pack(command: Sequence[Argument]) -> bytes:
    """RESP's array of bulk strings."""
    packed: bytes = hiredis.pack_command(tuple(command))  # type: ignore[arg-type]
    return packed


class Client:
    """The lanes of one process: sends wait for each other, stops never wait for sends, and who reads or writes
    much at a time (`bulk`) keeps nobody waiting but others of the kind.
    """

    def __init__(self, url: str, *, timeout: float = 2.0) -> None:
        # Without a timeout of the socket's own: lanes watch their replies, and redis-py would make each write a task.
        pool = ConnectionPool.from_url(
            url,
            protocol=2,
            socket_connect_timeout=timeout,
            socket_timeout=None,
            decode_responses=False,
        )
        connect = cast("Callable[[], Connection]", pool.make_connection)
        self._connect = connect
        self.sends = Lane(connect, timeout=timeout)
        self.stops = Lane(connect, timeout=timeout)
        self.bulk = Lane(connect, timeout=timeout)
        self.timeout = timeout

    async def listen(self, channels: Sequence[bytes]) -> AsyncIterator[bytes]:
        """On which of these channels something is said, as it is said. ConnectionLost ends it."""
        connection = self._connect()
        try:
            async with asyncio.timeout(self.timeout):
                await cast("Awaitable[None]", connection.connect())  # type: ignore[no-untyped-call]
            await connection.send_packed_command([_pack([b"SUBSCRIBE", *channels])], check_health=False)
            while True:
                reply = await connection.read_response(timeout=math.inf, disconnect_on_error=False)
                if isinstance(reply, list) and reply[0] == b"message":
                    yield reply[1]
        except (OSError, RedisConnectionError, TimeoutError) as error:
            raise ConnectionLost(f"connection lost: {type(error).__name__}") from error
        finally:
            await connection.disconnect(nowait=True)

    async def close(self) -> None:
        await self.sends.close()
        await self.stops.close()
        await self.bulk.close()
