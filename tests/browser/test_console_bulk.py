"""A supervisor with a list from elsewhere, in a real browser: tries it, puts it in, watches, takes it back."""

import contextlib
import csv
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Page, expect

from tests.browser.conftest import NARROW, SCREENSHOTS, WIDE, Open
from tests.browser.console import as_demo, check
from tests.browser.journeys import follow, heading, press
from tests.end_to_end.client import Client
from tests.end_to_end.processes import Running

pytestmark = pytest.mark.xdist_group("browser")  # one browser and one gateway, whatever else runs

Inside = Callable[..., Page]
HOSTILE = (
    "<script>alert(1)</script>,,\n=HYPERLINK(1),,\n@half,\nbob@example.net,nothing/known,\n",
    "not an address at all and much longer than any other of the rows that stand above it here,,\n",
)


@pytest.fixture
def inside(running: Running, opened: Open) -> Inside:
    """Signed in, on the page of lists."""

    def enter(**how: Any) -> Page:
        facts = running.ready()
        page = opened(facts["console"]["url"], **how)
        as_demo(page, facts)
        follow(page, page.get_by_role("link", name="Bulk").first)
        return page

    return enter


def written(folder: Path, rows: int, name: str = "old-shop") -> Path:
    mark, path = secrets.token_hex(4), folder / f"{name}.csv"
    lines = [f"reader-{mark}-{number}@example.net,marketing,left the old shop\n" for number in range(rows)]
    path.write_text("address,purpose,note\n" + "".join(lines) + "".join(HOSTILE))
    return path


def bring(page: Page, path: Path, label: str = "Old shop, November") -> None:
    page.get_by_label("Label").fill(label)
    page.get_by_label("File", exact=True).set_input_files(path)
    press(page, "Try it")


def settled(page: Page, said: str) -> None:
    """The page turns to what came of it by itself."""
    expect(page.locator(".verdict")).to_contain_text(said, timeout=60_000)
    expect(page.locator("progress")).to_have_count(0, timeout=60_000)


def test_a_list_is_tried_put_in_and_taken_back(
    inside: Inside, gateway: Client, axe: str, tmp_path: Path
) -> None:
    page = inside(scripts=True)
    check(page, axe, "bulk")
    path = written(tmp_path, 120)
    bring(page, path)
    settled(page, "120 rows of 125 would stop something new; 0 rows were known already, 5 were rejected.")
    assert "Old shop, November" in heading(page)
    check(page, axe, "bulk-tried")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download the rejected rows").click()
    rows = list(csv.reader(downloading.value.path().read_text("utf-8").splitlines()))
    assert (len(rows), downloading.value.suggested_filename[:8]) == (6, "rejects-")
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    press(page, "Put 120 stops in")
    settled(page, "Put in: 120 stops were added")
    check(page, axe, "bulk-done")
    to = path.read_text().splitlines()[1].partition(",")[0]
    assert len(stops(gateway, to)) == 1
    follow(page, page.get_by_role("link", name="Take it back"))
    check(page, axe, "bulk-undo")
    press(page, "Take it back")
    settled(page, "Taken back: 120 stops ended")
    check(page, axe, "bulk-undone")
    assert stops(gateway, to) == []


def stops(gateway: Client, to: str) -> list[Any]:
    answer = gateway.http.get(f"/v1/recipients/{to}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["suppressions"])


def test_a_bar_moves_while_a_large_list_is_put_in(inside: Inside, axe: str, tmp_path: Path) -> None:
    page = inside(scripts=True)
    path = written(tmp_path, 150_000, "large")
    bring(page, path, "Large")
    check(page, axe, "bulk-being-tried")
    settled(page, "150,000 rows of 150,005 would stop something new")
    press(page, "Put 150,000 stops in")
    seen = set(moving(page))
    settled(page, "Put in: 150,000 stops were added")
    assert len(seen) > 1, seen


def moving(page: Page) -> Iterator[float]:
    """What the bar shows, until there is none; pictured once it has moved."""
    before: float | None = 0
    while before is not None:
        with contextlib.suppress(Error):  # the page is being loaded anew
            now = page.evaluate("document.querySelector('progress')?.value ?? null")
            if now and not before:
                page.screenshot(path=SCREENSHOTS / "console-bulk-running.png", full_page=True)
            before = now
        if before is not None:
            yield before
        page.wait_for_timeout(50)


def test_all_of_it_works_without_script(inside: Inside, tmp_path: Path) -> None:
    page = inside(scripts=False)
    bring(page, written(tmp_path, 3, "by hand"), "")
    refreshed(page)
    assert heading(page).startswith("by hand")
    press(page, "Put 3 stops in")
    refreshed(page)
    assert "Put in: 3 stops were added" in page.inner_text(".verdict")


def refreshed(page: Page) -> None:
    while page.locator("progress").count():
        follow(page, page.get_by_role("link", name="Show how far it is now"))


def test_what_is_wrong_with_a_list_is_told(inside: Inside, axe: str, tmp_path: Path) -> None:
    page = inside(scripts=True)
    path = tmp_path / "letter.csv"
    path.write_bytes(b"Dear all,\nthis is no list.\n")
    bring(page, path, "a|b")
    assert "A label has 1 to 64 characters" in page.inner_text("main")
    check(page, axe, "bulk-refused")
    bring(page, path, "letter")
    settled(page, "Nothing of it could be used: no heading that is understood")
    check(page, axe, "bulk-failed")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_everybody_can_use_it(
    inside: Inside, axe: str, size: dict[str, int], scheme: str, tmp_path: Path
) -> None:
    page, kind = inside(size=size, scripts=True, scheme=scheme), f"{size['width']}-{scheme}"
    check(page, axe, f"bulk-{kind}")
    bring(page, written(tmp_path, 4))
    settled(page, "4 rows of 9 would stop something new")
    check(page, axe, f"bulk-tried-{kind}")
