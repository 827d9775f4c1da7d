"""What an agent does in the console, as far as several tests do the same."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser.conftest import SCREENSHOTS
from tests.browser.journeys import press
from tests.browser.test_accessibility import violations

PASSWORD = "correct horse battery"


def sign_in(page: Page, name: str, password: str) -> None:
    """On the page to sign in on."""
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    press(page, "Sign in")


def as_demo(page: Page, facts: dict[str, Any]) -> None:
    """`facts`: of dev.json."""
    sign_in(page, facts["console"]["username"], facts["console"]["password"])


def check(page: Page, axe: str, name: str) -> None:
    """No violation, nothing to scroll sideways for, one h1, and a picture of it for people to look at."""
    found = violations(page, axe)
    assert found == [], found
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    assert page.locator("h1").count() == 1
    path = Path(SCREENSHOTS / f"console-{name}.png")
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=True)
