"""The month's report as people see it: wide, narrow, dark and on paper."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page

from gateway.archive.report.figures import figures
from gateway.archive.report.month import Month
from gateway.archive.report.page import page
from suppression.purposes import Catalogue
from tests.browser.conftest import NARROW, SCREENSHOTS, WIDE, Open
from tests.browser.test_accessibility import violations
from tests.gateway.archive.report import a_month
from tests.gateway.archive.report.written_log import ANN, WrittenLog

pytestmark = pytest.mark.xdist_group("browser")

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def written(folder: Path, *, violated: bool = False) -> str:
    """The page's address."""
    log = WrittenLog(folder)
    a_month.Month(log).write()
    if violated:
        log.stop("2026-10-20 08:00", recipient=ANN)
        log.mail("2026-10-21 09:00", recipient=ANN)
    with log.open() as connection:
        found = figures(connection, Month.parse("2026-10"), Catalogue.shipped())
    file = folder / "report.html"
    file.write_text(page(found, NOW), "utf-8")
    return file.as_uri()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("report"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_everybody_can_read_it(
    report: str, opened: Open, axe: str, size: dict[str, int], scheme: str
) -> None:
    shown = opened(report, "en", size, scripts=True, scheme=scheme)
    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    picture(shown, f"report-{size['width']}-{scheme}")
    # Read into the page from outside: the page's own policy forbids scripts.
    assert violations(shown, axe) == []


def test_charts_stay_within_the_page(report: str, opened: Open) -> None:
    """Also their words, which are measured in another font than they are shown in."""
    for size in (NARROW, WIDE):
        shown = opened(report, "en", size, scripts=True)
        outside = shown.evaluate(
            "[...document.querySelectorAll('figure svg text')].filter(e => { const b = e.getBoundingClientRect();"
            " return b.width && (b.left < 0 || b.right > innerWidth) }).map(e => e.textContent)"
        )
        assert outside == []


def test_it_asks_for_nothing_but_itself(report: str, opened: Open) -> None:
    shown = opened(report)
    asked: list[str] = []
    shown.on("request", lambda request: asked.append(request.url))
    shown.reload()
    assert asked == [report]


def test_on_paper_it_is_light_and_whole(report: str, opened: Open) -> None:
    shown = opened(report, scheme="light")
    shown.emulate_media(media="print")
    assert not shown.locator("svg.narrow").first.is_visible()
    picture(shown, "report-print")


def test_a_broken_promise_is_seen_at_once(tmp_path: Path, opened: Open, axe: str) -> None:
    shown = opened(written(tmp_path, violated=True), scripts=True)
    assert shown.locator(".sums .broken").is_visible()
    assert shown.locator(".verdict.broken").is_visible()
    picture(shown, "report-broken")
    assert violations(shown, axe) == []


def picture(shown: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    shown.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
