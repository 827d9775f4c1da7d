"""A support agent with a customer on the phone, in a real browser: finds, sees, stops, lifts, records, erases."""

import re
import secrets
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import NARROW, WIDE, Open
from tests.browser.console import as_demo, check
from tests.browser.journeys import follow, footer_link, heading, press
from tests.end_to_end.client import Client, address
from tests.end_to_end.processes import Running

pytestmark = pytest.mark.xdist_group("browser")  # one browser and one gateway, whatever else runs

Inside = Callable[..., Page]


@pytest.fixture
def inside(running: Running, opened: Open) -> Inside:
    """Signed in, on the start page."""

    def enter(**how: Any) -> Page:
        facts = running.ready()
        page = opened(facts["console"]["url"], **how)
        as_demo(page, facts)
        return page

    return enter


def find(page: Page, text: str) -> None:
    page.get_by_role("searchbox").fill(text)
    press(page, "Find")


def verdict(page: Page) -> str:
    return page.locator(".verdict").inner_text()


def done(page: Page) -> str:
    return page.get_by_role("status").inner_text()


def call(gateway: Client, method: str, path: str, body: Any) -> Any:
    answer = gateway.http.request(method, path, json=body)
    assert answer.status_code < 300, answer.text
    return answer.json()


def with_a_history(gateway: Client) -> tuple[str, str]:
    """Somebody who agreed, got mail, looked at the link, stopped a part of it, and has a phone."""
    to, link = footer_link(gateway, "ann")
    httpx.get(link)
    phone = f"+1202555{secrets.randbelow(9000) + 1000}"
    call(gateway, "PUT", f"/v1/people/{to}", {"addresses": [to, phone], "language": "en"})
    stop = {"address": to, "purpose": "marketing/surveys", "channels": ["email"], "note": "asked in the shop"}
    call(gateway, "POST", "/v1/suppressions", stop)
    return to, phone


@pytest.mark.parametrize("scripts", [False, True])
def test_a_customer_calls_and_wants_no_more_offers(gateway: Client, inside: Inside, *, scripts: bool) -> None:
    to, link = footer_link(gateway, "caller")
    page = inside(scripts=scripts)
    find(page, to.upper())
    assert heading(page).lower() == to
    assert to.partition("@")[0] not in page.url
    assert "All marketing may be sent by mail" in verdict(page)
    follow(page, page.get_by_role("link", name="Stop messages"))
    page.get_by_label("Why").fill("called us, wants no more offers")
    page.get_by_label("Reference").fill("T-4711")
    press(page, "Stop")
    assert "Stopped: All marketing, on any channel." in done(page)
    assert verdict(page).startswith("No marketing on any channel since ")
    press(page, "Undo u")
    assert done(page) == "Undone."
    assert "All marketing may be sent by mail" in verdict(page)
    find(page, link)
    assert heading(page).lower() == to


def test_a_customer_wants_nothing_at_all_any_more(gateway: Client, inside: Inside, axe: str) -> None:
    to, phone = with_a_history(gateway)
    page = inside(scripts=True)
    find(page, to)
    follow(page, page.get_by_role("link", name="Stop messages"))
    page.get_by_label("What", exact=True).select_option("*")
    page.get_by_label("Why").fill("was angry")
    press(page, "Stop")
    assert heading(page) == "Stop everything?"
    assert phone in page.inner_text("main")
    check(page, axe, "stop-everything")
    press(page, "Stop everything")
    assert "Nothing is sent on any channel" in verdict(page)
    assert "other address" in verdict(page)
    follow(page, page.locator("a", has_text="Lift Everything").first)
    check(page, axe, "lift")
    page.get_by_label("Why").fill("calmed down")
    page.get_by_label("What shows it").fill("call of today, ticket T-4712")
    press(page, "Lift this stop")
    assert "Lifted: Everything" in done(page)
    follow(page, page.get_by_role("link", name="All that happened"))
    assert "A stop was lifted" in page.inner_text("main")
    check(page, axe, "timeline")


def test_a_consent_is_noted_and_withdrawn(inside: Inside, axe: str) -> None:
    page = inside(scripts=True)
    find(page, address("wishes"))
    assert verdict(page).startswith("Nothing is known of this address")
    follow(page, page.get_by_role("link", name="Record a consent"))
    check(page, axe, "consent")
    page.get_by_label("Mail", exact=True).check()
    page.get_by_label("Where it was given").fill("phone call")
    page.get_by_label("What shows it").fill("read the wording to her")
    press(page, "Record")
    assert "Recorded: All marketing, by mail, from Demo Company." in done(page)
    follow(page, page.locator("a", has_text="Withdraw"))
    check(page, axe, "withdraw")
    press(page, "Withdraw")
    assert "because the consent was withdrawn" in verdict(page)


def test_addresses_are_linked_and_data_given_out_and_erased(inside: Inside, axe: str) -> None:
    to, other = address("linked"), address("other")
    page = inside(scripts=True)
    find(page, to)
    follow(page, page.get_by_role("link", name="Link another address"))
    page.get_by_label("Its address or number").fill("no address")
    press(page, "Link")
    assert "no e-mail address or phone number" in page.inner_text("main")
    check(page, axe, "person-refused")
    page.get_by_label("Its address or number").fill(other)
    press(page, "Link")
    assert "Linked" in done(page)
    follow(page, page.get_by_role("link", name="Data request"))
    check(page, axe, "data")
    press(page, "Show it as a page to print")
    assert f"All that is held of {to}" in page.inner_text("h1")
    page.go_back()
    follow(page, page.get_by_role("link", name="Back", exact=True))
    follow(page, page.get_by_role("link", name="Erase", exact=True))
    check(page, axe, "erase")
    page.get_by_label("Type the address or number to confirm").fill(to)
    press(page, "Erase for good")
    assert "Erased" in done(page)
    assert "nothing at all is sent here" in verdict(page)
    check(page, axe, "erased")
    find(page, other)
    assert "Erased on" in verdict(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_everybody_can_use_the_page_of_a_recipient(
    gateway: Client, inside: Inside, axe: str, size: dict[str, int], scheme: str
) -> None:
    to, phone = with_a_history(gateway)
    page = inside(size=size, scripts=True, scheme=scheme)
    kind = f"{size['width']}-{scheme}"
    find(page, to)
    check(page, axe, f"recipient-{kind}")
    follow(page, page.get_by_role("link", name="Stop messages"))
    check(page, axe, f"stop-{kind}")
    find(page, phone)
    check(page, axe, f"recipient-phone-{kind}")
    find(page, "nothing like that")
    check(page, axe, f"found-nothing-{kind}")


def test_it_can_all_be_done_by_keyboard(inside: Inside) -> None:
    page = inside(scripts=True)
    page.keyboard.press("/")
    page.keyboard.type(address("keys"))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.get_by_role("link", name="Stop messages").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.get_by_label("Why").focus()
    page.keyboard.type("by keyboard")
    page.get_by_role("button", name="Stop", exact=True).focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "Stopped" in done(page)
    page.locator("body").click(position={"x": 2, "y": 2})
    with page.expect_navigation():
        page.keyboard.press("u")
    assert done(page) == "Undone."


def test_the_page_is_light_and_no_address_is_in_any_request_line(gateway: Client, inside: Inside) -> None:
    to, _ = with_a_history(gateway)
    page = inside(scripts=True)
    loaded: list[int] = []
    asked: list[str] = []
    page.on("response", lambda answer: loaded.append(len(answer.body()) if answer.ok else 0))
    page.on("request", lambda request: asked.append(f"{request.url} {request.headers.get('referer', '')}"))
    find(page, to)
    page.wait_for_load_state("networkidle")
    assert sum(loaded) <= 150_000
    assert not [line for line in asked if re.search(r"example\.net|%40|@", line)]
