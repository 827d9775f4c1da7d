"""A real browser before a running `gateway dev`: Debian's chromium, driven by Playwright, which brings no browser."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.end_to_end.client import Client
from tests.end_to_end.processes import Running

ROOT = Path(__file__).parents[2]
AXE = ROOT / "build" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = ROOT / "build" / "screenshots"
# As root there is no sandbox; the rest keeps it from asking the network for anything.
OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-domain-reliability", "--no-first-run", "--disable-dev-shm-usage",
)  # fmt: skip
NARROW, WIDE = {"width": 320, "height": 640}, {"width": 1280, "height": 900}

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A `gateway dev` for all tests of the browser."""
    running = Running.dev(tmp_path_factory.mktemp("browsed"), "--workers", "1")
    running.ready()
    yield running
    running.stop()
    running.end()


@pytest.fixture
def gateway(running: Running) -> Iterator[Client]:
    client = Client(running.ready())
    yield client
    client.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All in one test process, one after the other: they share the browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Of a module: while Playwright runs, no other test of this process can have an event loop."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no chromium on PATH: install the package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(OPTIONS))
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Opens a page as a reader has it; `scripts` only where the test itself needs them (axe)."""
    contexts: list[BrowserContext] = []

    def open_page(
        url: str,
        language: str = "en",
        size: dict[str, int] | None = None,
        *,
        scripts: bool = False,
        scheme: str = "light",
    ) -> Page:
        context = browser.new_context(
            locale=language,
            viewport=size or WIDE,  # type: ignore[arg-type]
            java_script_enabled=scripts,
            color_scheme=scheme,  # type: ignore[arg-type]
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The checker's source: it is read into the page from outside, so the page's policy stays as it is."""
    if not AXE.exists():
        pytest.skip("no axe-core: npm install --no-save --prefix build/npm axe-core nodemailer")
    return AXE.read_text("utf-8")
