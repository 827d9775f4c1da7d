"""One connection to the next hop: connecting with TLS and AUTH, commands, and content; errors become HopLost.

Built on aiosmtplib's client, whose connect, TLS and AUTH are used as they are. Content is written here: its
DATA path runs two regular expressions over every message and cannot tell whether the final dot had left.
"""

import asyncio
import ssl
import time
from dataclasses import dataclass, field
from typing import Literal, cast

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol

from channels.email.smtp_replies import HopReply, read_reply

_IN_ONE_WRITE = 32_768  # content and final dot together: one segment train, one wake-up of the receiver
_CHUNK = 131_072


class HopLost(Exception):
    """The connection failed, timed out, or speaks no SMTP: it must not be used again."""


@dataclass(frozen=True, slots=True)
class NextHop:
    """Where mail goes to, and how. `hello`: the name that we give in EHLO. Times in seconds: those after the
    commit must stay below the store's DEADLINE together, past which a hand-over counts as unknown.

    connections   at most, per process
    wait          for a free connection, before the copy is postponed
    idle          how long an unused connection is kept
    trusted       how long an unused connection is taken without asking whether it lives
    """

    host: str
    port: int = 25
    tls: Literal["none", "starttls", "tls"] = "starttls"
    hello: str = "localhost"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls_context: ssl.SSLContext | None = field(default=None, repr=False)
    connections: int = 50
    wait: float = 10.0
    connect_timeout: float = 10.0
    command_timeout: float = 30.0
    content_timeout: float = 90.0
    final_timeout: float = 120.0
    idle: float = 30.0
    trusted: float = 3.0


class HopConnection:
    """A connection that greeted, encrypted and authenticated as configured."""

    __slots__ = ("_client", "_hop", "_protocol", "extensions", "idle_since", "used")

    def __init__(self, client: aiosmtplib.SMTP, hop: NextHop) -> None:
        if client.protocol is None:
            raise HopLost("closed while connecting")
        self._client = client
        self._protocol: SMTPProtocol = client.protocol
        self._hop = hop
        self.extensions = frozenset(client.esmtp_extensions)
        self.idle_since = time.monotonic()
        self.used = False

    @property
    def alive(self) -> bool:
        return self._protocol.is_connected

    async def command(self, *words: bytes) -> HopReply:
        try:
            code, text = await self._protocol.execute_command(*words, timeout=self._hop.command_timeout)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise self._fail(error) from error
        if code == 421:  # RFC 5321 3.8: it closes the channel
            self.drop()
        return read_reply(code, text)

    async def content(self, wire: bytes) -> None:
        """Write dot-stuffed content and the final dot; HopLost if it fails before the dot is written."""
        try:
            if len(wire) <= _IN_ONE_WRITE:
                self._protocol.write(wire + b".\r\n")
                return
            async with asyncio.timeout(self._hop.content_timeout):
                await self._write_large(memoryview(wire))
            self._protocol.write(b".\r\n")
        except (aiosmtplib.SMTPException, OSError) as error:
            raise self._fail(error) from error

    async def _write_large(self, wire: memoryview) -> None:
        for start in range(0, len(wire), _CHUNK):
            self._protocol.write(bytes(wire[start : start + _CHUNK]))
            await self._protocol._drain_helper()  # noqa: SLF001 - its flow control has no other door

    async def final_reply(self) -> HopReply:
        try:
            code, text = await self._protocol.read_response(timeout=self._hop.final_timeout)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise self._fail(error) from error
        if code == 421:
            self.drop()
        return read_reply(code, text)

    async def reset(self) -> None:
        """End the transaction; a connection that cannot is dropped."""
        try:
            if self.alive and (await self.command(b"RSET")).code != 250:
                self.drop()
        except HopLost:
            return

    async def answers(self) -> bool:
        """Whether the hop is still there, in one round trip."""
        try:
            return self.alive and (await self.command(b"RSET")).code == 250 and self.alive
        except HopLost:
            return False

    def part(self) -> None:
        """Say goodbye without waiting for the answer."""
        if self.alive:
            self._protocol.write(b"QUIT\r\n")
        self.drop()

    def drop(self) -> None:
        self._client.close()
        if self._protocol.transport is not None:
            self._protocol.transport.close()

    def _fail(self, error: Exception) -> HopLost:
        self.drop()
        return HopLost(type(error).__name__)


async def connect(hop: NextHop) -> HopConnection:
    """HopLost when the hop cannot be reached, refuses us, or lacks the TLS or AUTH that settings demand."""
    client = aiosmtplib.SMTP(
        hostname=hop.host, port=hop.port, use_tls=hop.tls == "tls", start_tls=hop.tls == "starttls",
        username=hop.username, password=hop.password, local_hostname=hop.hello,
        tls_context=hop.tls_context, timeout=hop.connect_timeout,
    )  # fmt: skip
    try:
        async with asyncio.timeout(2 * hop.connect_timeout):
            await client.connect()
            await _greet(client)
        return HopConnection(client, hop)
    except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
        client.close()
        raise HopLost(f"{type(error).__name__} {_code(error)}".strip()) from error
    except BaseException:
        client.close()
        raise


async def _greet(client: aiosmtplib.SMTP) -> None:
    """EHLO, or HELO for a hop of the old kind, unless TLS or AUTH already did it."""
    if not client.is_ehlo_or_helo_needed:
        return
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        await client.helo()


def _code(error: Exception) -> str:
    return str(cast("aiosmtplib.SMTPResponseException", error).code) if hasattr(error, "code") else ""
