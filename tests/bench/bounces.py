"""How many bounces one process reads and applies in a second: dead addresses, full mailboxes, faults of the sender."""

import asyncio
import os
import time
from pathlib import Path

import structlog
import uvloop

from channels.email.inbound.signed_by import signed_by_its_author
from gateway.inbound.applying import Applying
from gateway.inbound.attribution import Attribution
from gateway.inbound.bounces import Bounces
from gateway.inbound.complaints import Complaints
from gateway.inbound.receiving import TAKEN, Answer, Arrived
from gateway.inbound.routing import Bounce, Routing
from gateway.links import Links
from gateway.processes.garbage import tame
from gateway.roads.changes import Changes
from suppression.address import Address, parse_email
from suppression.store.store import Store
from suppression.store.ways_back import WayBack, WaysBack
from suppression.token import TokenKeys
from tests.bench.decisions import APP, CATALOGUE, SENDERS, a_store
from tests.bench.result import Result

BOUNCES = 4_000
AT_ONCE = 32
DOMAIN = "in.example.com"
SAID = (
    (
        "5.1.1",
        "550-5.1.1 The email account that you tried to reach does not exist. Please try double-checking",
    ),
    (
        "5.2.2",
        "552-5.2.2 The email account that you tried to reach is over quota. Please direct the recipient",
    ),
    (
        "5.7.26",
        "550-5.7.26 Unauthenticated email is not accepted due to domain's DMARC policy. Please contact",
    ),
    ("5.0.0", "550 Requested action not taken: mailbox unavailable; user unknown in virtual mailbox table"),
)
HEADER = "".join(f"X-Header-{number}: {'value ' * 12}\r\n" for number in range(25))


def notice(address: str, number: int) -> bytes:
    """A report of 5 KB, as Postfix writes it."""
    status, said = SAID[number % len(SAID)]
    return (
        f"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.net (Mail Delivery System)\r\nTo: whom\r\n"
        f"Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: <{number}@mx.example.net>\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b0undary"\r\n\r\n'
        "--b0undary\r\nContent-Description: Notification\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
        f"This is the mail system at host mx.example.net.\r\n\r\n<{address}>: host said:\r\n    {said}\r\n\r\n"
        "--b0undary\r\nContent-Description: Delivery report\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.example.net\r\nX-Postfix-Queue-ID: 4ZkQ1x9bCz\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\n"
        f"Original-Recipient: rfc822;{address}\r\nAction: failed\r\nStatus: {status}\r\n"
        f"Remote-MTA: dns; mx.example.net\r\nDiagnostic-Code: smtp; {said}\r\n\r\n"
        "--b0undary\r\nContent-Description: Undelivered Message Headers\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: <m{number}@shop.example>\r\nFrom: shop@example.com\r\nTo: {address}\r\n{HEADER}\r\n"
        "--b0undary--\r\n"
    ).encode()


async def passed_on(_arrived: Arrived, _to: Bounce) -> Answer:
    """The next hop's time is not measured."""
    return TAKEN


def handler(store: Store, links: Links, ways_back: WaysBack) -> Bounces:
    applying = Applying(store, Changes(store))
    attribution = Attribution(store, links, ways_back, applying)

    async def no_record(_name: str) -> bytes | None:
        return None

    async def signed(raw: bytes) -> bool:
        return await signed_by_its_author(raw, no_record)

    complaints = Complaints(applying, attribution, signed)
    return Bounces(applying, attribution, complaints, passed_on, store.keyring.recipient)


async def bounces() -> Result:
    async with a_store() as store:
        keys = TokenKeys({1: b"k" * 32}, 1)
        links = Links("https://gw.example", keys, SENDERS, [APP.name], lambda: CATALOGUE, DOMAIN)
        way, ways_back = WayBack("shop@example.com", APP.name, APP.sender), WaysBack(store)
        await ways_back.keep(way)
        routing, handle = Routing(links, {}), handler(store, links, ways_back)
        waiting = iter([mail(store, links, way, number) for number in range(BOUNCES)])

        async def work() -> None:
            for arrived in waiting:
                to = routing.find(arrived.to)
                assert isinstance(to, Bounce)
                assert await handle(arrived, to) is TAKEN

        began = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        rate = BOUNCES / (time.perf_counter() - began)
    return Result("bounces of 5 KB read and applied", rate, "bounces per second", goal=">= 400")


def mail(store: Store, links: Links, way: WayBack, number: int) -> Arrived:
    address: Address = parse_email(f"some.recipient{number}@example.net")
    recipient = store.keyring.recipient(address)
    to = links.return_path(recipient, purpose="marketing/promotions", number=way.number)
    return Arrived("", parse_email(to), notice(address.text, number), b"")


def results() -> list[Result]:
    tame()
    with Path(os.devnull).open("w") as nowhere:  # a line for each fault of the sender, which is part of it
        structlog.configure(logger_factory=structlog.WriteLoggerFactory(nowhere))
        try:
            return [uvloop.run(bounces())]
        finally:
            structlog.reset_defaults()


if __name__ == "__main__":
    print(results())
