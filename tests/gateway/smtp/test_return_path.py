"""Where mail comes in: what leaves says how to come back, and whoever sent it still hears what he heard before."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

import dkim
import pytest

from channels.email.dkim import DkimKey
from suppression.address import parse_email
from suppression.model import Sender
from suppression.store.store import Store
from suppression.store.ways_back import WayBack, WaysBack
from tests.channels.relay.sink import Sink
from tests.dkim_keys import new_ed25519_key
from tests.gateway.smtp.front_door import KEYS, SENDER, FrontDoor, relay_to

ANN = "ann@example.net"
BOB = "bob@example.net"
SHOP = "Shop@example.com"
DOMAIN = "in.example.com"
NEWS = b"From: Shop <shop@example.com>\r\nTo: you@example.net\r\nSubject: News\r\n%s\r\nNew shoes.\r\n"
MARKETING = b"X-Gateway-Purpose: marketing/promotions\r\n"
SERVICE = b"X-Gateway-Purpose: service/feedback\r\n"

Doors = Callable[..., AbstractAsyncContextManager[FrontDoor]]


@pytest.fixture
def door_with(store: Store, sink: Sink) -> Doors:
    @asynccontextmanager
    async def make(domain: str = DOMAIN, sender: Sender = SENDER, **more: Any) -> AsyncIterator[FrontDoor]:
        carriers = relay_to(sink.port)
        door = FrontDoor(store, carriers, inbound_domain=domain, sender=sender, **more)
        async with door.open():
            for address in (ANN, BOB):
                await door.consent(address)
            yield door

    return make


async def sent(door: FrontDoor, *to: str, fields: bytes = MARKETING, app: str = "news") -> str:
    async with door.talk(app) as client:
        return await client.mail(to, NEWS % fields, SHOP)


def header(raw: bytes, name: str) -> str | None:
    found = re.search(
        rf"^{name}: (.*(?:\r\n .*)*)\r$".encode(), raw.partition(b"\r\n\r\n")[0] + b"\r\n", re.MULTILINE
    )
    return found[1].decode() if found else None


async def test_each_copy_leads_back_to_its_recipient_and_its_app(
    door_with: Doors, store: Store, sink: Sink
) -> None:
    async with door_with() as door:
        await sent(door, ANN, BOB)
        for taken in sink.taken:
            local, _, domain = taken.mail_from.partition("@")
            back = door.links.read_back(local)
            assert domain == f"b.{DOMAIN}"
            assert back.purpose == "marketing/promotions"
            assert back.recipient.key == door.pipeline.recipient(parse_email(taken.to)).key
            assert await WaysBack(store).find(back.number) == WayBack(SHOP, "news", "brand")
    assert {taken.to for taken in sink.taken} == {ANN, BOB}


def parse(text: str) -> Any:
    from suppression.address import parse_email

    return parse_email(text)


async def test_a_mail_stops_as_the_header_does(door_with: Doors, sink: Sink) -> None:
    async with door_with() as door:
        await sent(door, ANN)
        field = header(sink.taken[0].raw, "List-Unsubscribe")
        found = re.fullmatch(
            r"<https://gw\.example/u/\S+>,\r\n <mailto:(\S{64})@u\.in\.example\.com\?subject=unsubscribe>",
            field or "",
        )
        assert found
        link = door.links.read_mailto(found[1])
        assert (link.purpose, link.sender, link.app) == ("marketing/promotions", "brand", "news")


async def test_complaints_are_asked_for_and_signed_for_marketing_only(door_with: Doors, sink: Sink) -> None:
    """RFC 9477: both fields once, and no second one can be put on top."""
    async with door_with() as door:
        await sent(door, ANN)
        await sent(door, ANN, fields=SERVICE)
        back = door.links.read_back(header(sink.taken[0].raw, "CFBL-Feedback-ID") or "")
    marketing, service = (taken.raw for taken in sink.taken)
    assert header(marketing, "CFBL-Address") == f"fbl@{DOMAIN}; report=arf"
    assert back.number == WayBack(SHOP, "news", "brand").number
    assert b"CFBL" not in service
    assert header(service, "List-Unsubscribe")
    assert sink.taken[1].mail_from.endswith(f"@b.{DOMAIN}")
    assert verified(marketing, KEYS) == {"example.com"}
    assert verified(b"CFBL-Address: fbl@evil.example; report=arf\r\n" + marketing, KEYS) == set()
    assert verified(b"CFBL-Feedback-ID: other\r\n" + marketing, KEYS) == set()


def verified(raw: bytes, keys: tuple[DkimKey, ...]) -> set[str]:
    records = {f"{key.name}.".encode(): key.dns_txt().encode() for key in keys}
    verifier = dkim.DKIM(raw)
    domains = re.findall(rb"^DKIM-Signature:[^;]*;[^;]*;[^;]*;\s*d=([^;]+);", raw, re.MULTILINE)
    return {
        domain.decode()
        for index, domain in enumerate(domains)
        if verifier.verify(idx=index, dnsfunc=lambda name, timeout=5: records.get(name))  # noqa: ARG005
    }


async def test_a_complaints_address_elsewhere_is_covered_by_a_second_signature(
    door_with: Doors, sink: Sink
) -> None:
    """RFC 9477 3.1.3; where the sender has no key for it, no provider would report, so nothing is asked."""
    keys = (*KEYS, new_ed25519_key("mail.example.org", "e2"))
    async with door_with("in.mail.example.org", keys=keys) as door:
        await sent(door, ANN)
    async with door_with("in.mail.example.org") as door:
        await sent(door, ANN)
    with_key, without = (taken.raw for taken in sink.taken)
    assert verified(with_key, keys) == {"example.com", "mail.example.org"}
    assert header(with_key, "CFBL-Address") == "fbl@in.mail.example.org; report=arf"
    assert b"CFBL" not in without
    assert header(without, "List-Unsubscribe")


async def test_where_its_author_asked_for_complaints_they_go_there(door_with: Doors, sink: Sink) -> None:
    async with door_with() as door:
        await sent(door, ANN, fields=MARKETING + b"CFBL-Address: fbl@esp.example; report=arf\r\n")
    assert header(sink.taken[0].raw, "CFBL-Address") == "fbl@esp.example; report=arf"
    assert sink.taken[0].raw.count(b"\r\nCFBL-") == 1


async def test_a_sender_may_keep_its_return_path(door_with: Doors, sink: Sink) -> None:
    """The addresses to stop by are there all the same."""
    async with door_with(sender=replace(SENDER, return_path="keep")) as door:
        await sent(door, ANN)
    assert sink.taken[0].mail_from == SHOP
    assert b"<mailto:" in sink.taken[0].raw


async def test_mail_without_a_way_out_keeps_its_return_path_and_its_bytes(
    door_with: Doors, sink: Sink
) -> None:
    async with door_with() as door:
        await sent(door, ANN, fields=b"X-Gateway-Purpose: transactional/orders\r\n")
    assert sink.taken[0].mail_from == SHOP
    assert b"mailto" not in sink.taken[0].raw
    assert b"CFBL" not in sink.taken[0].raw


async def test_where_no_mail_comes_in_nothing_asks_for_any(door_with: Doors, sink: Sink) -> None:
    async with door_with("") as door:
        await sent(door, ANN)
    assert sink.taken[0].mail_from == SHOP
    assert b"mailto" not in sink.taken[0].raw
    assert b"CFBL" not in sink.taken[0].raw


async def test_a_mail_that_was_here_before_keeps_the_return_path_it_got(door_with: Doors, sink: Sink) -> None:
    ours = "a" * 64 + f"@b.{DOMAIN}"
    async with door_with() as door, door.talk("news") as client:
        await client.mail([ANN], NEWS % MARKETING, ours)
    assert sink.taken[0].mail_from == ours


async def test_a_report_about_a_copy_goes_to_whom_the_app_named(door_with: Doors, sink: Sink) -> None:
    """By our own front, after its 250: to the app's MAIL FROM, never to our return path."""
    sink.rcpt[BOB] = "550 5.1.1 No such user"
    async with door_with() as door:
        assert (await sent(door, ANN, BOB)).startswith("250")
    to_ann, report = sink.taken
    assert (to_ann.to, report.to, report.mail_from) == (ANN, SHOP, "")


async def test_the_next_hops_refusal_is_answered_as_before(door_with: Doors, sink: Sink) -> None:
    sink.rcpt[ANN] = "550 5.1.1 No such user"
    async with door_with() as door:
        assert (await sent(door, ANN)).startswith("550 5.1.1")


async def test_nothing_leaves_whose_bounces_would_not_find_their_way(door_with: Doors, sink: Sink) -> None:
    async with door_with() as door, door.talk("news") as client:
        await client.envelope([ANN], SHOP)
        await door.store.close()
        assert (await client.content(NEWS % MARKETING)).startswith("451 4.4.3")
    assert sink.taken == []
