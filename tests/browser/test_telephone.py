"""The sandbox's telephone in a real browser, without scripts: replies, keys, the opt-out line; and how it looks."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import NARROW, SCREENSHOTS, WIDE, Open
from tests.browser.journeys import follow, heading, press
from tests.browser.test_accessibility import violations
from tests.end_to_end.client import Client
from tests.end_to_end.phones import (
    DAY,
    Numbers,
    call,
    consented,
    set_clock,
    text,
    until_delivered,
    until_left,
)

pytestmark = pytest.mark.xdist_group("browser")  # one browser and one gateway, whatever else runs

NUMBERS = Numbers(3000)


@pytest.fixture(autouse=True)
def by_day(gateway: Client) -> Iterator[None]:
    """Marketing goes by day only; other tests here read real dates."""
    set_clock(gateway, DAY)
    yield
    set_clock(gateway, None)


def check(page: Page, axe: str, name: str, size: dict[str, int]) -> None:
    assert violations(page, axe) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"telephone-{name}-{size['width']}.png", full_page=True)


def refused(gateway: Client, number: str) -> str:
    return str(text(gateway, number)["reason"])


def test_a_text_is_answered_with_stop(gateway: Client, opened: Open) -> None:
    to = consented(gateway, NUMBERS.one())
    sent = text(gateway, to)
    until_left(gateway, to)
    page = opened(f"{gateway.url}/sandbox")
    follow(page, page.get_by_role("row").filter(has_text=to).get_by_role("link"))
    assert heading(page) == f"Text to {to}"
    assert page.url.endswith(sent["id"])

    page.get_by_label("Text").fill("please take me off your list")
    press(page, "Send reply")
    assert page.get_by_text("please take me off your list").is_visible()
    assert refused(gateway, to) == "unsubscribed"
    press(page, "START")
    assert text(gateway, to)["outcome"] == "accepted"
    press(page, "STOP")
    assert refused(gateway, to) == "unsubscribed"


def test_a_key_is_pressed_in_a_call(gateway: Client, opened: Open) -> None:
    to = consented(gateway, NUMBERS.one())
    made = call(gateway, to)
    until_left(gateway, to, channel="voice")
    page = opened(f"{gateway.url}/sandbox/messages/{made['id']}")
    press(page, "1")
    assert page.get_by_text("The call is over.").is_visible()
    assert refused(gateway, to) == "unsubscribed"


def test_the_opt_out_line_is_called(gateway: Client, opened: Open) -> None:
    to = consented(gateway, NUMBERS.one())
    page = opened(f"{gateway.url}/sandbox")
    page.get_by_label("From").fill(to)
    press(page, "Call")
    press(page, "1")
    assert refused(gateway, to) == "unsubscribed"


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_every_page_can_be_read_by_all(gateway: Client, opened: Open, axe: str, size: dict[str, int]) -> None:
    to = consented(gateway, NUMBERS.one())
    sent, made = text(gateway, to), call(gateway, to)
    until_delivered(gateway, sent["id"])
    until_delivered(gateway, made["id"], "in_progress")
    page = opened(f"{gateway.url}/sandbox", size=size, scripts=True)
    check(page, axe, "list", size)
    page.get_by_label("From").fill(to)
    press(page, "Call")
    check(page, axe, "line", size)
    page.goto(f"{gateway.url}/sandbox/messages/{made['id']}")
    check(page, axe, "call", size)
    press(page, "An answering machine takes it")
    check(page, axe, "machine", size)
    page.goto(f"{gateway.url}/sandbox/messages/{sent['id']}")
    check(page, axe, "text", size)
    press(page, "STOP")
    check(page, axe, "stopped", size)
    page.goto(f"{gateway.url}/sandbox/messages/{made['id']}")
    press(page, "1")
    check(page, axe, "key", size)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_colour_schemes_can_be_read(gateway: Client, opened: Open, axe: str, scheme: str) -> None:
    to = consented(gateway, NUMBERS.one())
    sent = text(gateway, to)
    until_left(gateway, to)
    page = opened(f"{gateway.url}/sandbox/messages/{sent['id']}", scripts=True, scheme=scheme)
    press(page, "HELP")
    assert violations(page, axe) == []
    page.screenshot(path=SCREENSHOTS / f"telephone-{scheme}.png", full_page=True)
