"""Questions to a real name server on loopback."""

import asyncio
from collections.abc import Sequence

import pytest

from gateway.dns.checking import DnsCheck
from gateway.dns.findings import Finding
from gateway.dns.records import Expected, Kind, Premises, of_inbound, of_sender, strings
from suppression.model import Sender
from tests.dkim_keys import new_rsa_key
from tests.gateway.dns.name_server import NameServer, serving

KEY = new_rsa_key("example.com", "s1")
WHERE = Premises("mail.example.com", "a:mail.example.com", "in.example.com")
SHOP = Sender("shop", "The Shop", from_domains=("example.com",))
EXPECTED = (*of_sender(SHOP, (KEY,), WHERE), *of_inbound(WHERE))
SPF = ['"v=spf1 a:mail.example.com ~all"']
MX = ["10 mail.example.com."]
ZONE = {
    ("s1._domainkey.example.com", "TXT"): [strings(KEY.dns_txt())],
    ("example.com", "TXT"): ['"something=else"', *SPF],
    ("_dmarc.example.com", "TXT"): ['"v=DMARC1; p=reject"'],
    ("in.example.com", "MX"): MX,
    ("u.in.example.com", "MX"): MX,
    ("u.in.example.com", "TXT"): SPF,
    ("b.in.example.com", "MX"): ["10 elsewhere.example.org."],
    ("mail.example.com", "A"): ["192.0.2.1"],
}


def levels(found: Sequence[Finding]) -> list[str]:
    return [finding.level.value for finding in found]


def asking(server: NameServer, within: float = 2.0, at_once: int = 8) -> DnsCheck:
    return DnsCheck(["127.0.0.1"], port=server.port, within=within, at_once=at_once)


async def test_each_record_is_looked_up_and_judged() -> None:
    async with serving(ZONE) as server:
        found = await asking(server).check(EXPECTED)
    assert [(one.expected.kind.value, one.level.value) for one in found] == [
        ("DKIM", "right"),
        ("SPF", "right"),
        ("DMARC", "right"),
        ("MX", "right"),
        ("MX", "right"),
        ("MX", "wrong"),
        ("SPF", "right"),
        ("SPF", "wrong"),
    ]
    assert found[5].found == ("10 elsewhere.example.org.",)
    assert len(server.asked) == len(set(server.asked))


async def test_what_gets_no_answer_is_unknown_in_time_and_the_rest_is_known() -> None:
    silent, broken = frozenset({"example.com"}), frozenset({"_dmarc.example.com"})
    loop = asyncio.get_running_loop()
    async with serving(ZONE, silent=silent, broken=broken) as server:
        began = loop.time()
        found = await asking(server, within=0.5).check(EXPECTED[:3])
    assert levels(found) == ["right", "unknown", "unknown"]
    assert loop.time() - began < 2


async def test_not_too_many_questions_at_once() -> None:
    async with serving({}, delay=0.02) as server:
        await asking(server, at_once=3).check(EXPECTED)
        assert server.most <= 3


async def test_a_name_that_cannot_be_is_none() -> None:
    wrong = Expected(Kind.SPF, "x" * 64 + ".example.com", "", "", "a:x")
    async with serving(ZONE) as server:
        assert levels(await asking(server).check([wrong])) == ["wrong"]


async def test_where_nobody_listens_nothing_is_known() -> None:
    async with serving(ZONE) as server:
        port = server.port
    check = DnsCheck(["127.0.0.1"], port=port, within=0.3)
    assert set(levels(await check.check(EXPECTED))) == {"unknown"}
    assert await check.check([]) == []


@pytest.mark.parametrize("content", ['"v=spf1 \\255\\254"', f'"{"x" * 250}"'])
async def test_hostile_content_is_only_wrong(content: str) -> None:
    async with serving({("example.com", "TXT"): [content]}) as server:
        (finding,) = await asking(server).check([EXPECTED[1]])
    assert finding.level.value in {"wrong", "attention"}
