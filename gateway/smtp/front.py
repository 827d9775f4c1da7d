"""What apps say: AUTH, and MAIL and RCPT in an app's name. Verbs only: no socket here."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from gateway.smtp import auth, parameters, purposes, replies
from gateway.smtp.limits import Guard, Limits
from gateway.smtp.recipients import Recipients
from gateway.smtp.replies import Reply
from gateway.smtp.session import Envelope, Session
from gateway.smtp.verbs import Verbs
from suppression.address import Address, parse_email
from suppression.errors import StoreUnavailable, UnusableAddress
from suppression.purposes import Catalogue


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


class Front(Verbs):
    """The verbs for one connection of an app."""

    def __init__(self, house: House, session: Session, ask: auth.Ask) -> None:
        super().__init__(house, session)
        self._house = house
        self._ask = ask
        self._verbs |= {"AUTH": self._auth, "MAIL": self._mail, "RCPT": self._rcpt}

    def _longest(self, word: str) -> int:
        return self._house.limits.auth_line if word == "AUTH" else super()._longest(word)

    def _offers(self) -> list[str]:
        offers = super()._offers()
        return [*offers, "AUTH " + " ".join(auth.MECHANISMS)] if self._may_authenticate() else offers

    # Security

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
            sender = path_address(given.path, given.options, replies.BAD_SENDER)
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
        address = path_address(path, session.envelope.options, replies.BAD_RECIPIENT)
        if isinstance(address, Reply):
            return address
        return await self._house.recipients.offer(session.app, session.envelope, address)


def path_address(path: str, options: frozenset[str], unusable: Reply) -> Address | Reply:
    """The address of MAIL's or RCPT's path, or why it is none."""
    if not path.isascii() and "SMTPUTF8" not in options:  # RFC 6531 3.4
        return replies.UTF8_UNDECLARED
    try:
        return parse_email(path)
    except UnusableAddress:
        return unusable
