"""Apps, keys and senders on a real store: seen, issued once, revoked, looked up, tried."""

import re
from pathlib import Path

import pytest

from gateway.console.apps.set_up import SetUp
from gateway.dns.checking import DnsCheck
from gateway.dns.records import strings
from suppression.address import parse
from suppression.decision import Reason
from suppression.model import ALL, Scope, Way
from suppression.store.store import Store
from tests.gateway.console.apps.set_up import KEY, set_up
from tests.gateway.console.house import Browser, House, employ, house
from tests.gateway.dns.name_server import serving
from tests.gateway.http.world import SECRETS, real_world

SHOP = "/console/apps/senders/shop"


def keys_of(front: House) -> SetUp:
    assert front.console.set_up is not None
    return front.console.set_up


async def test_what_each_app_may_do_is_told(front: House) -> None:
    browser = await front.signed_in("auditor")
    assert (await browser.get("/console/apps")).status_code == 200
    for said in (
        "Everything, on any channel",
        "Orders and transactions, by text",
        "192.0.2.0/24",
        "at https://app.example/events: bounced",
        "http://gateway.test/hooks/mail/ses",
        "+12025550100",
    ):
        assert said in browser.page
    assert "kept-secret" not in browser.page
    assert "Other &amp; &lt;Sons&gt;" in browser.page
    assert not [secret for secret in SECRETS.values() if secret in browser.page]


async def test_a_key_is_shown_once_works_and_is_revoked(front: House) -> None:
    browser, keys = await front.signed_in("admin"), keys_of(front).keys
    await browser.get("/console/apps")
    fields = {"app": "demo", "scopes": "app", "label": "<b>new</b> server"}
    answer = await browser.post("/console/apps/keys", fields)
    assert answer.status_code == 200
    found = re.search(r"gk_[\w-]{43}", browser.page)
    assert found
    key = await keys.find(found[0])
    assert key is not None
    assert (key.app, key.scopes, key.label) == ("demo", frozenset({"app"}), "<b>new</b> server")
    await browser.get("/console/apps")
    assert found[0] not in browser.page
    assert "&lt;b&gt;new&lt;/b&gt; server" in browser.page
    await browser.get(f"/console/apps/keys/{key.id}/revoke")
    assert "&lt;b&gt;new" in browser.page
    assert await keys.find(found[0]) is not None
    await browser.follow(await browser.post(f"/console/apps/keys/{key.id}/revoke"))
    assert f"The key {key.id} is revoked" in browser.page
    assert await keys.find(found[0]) is None


async def test_a_key_for_support_is_of_no_app(front: House) -> None:
    browser = await front.signed_in("admin")
    await browser.get("/console/apps")
    await browser.post("/console/apps/keys", {"app": "", "scopes": "agent", "label": "desk"})
    await browser.get("/console/apps")
    assert "Keys of no app" in browser.page
    assert "desk" in browser.page


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"app": "nobody", "scopes": "app"}, "There is no such app."),
        ({"app": "demo"}, "Scopes are some of"),
        ({"app": "", "scopes": "app"}, "A key with scope app belongs to an app"),
        ({"app": "demo", "scopes": "root"}, "Scopes are some of"),
    ],
)
async def test_a_key_that_cannot_be_is_not_issued(front: House, fields: dict[str, str], problem: str) -> None:
    browser, keys = await front.signed_in("admin"), keys_of(front).keys
    before = len(await keys.list())
    await browser.get("/console/apps")
    answer = await browser.post("/console/apps/keys", {**fields, "label": "my label"})
    assert answer.status_code == 422
    assert problem in browser.page
    assert 'value="my label"' in browser.page
    assert len(await keys.list()) == before


async def test_only_admins_keep_keys_and_auditors_send_nothing(front: House) -> None:
    supervisor, auditor = await front.signed_in("supervisor"), await front.signed_in("auditor")
    await supervisor.get("/console/apps")
    assert "Issue a key" not in supervisor.page
    assert "Revoke" not in supervisor.page
    await supervisor.get(SHOP)
    assert "Send a test mail" in supervisor.page
    await auditor.get(SHOP)
    assert "Send a test mail" not in auditor.page
    assert "Look whether they are there" in auditor.page


async def test_a_sender_says_what_is_to_be_published_and_asks_nobody_by_itself(front: House) -> None:
    browser = await front.signed_in("supervisor")
    await browser.get(SHOP)
    for said in (
        KEY.name,
        KEY.dns_txt(),
        "v=spf1 a:mail.shop.example ~all",
        "_dmarc.shop.example",
        "b.in.shop.example",
    ):
        assert said in browser.page
    assert "did not answer" not in browser.page
    assert (await browser.get("/console/apps/senders/nobody")).status_code == 404


async def test_name_servers_that_do_not_answer_are_told_so(front: House) -> None:
    browser = await front.signed_in("auditor")
    await browser.get(SHOP)
    assert (await browser.post(f"{SHOP}/dns")).status_code == 200
    assert "Of 8 records: 8 not known, as nobody answered." in browser.page


async def test_what_name_servers_say_is_judged_and_shown_harmless(store: Store, tmp_path: Path) -> None:
    zone = {
        (KEY.name, "TXT"): [strings(KEY.dns_txt())],
        ("shop.example", "TXT"): ['"v=spf1 <script>alert(1)</script> -all"'],
        ("_dmarc.shop.example", "TXT"): ['"v=DMARC1; p=reject"'],
    }
    world = await real_world(store, tmp_path)
    async with serving(zone) as server:
        dns = DnsCheck(["127.0.0.1"], port=server.port, within=2.0)
        front = house(store, world.doors, set_up=set_up(world, dns))
        await employ(front)
        browser = await front.signed_in("supervisor")
        await browser.get(SHOP)
        await browser.post(f"{SHOP}/dns")
    assert "Of 8 records: 5 wrong or missing, 1 to look at and 2 right." in browser.page
    assert "<script>alert" not in browser.page
    assert "v=spf1 &lt;script&gt;" in browser.page
    assert "It does not name a:mail.shop.example" in browser.page


async def send(browser: Browser, to: str) -> int:
    await browser.get(SHOP)
    answer = await browser.post(f"{SHOP}/test", {"address": to})
    if answer.status_code == 303:
        await browser.follow(answer)
    return answer.status_code


def arrived(front: House, to: str) -> int:
    assert front.console.doors.sandbox is not None
    return len(front.console.doors.sandbox.box.messages(to=to))


async def test_a_test_mail_goes_the_road_of_all_others_once_a_minute(front: House) -> None:
    browser = await front.signed_in("supervisor")
    assert await send(browser, "Kim@Example.net") == 303
    assert "The test mail was handed to the next hop, and taken." in browser.page
    assert arrived(front, "Kim@example.net") == 1
    link = re.search(r'href="(/sandbox/messages/[0-9a-f]+)"', browser.page)
    assert link
    assert (await browser.client.get(link[1])).status_code == 200
    doors = front.console.doors
    records = await doors.reading.records(doors.recipient(parse("kim@example.net")))
    assert {record.purpose for record in records or () if record.purpose} == {"system/test"}
    assert "agent:supervisor" in str(records)
    await send(browser, "kim@example.net")
    assert "less than a minute ago" in browser.page
    assert arrived(front, "Kim@example.net") == 1


@pytest.mark.parametrize(("purpose", "goes"), [("marketing", True), (ALL, False)])
async def test_a_stop_of_everything_holds_for_it(front: House, purpose: str, *, goes: bool) -> None:
    doors, browser = front.console.doors, await front.signed_in("supervisor")
    await doors.changes.suppress(
        doors.recipient(parse("ann@example.net")),
        Scope(purpose=purpose),
        reason=Reason.UNSUBSCRIBED,
        way=Way.LINK,
        source="shop",
        actor="recipient",
    )
    await send(browser, "ann@example.net")
    assert ("A test mail may not be sent there: stopped." in browser.page) is not goes
    assert arrived(front, "ann@example.net") == int(goes)


@pytest.mark.parametrize("to", ["", "no address", "+12025550100", "a@b@c", "<script>@example.net x"])
async def test_what_is_no_address_is_told(front: House, to: str) -> None:
    browser = await front.signed_in("supervisor")
    assert await send(browser, to) == 422
    assert "<script>@" not in browser.page
    assert "Send a test mail" in browser.page
