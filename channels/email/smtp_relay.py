"""Mail's way out: one copy over one ready connection, MAIL and RCPT, the permit redeemed, then DATA."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from channels.carrier import Carrier, Outcome, Postponed, Rejected, check_message
from channels.email import smtp_replies
from channels.email.mail import Mail
from channels.email.next_hop import HopLost
from channels.email.smtp_pool import Lease, SmtpPool
from suppression.errors import CarrierUnavailable
from suppression.store.permit import Permit


class SmtpCarriers:
    """Ready ways to the next hop, from the pool."""

    def __init__(self, pool: SmtpPool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[Carrier[Mail]]:
        async with self._pool.lease() as lease:
            yield SmtpCarrier(lease)

    async def close(self) -> None:
        await self._pool.close()


class SmtpCarrier:
    """One leased connection. See `channels.carrier.Carrier`."""

    __slots__ = ("_lease",)

    def __init__(self, lease: Lease) -> None:
        self._lease = lease

    async def send(self, message: Mail, permit: Permit) -> Outcome:
        check_message(message.id, permit)
        try:
            wire = wire_form(message.raw)
        except ValueError as error:
            return Rejected(554, "5.6.0", str(error))
        try:
            refusal = await self._envelope(message, permit.address.text)
            if refusal is not None:
                await self._lease.connection.reset()
                return refusal
            await self._redeem(permit)
            return await self._data(wire)
        except HopLost:
            return smtp_replies.lost()
        except CarrierUnavailable as error:
            return Postponed(451, "4.4.1", error.peer_text)

    async def _envelope(self, mail: Mail, to: str) -> Outcome | None:
        """MAIL and RCPT; None when both were taken."""
        options, refusal = mail_options(mail, to, self._lease.connection.extensions)
        if refusal is not None:
            return refusal
        reply = await self._mail(b"FROM:<" + mail.mail_from.encode() + b">", options)
        if reply.code == 250:
            reply = await self._lease.connection.command(b"RCPT", b"TO:<" + to.encode() + b">")
        # RFC 5321 4.2.3: 251 is a promise to forward; 252 is no answer to RCPT.
        return None if reply.code in (250, 251) else smtp_replies.outcome(reply)

    async def _mail(self, sender: bytes, options: list[bytes]) -> smtp_replies.HopReply:
        """MAIL; once more on a fresh connection when a used one turns out to be gone."""
        connection = self._lease.connection
        try:
            reply = await connection.command(b"MAIL", sender, *options)
            if reply.code != 421 or not connection.used:
                return reply
        except HopLost:
            if not connection.used:
                raise
        await self._lease.exchange()
        return await self._lease.connection.command(b"MAIL", sender, *options)

    async def _redeem(self, permit: Permit) -> None:
        try:
            permit.redeem()
        except BaseException:
            await self._lease.connection.reset()
            raise

    async def _data(self, wire: bytes) -> Outcome:
        connection = self._lease.connection
        reply = await connection.command(b"DATA")
        if reply.code != 354:
            await connection.reset()
            return smtp_replies.outcome(reply)
        await connection.content(wire)
        try:
            return smtp_replies.outcome(await connection.final_reply(), finished=True)
        except HopLost:
            return smtp_replies.lost(finished=True)


def wire_form(raw: bytes) -> bytes:
    """Dot-stuffed (RFC 5321 4.5.2), ended by CRLF. ValueError for line ends that may mislead others."""
    pairs = raw.count(b"\r\n")
    if raw.count(b"\n") != pairs or raw.count(b"\r") != pairs or b"\0" in raw:
        raise ValueError("message has bare CR, LF or NUL")
    if b"\r\n." in raw:
        raw = raw.replace(b"\r\n.", b"\r\n..")
    if raw.startswith(b"."):
        raw = b"." + raw
    return raw if raw.endswith(b"\r\n") else raw + b"\r\n"


def mail_options(mail: Mail, to: str, offered: frozenset[str]) -> tuple[list[bytes], Outcome | None]:
    """Parameters for MAIL as the hop offers them; a refusal if it lacks what the message needs."""
    options: list[bytes] = []
    if needs_utf8(mail, to):
        if "smtputf8" not in offered:  # RFC 6531 3.2
            return [], Rejected(553, "5.6.7", "next hop does not take internationalised mail")
        options.append(b"SMTPUTF8")
    if not mail.raw.isascii():
        if "8bitmime" not in offered:  # RFC 6152 3
            return [], Rejected(554, "5.6.3", "next hop does not take 8-bit content")
        options.append(b"BODY=8BITMIME")
    if "size" in offered:
        options.append(b"SIZE=%d" % len(mail.raw))
    return options, None


def needs_utf8(mail: Mail, to: str) -> bool:
    """RFC 6531: an address that is not ASCII, or a header block so declared that is not."""
    if not (mail.mail_from.isascii() and to.isascii()):
        return True
    if "SMTPUTF8" not in mail.options or mail.raw.isascii():
        return False
    return not mail.raw.partition(b"\r\n\r\n")[0].isascii()
