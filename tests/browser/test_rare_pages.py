"""The pages that are seen only when something fails, and a sender's own look: rendered here, shown by the browser."""

from typing import Any

import pytest
from playwright.sync_api import Page

from gateway.http import pages, theme
from gateway.http.links.choices import Choice
from gateway.http.links.preference_form import Outcome
from gateway.languages import words
from suppression.model import Scope, Sender
from tests.browser.conftest import NARROW, SCREENSHOTS, WIDE, Open
from tests.browser.test_accessibility import violations
from tests.end_to_end.client import Client

pytestmark = pytest.mark.xdist_group("browser")  # one browser and one gateway, whatever else runs

PLAIN = Sender("plain", "The Shop", "1 Main Street, Springfield", support_phone="+12025550100")
CHOICE = Choice("marketing", "Unsubscribe", "Offers.", "Stopped.", Scope())
RARE: dict[str, dict[str, Any]] = {
    "not_yet.html": {"choice": CHOICE},
    "not_saved.html": {"fields": [("row", "email:a"), ("do", "save")]},
    "undo_not_yet.html": {"undo": "x"},
    "undo_refused.html": {},
    "confirm_gone.html": {},
    "confirm_barred.html": {},
    "confirm_not_yet.html": {},
    "saved.html": {
        "outcome": Outcome(stopped=["one"], problems=["That cannot be had."]),
        "undo": "x",
        "masked": "a***@e***.net",
    },
    "unsubscribe.html": {"choices": [CHOICE, CHOICE], "preferences": None, "preferences_away": True},
}


def show(
    page: Page, gateway: Client, template: str, language: str, sender: Sender, shown: dict[str, Any]
) -> None:
    """As the gateway would answer it, on its own address, with its policy."""
    answer = pages.page(template, words=words(language), sender=sender, token="t", **shown)
    address = f"{gateway.url}/u/shown"
    page.route(address, lambda route: route.fulfill(body=bytes(answer.body), headers=dict(answer.headers)))
    sheet = theme.path(sender)
    if sheet is not None:
        text = theme.style_sheet(sender)
        page.route(gateway.url + sheet, lambda route: route.fulfill(body=text, content_type="text/css"))
    page.goto(address)


@pytest.mark.parametrize("language", ["en", "de", "hi"])
@pytest.mark.parametrize("template", RARE)
def test_pages_for_when_something_fails(
    gateway: Client, opened: Open, axe: str, template: str, language: str
) -> None:
    page = opened("about:blank", language, NARROW, scripts=True)
    show(page, gateway, template, language, PLAIN, RARE[template])

    assert violations(page, axe) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colour", ["#8a1538", "#0b3d91", "#5b5b5b", "#000000"])
def test_a_senders_colour_can_be_read_in_both_schemes(
    gateway: Client, opened: Open, axe: str, colour: str, scheme: str
) -> None:
    sender = Sender("own", "The Shop", colour=colour)
    page = opened("about:blank", "en", WIDE, scripts=True, scheme=scheme)
    show(page, gateway, "unsubscribe.html", "en", sender, RARE["unsubscribe.html"])

    assert violations(page, axe) == []
    button = page.locator("button").first.evaluate("e => getComputedStyle(e).backgroundColor")
    assert button != "rgb(29, 92, 77)", "the colour of its own is used"
    page.screenshot(path=SCREENSHOTS / f"look-{colour[1:]}-{scheme}.png")
