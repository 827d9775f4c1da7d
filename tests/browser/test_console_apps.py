"""Apps and senders in a real browser: a key is issued and revoked, records are looked up, a test mail is sent."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import NARROW, WIDE, Open
from tests.browser.console import as_demo, check
from tests.browser.journeys import follow, heading, press
from tests.end_to_end.client import Client, address
from tests.end_to_end.processes import Running

pytestmark = pytest.mark.xdist_group("browser")  # one browser and one gateway, whatever else runs

Inside = Callable[..., Page]


@pytest.fixture
def inside(running: Running, opened: Open) -> Inside:
    """Signed in, on the page of apps and senders."""

    def enter(**how: Any) -> Page:
        facts = running.ready()
        page = opened(facts["console"]["url"], **how)
        as_demo(page, facts)
        follow(page, page.get_by_role("link", name="Apps", exact=True).first)
        return page

    return enter


def test_a_key_is_issued_used_and_revoked(inside: Inside, gateway: Client, axe: str) -> None:
    page = inside(scripts=True)
    check(page, axe, "apps")
    page.get_by_label("For", exact=True).select_option("demo")
    page.get_by_label("Label").fill("new web server")
    press(page, "Issue")
    check(page, axe, "key-issued")
    secret = page.locator(".secret").inner_text().strip()
    assert status_with(gateway, secret) == 200
    follow(page, page.get_by_role("link", name="Back to apps and senders"))
    assert secret not in page.content()
    row = page.get_by_role("row").filter(has_text="new web server")
    follow(page, row.get_by_role("link", name="Revoke"))
    check(page, axe, "key-revoke")
    press(page, "Revoke")
    assert "is revoked" in page.get_by_role("status").inner_text()
    assert status_with(gateway, secret) == 401


def status_with(gateway: Client, secret: str) -> int:
    url = f"{str(gateway.http.base_url).rstrip('/')}/v1/recipients/ann@example.net"
    return httpx.get(url, headers={"Authorization": f"Bearer {secret}"}).status_code


def test_a_test_mail_is_sent_and_seen_in_the_sandbox(inside: Inside, gateway: Client, axe: str) -> None:
    page, to = inside(scripts=True), address("tester")
    follow(page, page.get_by_role("link", name="Demo Company").first)
    check(page, axe, "sender")
    page.get_by_label("To", exact=True).fill(to)
    press(page, "Send it")
    assert "handed to the next hop, and taken." in page.get_by_role("status").inner_text()
    check(page, axe, "sender-tested")
    [arrived] = gateway.arrived(to)
    assert "Demo admin sent this" in arrived.text
    explained = page.get_by_role("link", name="Why, and what became of it").get_attribute("href")
    follow(page, page.get_by_role("link", name="See it in the sandbox"))
    assert "Test mail from Demo Company" in page.content()
    page.goto(f"{str(gateway.http.base_url).rstrip('/')}{explained}")
    assert "Test mails of the company's own" in page.inner_text("main")


def test_records_are_looked_up_by_a_button_and_not_before(inside: Inside, axe: str) -> None:
    page = inside(scripts=True)
    follow(page, page.get_by_role("link", name="DNS records").first)
    assert "demo-rsa._domainkey.example.com" in page.inner_text("main")
    assert "Of " not in page.inner_text("#dns + p")
    press(page, "Look whether they are there")
    assert page.get_by_role("status").count() == 1
    assert heading(page) == "Demo Company"
    check(page, axe, "sender-looked-up")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_everybody_can_use_it(inside: Inside, axe: str, size: dict[str, int], scheme: str) -> None:
    page, kind = inside(size=size, scripts=True, scheme=scheme), f"{size['width']}-{scheme}"
    check(page, axe, f"apps-{kind}")
    follow(page, page.get_by_role("link", name="Demo Company").first)
    page.locator("summary").click()
    check(page, axe, f"sender-{kind}")
