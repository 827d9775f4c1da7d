"""What a recipient does, as far as several tests do the same."""

import re

from playwright.sync_api import Locator, Page

from tests.end_to_end.client import Client, mail


def footer_link(gateway: Client, name: str = "reader") -> tuple[str, str]:
    """A marketing mail that somebody has open: their address, and the link at its end."""
    to = gateway.consented(name)
    assert gateway.send(mail(), to).code == 250
    [arrived] = gateway.arrived(to)
    return to, arrived.footer_link


def question_link(gateway: Client, to: str) -> str:
    """The link in the last mail that asks to confirm something."""
    text = gateway.arrived(to)[-1].text
    found = re.search(r"https?://\S+/c/[\w-]+", text)
    assert found, text
    return found[0]


def press(page: Page, name: str) -> None:
    """A button, by what a screen reader would call it."""
    follow(page, page.get_by_role("button", name=name, exact=True))


def follow(page: Page, button_or_link: Locator) -> None:
    """Press it, and be on the page that it leads to."""
    with page.expect_navigation():
        button_or_link.click()


def heading(page: Page) -> str:
    return page.locator("h1").inner_text()
