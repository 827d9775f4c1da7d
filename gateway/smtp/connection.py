"""One connection's wire: lines in, replies out, content collected, TLS begun, time kept. Knows no verb.

Built on aiosmtpd's protocol for the stream and its life cycle. Its command loop is replaced, because it takes bare
line feeds for line ends, answers without enhanced codes, and cancels the work when the client hangs up; so is its
DATA, which reads line by line into a list; and its STARTTLS, which is tied to asyncio's own TLS (uvloop has another).
"""

import asyncio
import base64
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from aiosmtpd.smtp import SMTP

from gateway.smtp import content, replies
from gateway.smtp.clock import Clock
from gateway.smtp.content import Heap
from gateway.smtp.replies import Reply
from gateway.smtp.session import Envelope, Session
from gateway.smtp.starttls import secured
from gateway.smtp.trouble import tell
from gateway.smtp.verbs import Verbs
from gateway.smtp.watching import Watch

if TYPE_CHECKING:
    from gateway.smtp.mail_server import MailServer

R = TypeVar("R")

# aiosmtpd tells every line of a dialogue, addresses included.
logging.getLogger("mail.log").setLevel(logging.ERROR)

_TLS_HELLO = b"\x16"  # RFC 8446 5.1: a record of the handshake


class _EndOfTalk(Exception):
    """The client closed, or said what ends a connection; the reply is the last one."""

    def __init__(self, reply: Reply | None = None) -> None:
        super().__init__()
        self.reply = reply


class Connection(SMTP):
    """See above. Everything that is about mail is in the session and the verbs."""

    line_length_limit = 65_536  # the stream's buffer; a line's own limit is the front's

    def __init__(self, server: "MailServer") -> None:
        host = server.host
        super().__init__(
            _NO_HOOKS, hostname=host.hostname, timeout=host.limits.idle, loop=asyncio.get_running_loop()
        )
        self._server = server
        self._limits = host.limits
        self._talk: Session
        self._verbs: Verbs
        self._received = 0  # bytes, ever
        self._clock = Clock(host.limits, self.loop.time())
        self._waiting = False  # for a command: it may be ended politely
        self._lost = False
        self._unconfirmed: Callable[[], Coroutine[Any, Any, None]] | None = None
        self._watch = Watch(server.name)

    def __dir__(self) -> Iterable[str]:
        """None: the base class goes through all members four times for verbs and mechanisms that are not asked
        here, 0.2 ms of every connection.
        """
        return ()

    # The stream

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        address = peer[0] if isinstance(peer, tuple) else ""
        self._talk = self._server.session(address)
        self._talk.tls = transport.get_extra_info("sslcontext") is not None
        self._verbs = self._server.verbs(self._talk, self._challenge)
        self._server.joined(self)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if not self._received and data.startswith(_TLS_HELLO) and self.transport is not None:
            # RFC 5246: TLS on a port where plain text is spoken first; its client waits for ever.
            cast("asyncio.Transport", self.transport).write(replies.NOT_SMTP.wire())
            self.transport.close()
            return
        self._received += len(data)
        super().data_received(data)

    def eof_received(self) -> bool | None:
        """A client that only shut its sending side still gets its replies."""
        self._talk.gone = True
        return asyncio.StreamReaderProtocol.eof_received(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = self._talk.gone = True
        self._server.left(self)
        if self._unconfirmed is not None and error is not None:  # a reset: our reply may not have been read
            self._server.own(self._unconfirmed())
        self._unconfirmed = None
        super().connection_lost(error)

    # The dialogue

    async def _handle_client(self) -> None:
        self._watch.begin()
        try:
            await self._say(self._verbs.greeting)
            while True:
                await self._exchange()
        except _EndOfTalk as end:
            if end.reply is not None:
                self._write(end.reply)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except Exception as error:  # noqa: BLE001 - nothing of it may reach the client
            tell("smtp_session_failed", error)
            self._write(replies.GOING_DOWN)
        finally:
            if self.transport is not None:
                self.transport.close()
            self._watch.end(self._talk)

    async def _exchange(self) -> None:
        """One command and its reply."""
        line = await self._command()
        self._unconfirmed = None  # it speaks on: it has read our reply to its message
        reply = await self._guarded(self._verbs.answer(line))
        if reply is replies.GO_SECURE:
            await self._begin_tls()
            return
        await self._say(reply)
        if reply is replies.GO_ON:
            answers = self._server.answers(self._talk.envelope)
            said = await self._guarded(self._message())
            for one in (said,) * answers if isinstance(said, Reply) else said:
                await self._say(one)

    async def _guarded(self, verb: Coroutine[Any, Any, R]) -> R | Reply:
        """FAULTS.md, aiosmtpd 1: an exception is our fault, and nobody's business."""
        try:
            return await verb
        except (_EndOfTalk, ConnectionError, asyncio.IncompleteReadError):
            raise
        except Exception as error:  # noqa: BLE001
            tell("smtp_command_failed", error)
            return replies.BROKEN

    async def _command(self) -> bytes:
        if self._server.draining:
            raise _EndOfTalk(replies.GOING_DOWN)
        self._waiting = True
        try:
            return await self._line()
        finally:
            self._waiting = False
            self._clock.listens(self.loop.time())

    async def _line(self) -> bytes:
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            raise _EndOfTalk(replies.LINE_TOO_LONG) from None
        except asyncio.IncompleteReadError:
            raise _EndOfTalk from None
        if not line.endswith(b"\r\n"):
            raise _EndOfTalk(replies.BARE_LINE_FEED)
        return line[:-2]

    async def _challenge(self, words: bytes) -> bytes:
        """RFC 4954 4: 334, and the client's answer."""
        await self._say(Reply(334, "", base64.b64encode(words).decode()))
        answer = await self._line()
        if len(answer) > self._limits.auth_line:
            raise _EndOfTalk(replies.LINE_TOO_LONG)
        return answer

    async def _say(self, reply: Reply) -> None:
        if reply.closes:
            raise _EndOfTalk(reply)
        self._write(reply)
        await self._writer.drain()

    def _write(self, reply: Reply) -> None:
        self._watch.said(reply.code)
        if self.transport is not None and not self.transport.is_closing():
            self._writer.write(reply.wire())

    # TLS

    async def _begin_tls(self) -> None:
        """RFC 3207 4.2; what was said in plain text after STARTTLS could be anybody's, so it ends the talk."""
        if self._reader._buffer:  # type: ignore[attr-defined] # noqa: SLF001 - no other way to look
            raise _EndOfTalk(replies.EARLY_TALK)
        self._write(replies.GO_SECURE)
        plain, context = cast("asyncio.WriteTransport", self.transport), self._server.tls
        transport = await secured(plain, self, context) if context is not None else None
        if transport is None:
            plain.close()
            if not self._lost:  # a TLS layer that did not come to be tells nobody that the connection ended
                self.connection_lost(None)
            raise _EndOfTalk
        # As asyncio's own StreamWriter.start_tls, which leaves the reader with the old transport.
        self._writer._transport = transport  # type: ignore[attr-defined] # noqa: SLF001
        self._reader._transport = transport  # type: ignore[attr-defined] # noqa: SLF001
        self._over_ssl = True
        self.transport = transport
        self._talk.start_over()

    # Content

    async def _message(self) -> Reply | tuple[Reply, ...]:
        """What is said to all of it, or for each recipient."""
        envelope, self._talk.envelope = self._talk.envelope, None
        wire = await self._timed_content()
        with self._watch.message() as answered:
            said = await self._judged(wire, envelope)
            answered((said,) if isinstance(said, Reply) else said)
        return said

    async def _judged(self, wire: bytes | Reply, envelope: Envelope | None) -> Reply | tuple[Reply, ...]:
        if isinstance(wire, Reply) or envelope is None:
            return wire if isinstance(wire, Reply) else replies.MAIL_FIRST
        size = len(wire)
        sound = content.sound(wire, self._limits.size, self._limits.bare_lf)
        del wire
        if isinstance(sound, Reply):
            self._server.memory.give_back(size)
            return sound
        self._clock.works()
        try:
            said, self._unconfirmed = await self._server.deliver(self._talk, envelope, sound, size)
        finally:
            self._clock.listens(self.loop.time())
        return said

    async def _timed_content(self) -> bytes | Reply:
        """Content on the wire, its bytes taken from the process's memory; kept to the time it may take."""
        self._clock.collects(self.loop.time(), self._received)
        self._reset_timeout(self._limits.data_grace)
        try:
            wire = await content.collect(self._reader, Heap(self._server.memory, self._limits.size))
        finally:
            self._clock.listens(self.loop.time())
        if isinstance(wire, Reply) and wire.closes:
            raise _EndOfTalk(wire)
        return wire

    # Time

    def _timeout_cb(self) -> None:
        """The base class's timer, here for one clock that is looked at when it may be time."""
        left = self._clock.left(self.loop.time(), self._received)
        if left > 0:
            self._reset_timeout(left)
            return
        self._write(self._clock.verdict)
        self.cut()

    def retire(self) -> None:
        """The server is going down: a client that is between commands hears it now, another one in time."""
        if self._waiting and self.transport is not None:
            self._write(replies.GOING_DOWN)
            self.transport.close()

    def cut(self) -> None:
        """It had its time."""
        if self.transport is not None:
            self.transport.close()


class _NoHooks:
    """aiosmtpd looks for hooks here: there are none, the front is asked instead."""

    def __dir__(self) -> Iterable[str]:
        return ()


_NO_HOOKS = _NoHooks()
