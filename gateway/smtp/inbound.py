"""What mail servers say to us: SMTP without AUTH (RFC 5321), and LMTP (RFC 2033). Verbs only: no socket here.

Whoever it is, nothing but our own addresses takes mail, so there is nothing to relay.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.inbound.receiving import Answer
from gateway.inbound.routing import Destination
from gateway.smtp import parameters, replies
from gateway.smtp.front import path_address
from gateway.smtp.limits import Limits, Rates
from gateway.smtp.replies import Reply
from gateway.smtp.session import Envelope, Session
from gateway.smtp.verbs import Verbs
from suppression.address import Address, parse_email
from suppression.errors import UnusableAddress


@dataclass(frozen=True, slots=True)
class InboundHouse:
    """What all connections of a port share. `find`: where a mail for an address goes, or why nowhere."""

    hostname: str
    limits: Limits
    find: Callable[[Address], Destination | Answer]
    rates: Rates
    tls: bool = False


@dataclass(slots=True)
class InboundEnvelope(Envelope):
    """`mail_from`: "" for the null sender, as it was said where that is no address. `to`: a place for each RCPT."""

    mail_from: str = ""
    to: list[tuple[Address, Destination]] = field(default_factory=list)


class InboundFront(Verbs):
    """The verbs for one connection of a mail server."""

    def __init__(self, house: InboundHouse, session: Session) -> None:
        super().__init__(house, session)
        self._house = house
        self._verbs |= {"MAIL": self._mail, "RCPT": self._rcpt}

    async def _mail(self, argument: str) -> Reply:
        session = self._session
        if not session.hello:
            return replies.HELLO_FIRST
        if session.envelope is not None:
            return replies.NESTED_MAIL
        given = parameters.read_mail(argument, extended=session.extended)
        return given if isinstance(given, Reply) else self._open(given)

    def _open(self, given: parameters.MailArgument) -> Reply:
        session = self._session
        if given.size > self._house.limits.size:
            return replies.TOO_BIG
        if not given.path.isascii() and "SMTPUTF8" not in given.options:  # RFC 6531 3.4
            return replies.UTF8_UNDECLARED
        if not self._house.rates.take(session.address):
            return replies.TOO_FAST
        mail_from = _spelt(given.path) if given.path else ""
        session.envelope = InboundEnvelope(None, given.options, given.size, mail_from=mail_from)
        return replies.SENDER_OK

    async def _rcpt(self, argument: str) -> Reply:
        envelope = self._session.envelope
        if not isinstance(envelope, InboundEnvelope):
            return replies.MAIL_FIRST
        path = parameters.read_rcpt(argument)
        if isinstance(path, Reply):
            return path
        address = path_address(path, envelope.options, replies.BAD_RECIPIENT)
        if isinstance(address, Reply):
            return address
        if len(envelope.to) >= self._house.limits.recipients:
            return replies.TOO_MANY_RECIPIENTS
        found = self._house.find(address)
        if isinstance(found, Answer):  # who tries addresses has as many tries as for any other junk
            return self._junk() or Reply(*found)
        envelope.to.append((address, found))
        envelope.recipients[address.exact] = address
        return replies.RECIPIENT_OK


class LmtpFront(InboundFront):
    """RFC 2033 4.1: LHLO for EHLO, which must not be known; 4.2: a reply for each recipient."""

    protocol = "LMTP"

    def __init__(self, house: InboundHouse, session: Session) -> None:
        super().__init__(house, session)
        self._verbs["LHLO"] = self._verbs.pop("EHLO")
        del self._verbs["HELO"]


def _spelt(path: str) -> str:
    """A sender's address as others spell it; as it is where it is none: nobody is turned away for that."""
    try:
        return parse_email(path).text
    except UnusableAddress:
        return path
