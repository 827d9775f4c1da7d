"""Pictures that the guides show, of pages as they are. With PICTURES=1 in the environment, they are written anew.

Figures of the overview are made by hand, for a day and the same day a week before; the page and its look are the real.
"""

import html
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route
from starlette.requests import Request

from gateway.console import pages
from gateway.console.overview.figures import Counted, Span
from gateway.console.overview.view import view
from gateway.console.overview.watching import Depths, Seen, spans
from gateway.console.visit import Visit
from gateway.state.agents import Agent, Role
from gateway.state.sessions import Session, Stage
from suppression.purposes import Catalogue
from tests.browser.conftest import ROOT, SCREENSHOTS, Open
from tests.browser.console import as_demo
from tests.browser.greys import in_greys
from tests.browser.journeys import footer_link, press
from tests.browser.test_console_recipients import with_a_history
from tests.end_to_end.client import Client
from tests.end_to_end.hop import Hop
from tests.end_to_end.processes import Running, run
from tests.end_to_end.production import Production

pytestmark = pytest.mark.xdist_group("browser")  # one browser and one gateway, whatever else runs

FOLDER = ROOT / "deploy" / "screenshots"
LARGEST = 200_000  # bytes
SIZE = {"width": 1280, "height": 780}
NOW = datetime(2026, 11, 25, 14, 5, tzinfo=UTC)
"""A Wednesday."""


def picture(page: Page, name: str, *, text: bool = False) -> None:
    """What fits the window; of `text` the whole page, in greys. Into the repository only where that is asked for."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path: Path = SCREENSHOTS / f"{name}.png"
    shot = page.screenshot(full_page=text)
    path.write_bytes(in_greys(page, shot) if text else shot)
    assert path.stat().st_size < LARGEST
    if os.environ.get("PICTURES"):
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / path.name).write_bytes(path.read_bytes())
    assert (FOLDER / path.name).stat().st_size < LARGEST, "a guide shows it"


def counted(span: Span, share: float) -> Counted:
    by_hour = (310, 240, 190, 205, 330, 720, 1650, 3120, 4480, 5230, 4910, 4370, 3980, 4250, 390)
    hours = [round(count * share * (1 + 0.07 * ((place * 7) % 5 - 2))) for place, count in enumerate(by_hour)]
    sent = sum(hours)
    return Counted(
        span,
        sent={"email": round(sent * 0.86), "sms": round(sent * 0.12), "voice": round(sent * 0.02)},
        by_hour=[*hours, *[0] * (24 - len(hours))],
        refused={
            "unsubscribed": round(1240 * share),
            "no_consent": round(830 * share * share),
            "undeliverable": round(310 * share),
            "complained": round(96 * share),
            "registered": round(41 * share),
        },
        deferred={
            "outside_hours": round(520 * share),
            "capped": round(118 / share),
            "in_review": round(3 * share),
        },
        complaints=round(46 * share * share),
        rejected=round(190 / share),
        bounced=round(260 / share),
        unsubscribed={
            "marketing": round(74 * share),
            "marketing/promotions": round(52 * share * share),
            "*": round(19 * share),
            "marketing/surveys": round(8 / share),
        },
    )


def figures() -> str:
    """The page as an agent would get it."""
    today, before = spans(NOW)
    seen = Seen(
        NOW,
        counted(today, 1.0),
        counted(before, 0.88),
        Depths(1284, 16, 2, 5),
        archived=True,
        oldest=NOW - timedelta(minutes=7),
    )
    scope = {"type": "http", "method": "GET", "path": "/console/overview", "query_string": b"", "headers": []}
    request = Request(scope)
    agent = Agent("kim", "Kim Doe", Role.SUPERVISOR, NOW, "1")
    request.state.visit = Visit(agent, Session("s", "kim", "1", Stage.SIGNED_IN, NOW, {}))
    answer = pages.page(request, "overview.html", one=view(seen, Catalogue.shipped()))
    return bytes(answer.body).decode()


@pytest.fixture
def shown(running: Running, opened: Open) -> Callable[[str, str], Page]:
    """A page of ours in place of the gateway's own, with its policy and look."""

    def show(path: str, text: str) -> Page:
        url = running.ready()["console"]["url"]
        page = opened(url, size=SIZE)
        as_demo(page, running.ready())

        def instead(route: Route) -> None:
            route.fulfill(body=text, headers={**pages.HEADERS, "Content-Type": "text/html; charset=utf-8"})

        page.route(f"{url}{path}", instead)
        page.goto(f"{url}{path}")
        return page

    return show


def test_a_recipient_who_stopped_a_part(running: Running, opened: Open, gateway: Client) -> None:
    to, _ = with_a_history(gateway)
    page = opened(running.ready()["console"]["url"], size={"width": 1280, "height": 980})
    as_demo(page, running.ready())
    page.get_by_role("searchbox").fill(to)
    press(page, "Find")
    assert page.locator(".grid").is_visible()
    picture(page, "recipient")


def test_the_page_behind_a_mails_link(opened: Open, gateway: Client) -> None:
    _, link = footer_link(gateway)
    page = opened(link, size={"width": 900, "height": 980})
    assert page.get_by_role("button").count() > 2
    picture(page, "page")


def test_what_the_doctor_says(browser: Browser, tmp_path: Path) -> None:
    """The very lines of a run: of a gateway that runs, and whose operator has published nothing yet."""
    with Hop() as hop:
        production = Production(tmp_path, hop.port)
        production.command("init")
        production.begin()
        told = run("doctor", "--config", production.config)
        production.end()
    assert told.stdout.splitlines()[-1].endswith(" fail"), told.stderr
    shown = html.escape(f"$ gateway doctor\n{told.stdout}")
    with browser.new_context(viewport={"width": 1060, "height": 100}, device_scale_factor=2) as context:
        page = context.new_page()
        page.set_content(TERMINAL.format(text=shown))
        picture(page, "doctor", text=True)


TERMINAL = """<body style="margin: 0; padding: 1em; background: #16181d; color: #e8e8e8">
<pre style="margin: 0; font: 12px/1.45 'DejaVu Sans Mono', monospace; white-space: pre-wrap; word-break: break-all"
>{text}</pre></body>"""


def test_the_overview_on_a_busy_day(shown: Callable[[str, str], Page]) -> None:
    page = shown("/overview", figures())
    assert page.locator("svg[role=img]").count() == 3
    picture(page, "overview")
