"""Agents ask why, decide what was unclear, and look at the day, in a real browser."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import NARROW, WIDE, Open
from tests.browser.console import as_demo, check
from tests.browser.journeys import follow, footer_link, heading, press
from tests.end_to_end.client import Client
from tests.end_to_end.phones import ORDERS, Numbers, reply, text, until_left
from tests.end_to_end.processes import Running

pytestmark = pytest.mark.xdist_group("browser")  # one browser and one gateway, whatever else runs

NUMBERS = Numbers(6000)
UNCLEAR = "who is this? how do i make it stop"
Inside = Callable[..., Page]


@pytest.fixture
def inside(running: Running, opened: Open) -> Inside:
    """Signed in, on a page of the console."""

    def enter(path: str, **how: Any) -> Page:
        facts = running.ready()
        page = opened(facts["console"]["url"], **how)
        as_demo(page, facts)
        page.goto(facts["console"]["url"] + path)
        return page

    return enter


def somebody_is_unclear(gateway: Client) -> str:
    """The number that a text came from which nobody understood for sure."""
    to = NUMBERS.one()
    sent = text(gateway, to, ORDERS)
    until_left(gateway, to)
    reply(gateway, sent["id"], UNCLEAR)
    return to


def status(page: Page) -> str:
    return page.get_by_role("status").first.inner_text()


def refused(gateway: Client) -> tuple[str, str]:
    """An address whose mail was refused, and the decision's id."""
    to, link = footer_link(gateway, "stopped")
    httpx.post(link, data={"choice": "marketing"})
    gateway.stop(to, purpose="marketing")
    asked = {"requests": [{"channel": "email", "to": to, "purpose": "marketing/promotions"}]}
    (made,) = gateway.http.post("/v1/decisions", json=asked).json()["decisions"]
    assert made["outcome"] == "refuse"
    return to, made["decision_id"]


@pytest.mark.parametrize("scripts", [False, True])
def test_a_customer_asks_why_a_mail_did_not_come(gateway: Client, inside: Inside, *, scripts: bool) -> None:
    to, decision = refused(gateway)
    page = inside("", scripts=scripts)
    page.get_by_role("searchbox").fill(decision)
    press(page, "Find")
    assert heading(page).startswith("Refused: ")
    assert "because they stopped such messages" in page.locator(".verdict").inner_text()
    assert page.locator("tr.decided code").inner_text() == "suppression"
    follow(page, page.get_by_role("link", name=to).first)
    follow(page, page.locator("a[href*='channel=email']").filter(has_text="stopped").first)
    assert "It would be refused now" in heading(page)


def test_reviews_are_decided_by_one_key_each(gateway: Client, inside: Inside) -> None:
    numbers = [somebody_is_unclear(gateway) for _ in range(3)]
    page = inside("/reviews", scripts=True)
    for key, says in (("5", "it was no stop"), ("2", "Stopped"), ("1", "Stopped")):
        shown = page.locator("#message").inner_text()
        assert any(number in shown for number in numbers)
        with page.expect_navigation():
            page.keyboard.press(key)
        assert says in status(page)
    assert "Nothing waits to be read." in page.inner_text("main")


def test_a_key_in_the_note_is_a_letter_of_it_and_undo_is_one_key(gateway: Client, inside: Inside) -> None:
    number = somebody_is_unclear(gateway)
    page = inside("/reviews", scripts=True)
    page.get_by_label("Note").fill("")
    page.get_by_label("Note").press_sequentially("rang 2 times")
    assert page.get_by_label("Note").input_value() == "rang 2 times"
    page.locator("h1").click()
    with page.expect_navigation():
        page.keyboard.press("3")
    assert number in status(page)
    with page.expect_navigation():
        page.keyboard.press("u")
    assert status(page).startswith("Undone.")


def test_each_chart_leads_to_its_records(gateway: Client, inside: Inside) -> None:
    refused(gateway)
    page = inside("/overview")
    follow(page, page.locator("#figures .picture").first)
    assert heading(page) == "Log: Sent"
    assert page.locator("tbody tr").count() >= 1
    page.go_back()
    follow(page, page.get_by_role("link", name="Stopped", exact=True).first)
    assert heading(page) == "Log: Refused"
    follow(page, page.get_by_role("link", name="Refused: stopped").first)
    assert heading(page).startswith("Refused: ")


def test_the_figures_are_put_in_place_without_the_page(gateway: Client, inside: Inside) -> None:
    page = inside("/overview", scripts=True)
    assert page.locator("#figures[data-refresh='30']").count() == 1
    assert page.locator("svg[role=img]").count() == 3
    for drawing in page.locator("svg[role=img]").all():
        assert drawing.locator("title").count() == drawing.locator("desc").count() == 1
    assert gateway.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_every_page_can_be_used_by_everybody(
    gateway: Client, inside: Inside, axe: str, size: dict[str, int], scheme: str
) -> None:
    to, decision = refused(gateway)
    somebody_is_unclear(gateway)
    kind = f"{size['width']}-{scheme}"
    said: list[str] = []
    page = inside("/overview", size=size, scheme=scheme, scripts=True)
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    check(page, axe, f"overview-{kind}")
    console = page.url.removesuffix("/overview")
    for name, path in {
        "log": "/log",
        "log-refused": "/log?what=refused",
        "log-wrong": "/log?since=yesterday&what=none",
        "explain": "/explain",
        "explain-refused": f"/explain?decision={decision}",
        "reviews": "/reviews",
    }.items():
        page.goto(console + path)
        check(page, axe, f"{name}-{kind}")
    page.goto(f"{console}/explain?decision={decision}")
    follow(page, page.get_by_role("link", name=to).first)
    follow(page, page.locator("a[href*='/console/explain?recipient']").first)
    check(page, axe, f"explain-now-{kind}")
    assert [one for one in said if "status of 4" not in one] == []


@pytest.mark.parametrize("path", ["/overview", "/log", "/reviews"])
def test_pages_are_light(inside: Inside, path: str) -> None:
    page = inside(path, scripts=True)
    loaded: list[int] = []
    page.on("response", lambda answer: loaded.append(len(answer.body()) if answer.ok else 0))
    page.reload()
    assert sum(loaded) <= 150_000
    assert re.search(path, page.url)
