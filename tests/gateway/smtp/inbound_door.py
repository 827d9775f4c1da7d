"""The port for mail that comes back, on a real store, with any next hop behind it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from channels.email.inbound.signed_by import DnsUnavailable, signed_by_its_author
from gateway.confirmations.confirming import Confirmations
from gateway.confirmations.data_requests import requests
from gateway.inbound.applying import Applying, SoftLimit
from gateway.inbound.handling import Roads, handlers
from gateway.inbound.passing_on import PassingOn
from gateway.inbound.receiving import Answer, Arrived, Receiver
from gateway.inbound.routing import Routing
from gateway.roads.changes import Changes
from gateway.smtp.copies import Relay
from gateway.smtp.inbound import InboundHouse
from gateway.smtp.inbound_server import InboundServer
from gateway.smtp.limits import Rates
from gateway.smtp.own_mail import OwnMail
from suppression.address import parse_email
from suppression.model import Sender
from suppression.store.ways_back import WayBack
from tests.gateway.smtp.front_door import SENDER, Away, FrontDoor, Talker

DOMAIN = "in.example.com"
SHOP = WayBack("shop@example.com", "news", "brand")
MAILBOX, TEAM = "admin@example.com", "team@corp.example"
WRITES = replace(SENDER, from_address="hello@example.com")
AUTHSERV_ID = "mx.example.com"
TRACE = b"Received: from mx.example.net ([192.0.2.1])\r\n\tby gw.example with ESMTP id 1;\r\n\tnow\r\n"
ADDRESS = re.compile(r"<<(mailto|back):([^>]+)>>")


class AwayClient:
    """Lanes that answer nothing."""

    timeout = 2.0

    def __init__(self, lane: Away) -> None:
        self.sends = self.stops = self.bulk = lane


@dataclass
class InboundDoor(FrontDoor):
    """`inbound` is the server. `dns`: TXT records; while it is away nobody answers.

    The way back to `SHOP` is known, ann and bob have consented.
    """

    inbound_domain: str = DOMAIN
    lmtp: bool = False
    sender: Sender = WRITES
    dns: dict[str, bytes | None] = field(default_factory=dict)
    dns_away: bool = False
    other: bool = False
    clients: list[Talker] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        own = OwnMail(Relay(self.pipeline, self.carriers), self.composer)
        routing = Routing(self.links, {"brand": (parse_email(MAILBOX), parse_email(TEAM))})
        passing_on = PassingOn(
            "gw.example", own.hand_on, lambda: self.pipeline.catalogue, routing, self.ways_back
        )
        changes = Changes(self.store)
        self.confirmations = Confirmations(
            self.store,
            self.pipeline,
            self.links,
            {"brand": self.sender},
            own.send,
            requests(self.store, changes),
            changes=changes,
        )
        roads = Roads(
            store=self.store,
            changes=changes,
            senders={"brand": self.sender},
            links=self.links,
            ways_back=self.ways_back,
            routing=routing,
            passing_on=passing_on,
            applying=Applying(self.store, changes, SoftLimit(3, 14)),
            confirmations=self.confirmations,
            post=own.send,
            catalogue=lambda: self.pipeline.catalogue,
            signed=partial(signed_by_its_author, text_record=self.text_record),
            authserv_id=AUTHSERV_ID,
            other=self.other,
        )
        self.receiver = Receiver(routing, handlers(roads))
        house = InboundHouse(
            "gw.example", self.limits, self.receiver.find, Rates(self.limits), self.tls is not None
        )
        self.inbound = InboundServer(house, self.receiver, lmtp=self.lmtp, tls=self.tls)

    async def text_record(self, name: str) -> bytes | None:
        if self.dns_away:
            raise DnsUnavailable
        return self.dns.get(name)

    async def take(self, to: str, raw: bytes, mail_from: str = "") -> Answer:
        """A mail that the port has taken in."""
        address = parse_email(to)
        found = self.receiver.find(address)
        if isinstance(found, Answer):
            return found
        return await self.receiver.receive(Arrived(mail_from, address, raw, TRACE), found)

    @asynccontextmanager
    async def open(self, **_: object) -> AsyncIterator["InboundDoor"]:
        client = self.store.client
        await self.ways_back.keep(SHOP)
        for address in ("ann@example.net", "bob@example.net"):
            await self.consent(address)
        listener = await asyncio.get_running_loop().create_server(self.inbound.protocol, "127.0.0.1", 0)
        self.port = listener.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            for talker in self.clients:
                talker.close()
            listener.close()
            await self.inbound.drain(5)
            await self.carriers.close()
            self.store.client = client

    async def client(self) -> Talker:
        """One that has said hello; closed with the door."""
        self.clients.append(await Talker.to(self.port))
        await self.clients[-1].reply()
        await self.clients[-1].say("LHLO mx.example.net" if self.lmtp else "EHLO mx.example.net")
        return self.clients[-1]

    def go_away(self) -> None:
        """Every lane to it is dead, for whoever asks."""
        self.store.client = AwayClient(Away(self.store))  # type: ignore[assignment]

    def mailto(self, address: str) -> str:
        recipient = self.pipeline.recipient(parse_email(address))
        return self.links.mailto(recipient, purpose="marketing/promotions", sender="brand", app="news")

    def back(self, address: str, way: WayBack = SHOP) -> str:
        recipient = self.pipeline.recipient(parse_email(address))
        return self.links.return_path(recipient, purpose="marketing/promotions", number=way.number)

    def filled_in(self, text: str) -> str:
        """With addresses for what stands in << >>."""
        return ADDRESS.sub(lambda found: getattr(self, found[1])(found[2]), text)
