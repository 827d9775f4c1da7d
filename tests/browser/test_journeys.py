"""Recipients' ways through the pages in a real browser, without scripts: by mouse, and by keyboard alone."""

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import NARROW, Open
from tests.browser.journeys import follow, footer_link, heading, press, question_link
from tests.end_to_end.client import Client
from tests.interop.tried import Version

pytestmark = pytest.mark.xdist_group("browser")  # one browser and one gateway, whatever else runs

STOP = "Unsubscribe from all marketing emails from Demo Company"


def outcome(gateway: Client, to: str, purpose: str = "marketing/promotions") -> str:
    return gateway.would(to, purpose)[0]


@pytest.mark.client("Chromium")
def test_one_click_on_the_page_stops_and_undo_takes_it_back(
    gateway: Client, browser: Browser, opened: Open, version: Version
) -> None:
    version(browser.version)
    to, link = footer_link(gateway)
    page = opened(link)
    assert outcome(gateway, to) == "would_send"

    press(page, STOP)
    assert heading(page) == "You are unsubscribed"
    assert outcome(gateway, to) == "refuse"

    press(page, "Undo")
    assert heading(page) == "Undone"
    assert outcome(gateway, to) == "would_send"


def test_a_box_unticked_and_saved_stops_that_and_no_more(gateway: Client, opened: Open) -> None:
    to, link = footer_link(gateway)
    page = opened(link)
    box = page.get_by_label("Promotions", exact=True)
    assert box.is_checked()

    box.uncheck()
    press(page, "Save")

    assert heading(page) == "Saved"
    assert outcome(gateway, to) == "refuse"
    assert outcome(gateway, to, "marketing/surveys") == "would_send"
    follow(page, page.get_by_role("link", name="Back to your choices"))
    assert not page.get_by_label("Promotions", exact=True).is_checked()


def test_a_box_ticked_again_asks_by_mail_and_holds_once_confirmed(gateway: Client, opened: Open) -> None:
    to, link = footer_link(gateway)
    page = opened(link)
    page.get_by_label("Promotions", exact=True).uncheck()
    press(page, "Save")
    follow(page, page.get_by_role("link", name="Back to your choices"))

    page.get_by_label("Promotions", exact=True).check()
    press(page, "Save")
    assert heading(page) == "Almost done: please confirm"
    assert to not in page.content()
    assert outcome(gateway, to) == "refuse"

    question = opened(question_link(gateway, to))
    press(question, "Yes, send me these")
    assert heading(question) == "Confirmed, thank you"
    assert outcome(gateway, to) == "would_send"


def test_a_pause_is_shown_on_the_page(gateway: Client, opened: Open) -> None:
    to, link = footer_link(gateway)
    page = opened(link)
    press(page, "Pause for 30 days")
    assert outcome(gateway, to) == "refuse"

    follow(page, page.get_by_role("link", name="Back to your choices"))
    assert page.get_by_text("Paused until").is_visible()


def test_deletion_is_asked_for_and_confirmed(gateway: Client, opened: Open) -> None:
    to, link = footer_link(gateway)
    page = opened(link)
    press(page, "Ask for deletion")
    assert heading(page) == "Almost done: please confirm"

    question = opened(question_link(gateway, to))
    press(question, "Yes, delete my data")
    assert heading(question) == "Confirmed, thank you"


FOCUSED = """() => {
  const at = document.activeElement
  return [(at.labels?.[0] ?? at).innerText?.trim() ?? "", getComputedStyle(at).outlineStyle]
}"""


def focus_on(page: Page, name: str, most: int = 60) -> None:
    """Tab until the element of this name has the focus, and see that it can be seen there."""
    for _ in range(most):
        page.keyboard.press("Tab")
        said, outline = page.evaluate(FOCUSED)
        if said == name:
            assert outline != "none", "where the focus is must be seen"
            return
    raise AssertionError(f"the keyboard does not reach {name!r}")


@pytest.mark.parametrize("size", [None, NARROW], ids=["wide", "narrow"])
def test_everything_can_be_done_by_keyboard(
    gateway: Client, opened: Open, size: dict[str, int] | None
) -> None:
    to, link = footer_link(gateway)
    page = opened(link, size=size, scripts=True)  # the test reads focus by script; the page has none
    focus_on(page, "Promotions")
    page.keyboard.press("Space")
    focus_on(page, "Save")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert heading(page) == "Saved"
    assert outcome(gateway, to) == "refuse"

    focus_on(page, "Undo")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert heading(page) == "Undone"

    page.goto(link)
    focus_on(page, STOP)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert heading(page) == "You are unsubscribed"


def test_a_page_asks_nothing_of_anybody_else(gateway: Client, opened: Open) -> None:
    _, link = footer_link(gateway)
    asked: list[str] = []
    page = opened("about:blank")
    page.on("request", lambda request: asked.append(request.url))
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(link)

    assert {url for url in asked if not url.startswith(gateway.url)} == set()
    assert page.context.cookies() == []
    assert refused == []
