"""The verbs of SMTP (RFC 5321): each looks at the session, may change it, and returns a Reply. No socket here."""

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.smtp import auth, parameters, purposes, replies
from gateway.smtp.limits import Guard, Limits
from gateway.smtp.recipients import Recipients
from gateway.smtp.replies import Reply
from gateway.smtp.session import Envelope, Session
from suppression.address import Address, parse_email
from suppression.errors import StoreUnavailable, UnusableAddress
from suppression.purposes import Catalogue

# RFC 5321 4.1.2: a domain or an address literal; real clients also say names with underscores.
_HELLO = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}")
_HTTP = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PRI"})


@dataclass(frozen=True, slots=True)
class House:
    """What all connections of a process share. `tls`: STARTTLS can be offered."""

    hostname: str
    limits: Limits
    guard: Guard
    authenticate: auth.Authenticate
    recipients: Recipients
    catalogue: Callable[[], Catalogue]
    tls: bool = False


class Front:
    """The verbs for one connection."""

    def __init__(self, house: House, session: Session, ask: auth.Ask) -> None:
        self._house = house
        self._session = session
        self._ask = ask
        self._verbs: dict[str, Callable[[str], Awaitable[Reply]]] = {
            "EHLO": self._ehlo, "HELO": self._helo, "AUTH": self._auth, "STARTTLS": self._starttls,
            "MAIL": self._mail, "RCPT": self._rcpt, "DATA": self._data, "RSET": self._rset,
            "NOOP": self._noop, "VRFY": self._vrfy, "HELP": self._help, "QUIT": self._quit,
            "EXPN": self._not_implemented, "TURN": self._not_implemented, "BDAT": self._not_implemented,
        }  # fmt: skip

    @property
    def greeting(self) -> Reply:
        return Reply(220, "", f"{self._house.hostname} ESMTP")

    async def answer(self, line: bytes) -> Reply:
        """The reply to one command line, without its CRLF; cut short when the client made too many mistakes."""
        reply = await self._dispatch(line)
        if reply.mistake:
            self._session.mistakes += 1
            if self._session.mistakes >= self._house.limits.mistakes:
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
        if len(line) > (self._house.limits.auth_line if word == "AUTH" else self._house.limits.line):
            return replies.NOT_UNDERSTOOD
        verb = self._verbs.get(word)
        return await verb(argument.strip()) if verb else replies.UNKNOWN_COMMAND

    # Greeting, security

    async def _ehlo(self, name: str) -> Reply:
        if not _HELLO.fullmatch(name):
            return replies.syntax("EHLO hostname")
        self._greet(name, extended=True)
        offers = ["PIPELINING", f"SIZE {self._house.limits.size}", "8BITMIME", "SMTPUTF8"]
        if self._house.tls and not self._session.tls:
            offers.append("STARTTLS")
        if self._may_authenticate():
            offers.append("AUTH " + " ".join(auth.MECHANISMS))
        return self._junk() or Reply(
            250, "", "\n".join([self._house.hostname, *offers, "ENHANCEDSTATUSCODES"])
        )

    async def _helo(self, name: str) -> Reply:
        if not _HELLO.fullmatch(name):
            return replies.syntax("HELO hostname")
        self._greet(name, extended=False)
        return self._junk() or Reply(250, "", self._house.hostname)

    def _greet(self, name: str, *, extended: bool) -> None:
        self._session.hello, self._session.extended = name, extended
        self._session.envelope = None  # RFC 5321 4.1.4

    async def _starttls(self, argument: str) -> Reply:
        if argument:
            return replies.syntax("STARTTLS")
        if self._session.tls or not self._house.tls:
            return Reply(
                503, "5.5.1", "TLS is active already" if self._session.tls else "TLS is not available"
            )
        return replies.GO_SECURE

    def _may_authenticate(self) -> bool:
        trusted = self._house.limits.auth_on_loopback and self._session.loopback
        return self._session.tls or trusted

    async def _auth(self, argument: str) -> Reply:
        session = self._session
        if not session.extended:
            return replies.HELLO_FIRST
        if session.authenticated or session.envelope is not None:  # RFC 4954 4
            return Reply(503, "5.5.1", "AUTH is not possible now")
        if not self._may_authenticate():
            return replies.SECURE_FIRST
        if not argument:
            return replies.syntax("AUTH mechanism")
        if self._house.guard.locked(session.address):
            return auth.LOCKED_OUT
        said = await auth.credentials(argument, self._ask)
        return said if isinstance(said, Reply) else await self._verify(said)

    async def _verify(self, said: auth.Credentials) -> Reply:
        session, guard = self._session, self._house.guard
        try:
            login = await self._house.authenticate(said.app, said.password)
        except StoreUnavailable:
            return auth.TRY_LATER
        if login is None:
            session.auth_failures += 1
            await guard.failed(session.address)
            many = session.auth_failures >= self._house.limits.auth_failures_of_connection
            return auth.LOCKED_OUT if many else auth.INVALID
        guard.succeeded(session.address)
        session.enter(login, said.suffix, time.monotonic())
        return replies.WELCOME

    # Mail

    async def _mail(self, argument: str) -> Reply:
        session = self._session
        if not session.hello:
            return replies.HELLO_FIRST
        if session.app is None:
            return replies.AUTHENTICATE
        if session.envelope is not None:
            return replies.NESTED_MAIL
        given = parameters.read_mail(argument, extended=session.extended)
        if isinstance(given, Reply):
            return given
        if given.size > self._house.limits.size:
            return replies.TOO_BIG
        return await self._left() or self._open(given)

    async def _left(self) -> Reply | None:
        """Credentials that were revoked since open no transaction."""
        session = self._session
        if session.login is None or time.monotonic() - session.checked < self._house.limits.login_memory:
            return None
        try:
            still = await session.login.still()
        except StoreUnavailable:
            return replies.STORE_AWAY
        if not still:
            session.leave()
            return replies.AUTHENTICATE
        session.checked = time.monotonic()
        return None

    def _open(self, given: parameters.MailArgument) -> Reply:
        """Begin the transaction, with its purpose as far as it is known before DATA."""
        app = self._session.app
        if app is None:
            return replies.AUTHENTICATE
        sender: Address | Reply | None = None
        if given.path:
            sender = _parse(given.path, given.options, replies.BAD_SENDER)
        if isinstance(sender, Reply):
            return sender
        purpose = purposes.before_data(
            self._house.catalogue(), app, self._session.suffix, null=sender is None
        )
        if isinstance(purpose, Reply):
            return purpose
        self._session.envelope = Envelope(sender, given.options, given.size, purpose)
        return replies.SENDER_OK

    async def _rcpt(self, argument: str) -> Reply:
        session = self._session
        if session.envelope is None or session.app is None:
            return replies.MAIL_FIRST
        path = parameters.read_rcpt(argument)
        if isinstance(path, Reply):
            return path
        address = _parse(path, session.envelope.options, replies.BAD_RECIPIENT)
        if isinstance(address, Reply):
            return address
        return await self._house.recipients.offer(session.app, session.envelope, address)

    async def _data(self, argument: str) -> Reply:
        if argument:
            return replies.syntax("DATA")
        if self._session.envelope is None:
            return replies.MAIL_FIRST
        return replies.GO_ON if self._session.envelope.recipients else replies.RCPT_FIRST

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
        return replies.TOO_MUCH_JUNK if self._session.junk > self._house.limits.junk else None


def _parse(path: str, options: frozenset[str], unusable: Reply) -> Address | Reply:
    if not path.isascii() and "SMTPUTF8" not in options:  # RFC 6531 3.4
        return replies.UTF8_UNDECLARED
    try:
        return parse_email(path)
    except UnusableAddress:
        return unusable
