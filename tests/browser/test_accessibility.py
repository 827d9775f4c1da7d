"""Every public page is free of violations of WCAG 2.2 AA that axe-core finds, in five languages and both schemes."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import NARROW, SCREENSHOTS, WIDE, Open
from tests.browser.journeys import follow, footer_link, question_link
from tests.end_to_end.client import Client

pytestmark = pytest.mark.xdist_group("browser")  # one browser and one gateway, whatever else runs

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LANGUAGES = ["en", "de", "es", "fr", "hi"]
SHOWN_IN = ["en", "de", "hi"]


def violations(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES
    )
    return [f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in found["violations"]]


def check(page: Page, axe: str, name: str, language: str, size: dict[str, int]) -> None:
    """No violation, nothing to scroll sideways for, and a picture of it for people to look at."""
    assert violations(page, axe) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    assert page.evaluate("document.documentElement.lang") == language
    if language in SHOWN_IN:
        path = Path(SCREENSHOTS / f"{name}-{language}-{size['width']}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path, full_page=True)


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_a_recipients_way(
    gateway: Client, opened: Open, axe: str, language: str, size: dict[str, int]
) -> None:
    to, link = footer_link(gateway)
    page = opened(link, language, size, scripts=True)
    check(page, axe, "unsubscribe", language, size)

    follow(page, page.locator("button[value=marketing]"))
    check(page, axe, "stopped", language, size)
    follow(page, page.locator("form button").first)
    check(page, axe, "undone", language, size)
    page.goto(link)
    page.locator("input[value='email:marketing/surveys']").last.uncheck()
    follow(page, page.locator("button[value=save]"))
    check(page, axe, "saved", language, size)

    page.goto(link)
    page.locator("input[value='email:marketing/surveys']").last.check()
    page.locator("input[value='email:marketing/promotions']").last.uncheck()
    follow(page, page.locator("button[value=save]"))
    check(page, axe, "asked", language, size)

    page.goto(question_link(gateway, to))
    check(page, axe, "confirm", language, size)
    follow(page, page.locator("button"))
    check(page, axe, "confirmed", language, size)

    page.goto(link)
    follow(page, page.locator("button[value=pause-30]"))
    page.goto(link)
    check(page, axe, "paused", language, size)
    page.goto(f"{gateway.url}/u/broken")
    check(page, axe, "unknown-link", language, size)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_colour_schemes_can_be_read(gateway: Client, opened: Open, axe: str, scheme: str) -> None:
    _, link = footer_link(gateway)
    page = opened(link, "en", NARROW, scripts=True, scheme=scheme)

    assert violations(page, axe) == []
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"unsubscribe-{scheme}.png", full_page=True)


def test_text_may_be_twice_as_large(gateway: Client, opened: Open) -> None:
    """WCAG 2.2 1.4.4 and 1.4.10: at 200 % and 320 px nothing is cut off or scrolls sideways."""
    _, link = footer_link(gateway)
    page = opened(link, "de", NARROW, scripts=True)
    page.evaluate("document.documentElement.style.fontSize = '200%'")

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_is_pressed_is_large_enough(gateway: Client, opened: Open) -> None:
    """WCAG 2.2 2.5.8: targets of 24 by 24 pixels at least."""
    _, link = footer_link(gateway)
    page = opened(link, "en", NARROW)
    for target in page.locator("button, input[type=checkbox]").all():
        box = target.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24
