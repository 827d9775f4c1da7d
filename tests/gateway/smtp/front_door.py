"""The SMTP front on a real store, with any next hop behind it, and a client that speaks line by line."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from channels.carrier import Carriers
from channels.email.dkim import DkimKey
from channels.email.mail import Mail
from channels.email.next_hop import NextHop
from channels.email.smtp_pool import SmtpPool
from channels.email.smtp_relay import SmtpCarriers
from gateway.links import Links
from gateway.roads.changes import Changes
from gateway.roads.pipeline import Ask, Pipeline
from gateway.smtp.auth import Login
from gateway.smtp.composing import Composer
from gateway.smtp.delivery import Delivery
from gateway.smtp.front import House
from gateway.smtp.limits import Guard, Limits
from gateway.smtp.recipients import Recipients
from gateway.smtp.server import SmtpServer
from gateway.smtp.signers import Signers
from suppression.address import parse_email
from suppression.decision import Reason, Send
from suppression.errors import StoreUnavailable
from suppression.model import App, Basis, Channel, Scope, Sender, Way
from suppression.purposes import Catalogue
from suppression.store.store import Store
from suppression.store.ways_back import WaysBack
from suppression.token import TokenKeys
from tests.dkim_keys import new_ed25519_key, new_rsa_key

KEYS = (new_rsa_key("example.com", "r1"), new_ed25519_key("example.com", "e1"))
SENDER = Sender(
    name="brand",
    title="The Brand",
    postal_address="1 Main Street, Springfield",
    from_domains=("example.com",),
    list_domain="example.com",
)
APPS = (
    App("shop", "brand", default_purpose="transactional/orders"),
    App("news", "brand", purpose_from="header", default_purpose="marketing/promotions"),
    App("bare", "brand"),
    App("quiet", "brand", default_purpose="marketing/promotions", on_refusal="discard"),
    App("quiet-header", "brand", purpose_from="header", on_refusal="discard"),
    App("limited", "brand", purposes=("transactional",), default_purpose="transactional/orders"),
)
PASSWORD = "right"
ORDER = b"From: Shop <shop@example.com>\r\nTo: ann@example.net\r\nSubject: Order\r\nMessage-ID: <%s>\r\n\r\nYours.\r\n"


def order(message_id: str = "1@example.com") -> bytes:
    return ORDER % message_id.encode()


class Away:
    """A store that cannot be reached; what needs no network still works."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.keyring = store.keyring
        self.now = store.now

    def __getattr__(self, name: str) -> object:
        async def unreachable(*_arguments: object, **_named: object) -> None:
            raise StoreUnavailable(name)

        return unreachable


@dataclass
class FrontDoor:
    """Everything from the socket to the next hop. `away`: the store answers nothing that the front asks.

    revoked  whose credentials are gone; `asked` counts how often they were looked up
    """

    store: Store
    carriers: Carriers[Mail]
    limits: Limits = field(default_factory=lambda: Limits(auth_on_loopback=True, auth_delay=0.01))
    tls: ssl.SSLContext | None = None
    network_app: App | None = None
    away: bool = False
    inbound_domain: str = ""
    sender: Sender = SENDER
    keys: tuple[DkimKey, ...] = KEYS
    revoked: set[str] = field(default_factory=set)
    asked: int = 0

    def __post_init__(self) -> None:
        pipeline = Pipeline(self.store, Catalogue.shipped(), {"brand": self.sender})
        self.pipeline = pipeline
        self.changes = Changes(self.store)
        self.links = Links(
            "https://gw.example",
            TokenKeys({1: b"k" * 32}, 1),
            {"brand": self.sender},
            [app.name for app in APPS],
            lambda: pipeline.catalogue,
            self.inbound_domain,
        )
        self.composer = Composer(
            "gw.example",
            {"brand": self.sender},
            self.links,
            pipeline.recipient,
            {"brand": Signers.of(self.keys)},
        )
        self.ways_back = WaysBack(self.store)
        self.house = House(
            hostname="gw.example",
            limits=self.limits,
            guard=Guard(self.limits),
            authenticate=self._authenticate,
            recipients=Recipients(pipeline, self.limits),
            catalogue=lambda: pipeline.catalogue,
            tls=self.tls is not None,
        )
        self.server = SmtpServer(
            self.house,
            Delivery(pipeline, self.carriers, self.composer, self.limits, self.ways_back),
            app_for_address=lambda _address: self.network_app,
            tls=self.tls,
        )
        self.port = 0

    async def _authenticate(self, name: str, password: str) -> Login | None:
        async def still() -> bool:
            if self.away:
                raise StoreUnavailable("told to")
            self.asked += 1
            return name not in self.revoked

        app = next((app for app in APPS if app.name == name and password == PASSWORD), None)
        return Login(app, still) if await still() and app is not None else None

    def go_away(self) -> None:
        """From now on the store cannot be reached."""
        self.away = True
        self.pipeline.store = Away(self.store)  # type: ignore[assignment] # as the pipeline sees it then
        self.ways_back._store = Away(self.store)  # type: ignore[assignment]

    @asynccontextmanager
    async def open(self, *, implicit: ssl.SSLContext | None = None) -> AsyncIterator["FrontDoor"]:
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(self.server.protocol, "127.0.0.1", 0, ssl=implicit)
        self.port = listener.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            listener.close()
            await self.server.drain(5)
            await self.carriers.close()

    async def consent(self, address: str, purpose: str = "marketing") -> None:
        await self.changes.consent(
            self.pipeline.recipient(parse_email(address)),
            Scope(frozenset({Channel.EMAIL}), purpose, "brand"),
            basis=Basis.OPT_IN, source="test", actor="test", at=self.store.now(), evidence={"how": "asked"},
        )  # fmt: skip

    async def stop(self, address: str, purpose: str = "*") -> None:
        await self.changes.suppress(
            self.pipeline.recipient(parse_email(address)), Scope(purpose=purpose),
            reason=Reason.UNSUBSCRIBED, way=Way.LINK, source="test", actor="recipient",
        )  # fmt: skip

    async def would(self, address: str, purpose: str = "marketing/promotions") -> str:
        """What is decided now: why it may not go, or would_send."""
        wanted = self.pipeline.catalogue.find(purpose)
        decision = await self.pipeline.would(Ask(APPS[1], Channel.EMAIL, wanted, parse_email(address)))
        return "would_send" if isinstance(decision, Send) else decision.reason.value

    async def kinds(self, address: str) -> list[str]:
        """What the log says of a recipient, in order."""
        recipient = self.pipeline.recipient(parse_email(address))
        return [record.kind.value for record in reversed(await self.store.log.of(recipient.key))]

    async def empty(self) -> bool:
        """Whether no connection is left."""
        return not self.server.connections

    @asynccontextmanager
    async def talk(self, user: str | None = None, *, hello: bool = True) -> AsyncIterator["Talker"]:
        """A client, greeted, and authenticated as `user`."""
        talker = await Talker.to(self.port)
        try:
            await talker.reply()
            if hello:
                await talker.say("EHLO client.example")
            if user is not None:
                assert (await talker.auth(user)).startswith("235")
            yield talker
        finally:
            talker.close()


class Talker:
    """A client that speaks raw lines and reads whole replies."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, port: int, context: ssl.SSLContext | None = None) -> "Talker":
        host = "localhost" if context else None
        return cls(*await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=host))

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    async def say(self, line: str) -> str:
        self.write(line.encode() + b"\r\n")
        return await self.reply()

    async def reply(self) -> str:
        """One reply, all its lines; "" when the server has closed."""
        lines = []
        while line := (await asyncio.wait_for(self._line(), 20)).decode():
            lines.append(line.rstrip("\r\n"))
            if line[3:4] != "-":
                break
        return "\n".join(lines)

    async def _line(self) -> bytes:
        try:
            return await self.reader.readline()
        except ConnectionError:
            return b""

    async def auth(self, user: str, password: str = PASSWORD) -> str:
        credentials = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        return await self.say(f"AUTH PLAIN {credentials}")

    async def envelope(self, recipients: Sequence[str], mail_from: str = "shop@example.com") -> list[str]:
        """MAIL and RCPTs, one by one; the replies to RCPT."""
        assert (await self.say(f"MAIL FROM:<{mail_from}>")).startswith("250")
        return [await self.say(f"RCPT TO:<{recipient}>") for recipient in recipients]

    async def content(self, raw: bytes) -> str:
        """DATA and the message, CRLF lines without stuffing; the reply to the final dot."""
        assert (await self.say("DATA")).startswith("354")
        wire = (b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:]
        return await self.final(wire)

    async def final(self, wire: bytes) -> str:
        self.write(wire + b".\r\n")
        await self.writer.drain()
        return await self.reply()

    async def mail(self, recipients: Sequence[str], raw: bytes, mail_from: str = "shop@example.com") -> str:
        replies = await self.envelope(recipients, mail_from)
        assert all(reply.startswith("250") for reply in replies), replies
        return await self.content(raw)

    async def closed(self) -> bool:
        """Whether the server has closed, without a further word."""
        return await asyncio.wait_for(self._line(), 20) == b""

    def close(self) -> None:
        self.writer.close()

    def abort(self) -> None:
        """As a client that dies: a reset."""
        self.writer.transport.abort()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what comes about elsewhere."""
    async with asyncio.timeout(10):
        while not await condition():  # noqa: ASYNC110 - there is nothing to be told by
            await asyncio.sleep(0.01)


def hop(port: int, **changes: object) -> NextHop:
    return replace(NextHop("127.0.0.1", port, tls="none", hello="gw.example"), **changes)  # type: ignore[arg-type]


def relay_to(port: int, **changes: object) -> SmtpCarriers:
    return SmtpCarriers(SmtpPool(hop(port, **changes)))
