"""The verbs that are the same whoever speaks: greeting, TLS, DATA, and what leads to no mail. No socket here.

Each looks at the session, may change it, and returns a Reply (RFC 5321).
"""

import re
from collections.abc import Awaitable, Callable
from typing import Protocol

from gateway.smtp import replies
from gateway.smtp.limits import Limits
from gateway.smtp.replies import Reply
from gateway.smtp.session import Session

# RFC 5321 4.1.2: a domain or an address literal; real clients also say names with underscores.
_HELLO = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}")
_HTTP = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PRI"})

Verb = Callable[[str], Awaitable[Reply]]


class Host(Protocol):
    """What all connections of a port share. `tls`: STARTTLS can be offered."""

    @property
    def hostname(self) -> str: ...

    @property
    def limits(self) -> Limits: ...

    @property
    def tls(self) -> bool: ...


class Verbs:
    """For one connection. Who inherits adds MAIL and RCPT, and what else is said on its port."""

    protocol = "ESMTP"

    def __init__(self, host: Host, session: Session) -> None:
        self._host = host
        self._session = session
        self._verbs: dict[str, Verb] = {
            "EHLO": self._ehlo, "HELO": self._helo, "STARTTLS": self._starttls,
            "DATA": self._data, "RSET": self._rset,
            "NOOP": self._noop, "VRFY": self._vrfy, "HELP": self._help, "QUIT": self._quit,
            "EXPN": self._not_implemented, "TURN": self._not_implemented, "BDAT": self._not_implemented,
        }  # fmt: skip

    @property
    def greeting(self) -> Reply:
        return Reply(220, "", f"{self._host.hostname} {self.protocol}")

    async def answer(self, line: bytes) -> Reply:
        """The reply to one command line, without its CRLF; cut short when the client made too many mistakes."""
        reply = await self._dispatch(line)
        if reply.mistake:
            self._session.mistakes += 1
            if self._session.mistakes >= self._host.limits.mistakes:
                return replies.TOO_MANY_MISTAKES
        return reply

    async def _dispatch(self, line: bytes) -> Reply:
        try:
            text = line.decode()
        except UnicodeDecodeError:
            return replies.NOT_UNDERSTOOD
        if not text.isprintable():
            return replies.NOT_UNDERSTOOD
        word, _, argument = text.partition(" ")
        word = word.upper()
        if word in _HTTP:
            return replies.NOT_SMTP
        if len(line) > self._longest(word):
            return replies.NOT_UNDERSTOOD
        verb = self._verbs.get(word)
        return await verb(argument.strip()) if verb else replies.UNKNOWN_COMMAND

    def _longest(self, _word: str) -> int:
        """Of a line with this verb."""
        return self._host.limits.line

    # Greeting, TLS

    async def _ehlo(self, name: str) -> Reply:
        if not _HELLO.fullmatch(name):
            return replies.syntax("EHLO hostname")
        self._greet(name, extended=True)
        offers = [self._host.hostname, *self._offers(), "ENHANCEDSTATUSCODES"]
        return self._junk() or Reply(250, "", "\n".join(offers))

    def _offers(self) -> list[str]:
        offers = ["PIPELINING", f"SIZE {self._host.limits.size}", "8BITMIME", "SMTPUTF8"]
        if self._host.tls and not self._session.tls:
            offers.append("STARTTLS")
        return offers

    async def _helo(self, name: str) -> Reply:
        if not _HELLO.fullmatch(name):
            return replies.syntax("HELO hostname")
        self._greet(name, extended=False)
        return self._junk() or Reply(250, "", self._host.hostname)

    def _greet(self, name: str, *, extended: bool) -> None:
        self._session.hello, self._session.extended = name, extended
        self._session.envelope = None  # RFC 5321 4.1.4

    async def _starttls(self, argument: str) -> Reply:
        if argument:
            return replies.syntax("STARTTLS")
        if self._session.tls or not self._host.tls:
            return Reply(
                503, "5.5.1", "TLS is active already" if self._session.tls else "TLS is not available"
            )
        return replies.GO_SECURE

    # Mail

    async def _data(self, argument: str) -> Reply:
        if argument:
            return replies.syntax("DATA")
        if self._session.envelope is None:
            return replies.MAIL_FIRST
        return replies.GO_ON if self._session.envelope.filled else replies.RCPT_FIRST

    async def _rset(self, argument: str) -> Reply:
        if argument:
            return replies.syntax("RSET")
        self._session.envelope = None
        return self._junk() or replies.OK

    # The rest

    async def _noop(self, _argument: str) -> Reply:
        return self._junk() or replies.OK

    async def _vrfy(self, argument: str) -> Reply:
        """RFC 5321 7.3: who is known here is nobody's business."""
        if not argument:
            return replies.syntax("VRFY address")
        return self._junk() or Reply(252, "2.0.0", "Cannot verify, send mail to find out")

    async def _help(self, _argument: str) -> Reply:
        return self._junk() or Reply(214, "2.0.0", "See RFC 5321")

    async def _quit(self, argument: str) -> Reply:
        return replies.syntax("QUIT") if argument else replies.BYE

    async def _not_implemented(self, _argument: str) -> Reply:
        return replies.NOT_IMPLEMENTED

    def _junk(self) -> Reply | None:
        """Commands that lead to no mail are counted, until a mail was taken."""
        self._session.junk += 1
        return replies.TOO_MUCH_JUNK if self._session.junk > self._host.limits.junk else None
