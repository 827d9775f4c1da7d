"""The ports for mail that comes back: their connections, and each mail to each of its recipients here."""

import asyncio
import secrets
import ssl

from gateway.inbound.receiving import Arrived, Receiver
from gateway.inbound.routing import Destination
from gateway.smtp import auth, replies
from gateway.smtp.composing import received
from gateway.smtp.inbound import InboundEnvelope, InboundFront, InboundHouse, LmtpFront
from gateway.smtp.mail_server import MailServer, Vanished, nothing
from gateway.smtp.replies import Reply
from gateway.smtp.session import Envelope, Session
from gateway.smtp.submission import Client
from gateway.smtp.trouble import tell

_BESIDE = 512 * 1024  # bytes from which a header is looked for beside the loop, for which others wait


class InboundServer(MailServer):
    """`lmtp`: a reply for each recipient (RFC 2033 4.2)."""

    def __init__(
        self,
        house: InboundHouse,
        receiver: Receiver,
        *,
        lmtp: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(house, tls)
        self._house = house
        self._receiver = receiver
        self._lmtp = lmtp
        self.name = "lmtp" if lmtp else "inbound"

    def session(self, address: str) -> Session:
        return Session(address)

    def verbs(self, session: Session, _ask: auth.Ask) -> InboundFront:
        return (LmtpFront if self._lmtp else InboundFront)(self._house, session)

    def answers(self, envelope: Envelope | None) -> int:
        return len(envelope.to) if self._lmtp and isinstance(envelope, InboundEnvelope) else 1

    async def take(
        self, session: Session, envelope: Envelope, content: bytes
    ) -> tuple[tuple[Reply, ...], Vanished]:
        """A client that vanished repeats the mail: all that was done to it is known again."""
        if not isinstance(envelope, InboundEnvelope):
            raise TypeError("an envelope of another port")
        trace = received(self._client(session, envelope), self._house.hostname, secrets.token_hex(12))
        said: dict[str, Reply] = {}
        for address, to in envelope.to:
            if address.exact not in said:
                options = tuple(sorted(envelope.options))
                arrived = Arrived(envelope.mail_from, address, content, trace, options)
                said[address.exact] = await self._one(arrived, to)
        each = tuple(said[address.exact] for address, _ in envelope.to)
        return each if self._lmtp else (one_reply(each),), nothing

    async def _one(self, arrived: Arrived, to: Destination) -> Reply:
        """A fault of ours in one leaves the others what they were answered."""
        try:
            if await self._hops(arrived) > self._house.limits.hops:
                return replies.LOOP
            return Reply(*await self._receiver.receive(arrived, to))
        except Exception as error:  # noqa: BLE001 - 451 whatever it was, its words in no reply and no log
            tell("inbound_mail_failed", error, kind=type(to).__name__)
            return replies.BROKEN

    async def _hops(self, arrived: Arrived) -> int:
        if len(arrived.raw) > _BESIDE:
            return await asyncio.to_thread(lambda: arrived.original.received_count)
        return arrived.original.received_count

    def _client(self, session: Session, envelope: InboundEnvelope) -> Client:
        """RFC 3848 and RFC 6531 4.3, for `with`."""
        name = session.protocol(envelope.options)
        if self._lmtp:
            name = name.replace("ESMTP", "LMTP").replace("UTF8SMTP", "UTF8LMTP")
        return Client(session.hello, session.address, name)


def one_reply(each: tuple[Reply, ...]) -> Reply:
    """SMTP has one for all: any that may go later: again, what was done is known then; else taken; else the no."""
    for kind in (4, 2):
        found = next((reply for reply in each if reply.code // 100 == kind), None)
        if found is not None:
            return found
    return each[0]
