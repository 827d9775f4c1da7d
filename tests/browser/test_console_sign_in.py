"""Agents sign in, in a real browser: with and without scripts, by keyboard, on a phone and in the dark."""

import re
import subprocess
import sys
import time

import pyotp
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import NARROW, WIDE, Open
from tests.browser.console import PASSWORD, as_demo, check, sign_in
from tests.browser.journeys import heading, press
from tests.end_to_end.processes import Running, environment

pytestmark = pytest.mark.xdist_group("browser")  # one browser and one gateway, whatever else runs


def employ(running: Running, name: str, role: str = "agent") -> None:
    subprocess.run(
        [sys.executable, "-m", "gateway", "agents", "add", name, "--role", role, "--title", f"{name.title()} Doe",
         "--password-stdin", "--data-dir", running.data],
        input=f"{PASSWORD}\n", text=True, check=True, timeout=60, env=environment(),
    )  # fmt: skip


def watched(page: Page) -> list[str]:
    """What the browser complains of: a policy that forbids something of ours, a script that fails."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


@pytest.mark.parametrize("scripts", [False, True])
def test_an_agent_signs_in_and_out(running: Running, opened: Open, *, scripts: bool) -> None:
    facts = running.ready()
    page = opened(facts["console"]["url"], scripts=scripts)
    complaints = watched(page)
    assert heading(page) == "Sign in"
    as_demo(page, facts)
    assert heading(page) == "Console"
    assert page.get_by_role("link", name="Demo admin").is_visible()
    press(page, "Sign out")
    assert "You are signed out" in page.inner_text("main")
    page.goto(facts["console"]["url"])
    assert heading(page) == "Sign in"
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_every_page_of_the_frame_can_be_used_by_everybody(
    running: Running, opened: Open, axe: str, size: dict[str, int], scheme: str
) -> None:
    facts = running.ready()
    url, kind = facts["console"]["url"], f"{size['width']}-{scheme}"
    page = opened(url, size=size, scripts=True, scheme=scheme)
    complaints = watched(page)
    check(page, axe, f"sign-in-{kind}")
    as_demo(page, facts)
    check(page, axe, f"start-{kind}")
    for path in ("account", "agents"):
        page.goto(f"{url}/{path}")
        check(page, axe, f"{path}-{kind}")
    page.get_by_label("Name to sign in with").fill("Not A Name")
    press(page, "Add")
    check(page, axe, f"agents-refused-{kind}")
    page.goto(f"{url}/nowhere")
    assert heading(page) == "Not found"
    check(page, axe, f"not-found-{kind}")
    page.goto(f"{url}/sign-in")
    sign_in(page, "demo", "not the password")
    check(page, axe, f"sign-in-refused-{kind}")
    assert [said for said in complaints if "status of 4" not in said] == []


def test_codes_are_set_up_and_recovery_codes_shown(running: Running, opened: Open, axe: str) -> None:
    employ(running, "kim", "supervisor")
    page = opened(running.ready()["console"]["url"], scripts=True)
    sign_in(page, "kim", PASSWORD)
    assert heading(page) == "Set up one-time codes"
    check(page, axe, "enrol")
    totp = pyotp.TOTP(page.locator("#secret").inner_text().replace(" ", ""))
    page.get_by_label("Code that the app shows now").fill(totp.now())
    press(page, "Go on")
    assert heading(page) == "Recovery codes"
    check(page, axe, "recovery")
    code = page.locator("li code").first.inner_text()
    page.get_by_role("link", name="I have kept them").click()
    assert heading(page) == "Console"
    press(page, "Sign out")
    page.goto(running.ready()["console"]["url"])
    sign_in(page, "kim", PASSWORD)
    check(page, axe, "code")
    page.get_by_label("Code from your device").fill(code)
    press(page, "Go on")
    assert heading(page) == "Console"
    assert page.get_by_role("link", name="Agents").count() == 0, "not for supervisors"


def test_it_can_all_be_done_by_keyboard(running: Running, opened: Open) -> None:
    facts = running.ready()
    page = opened(facts["console"]["url"])
    page.keyboard.press("Tab")
    page.keyboard.type("demo")
    page.keyboard.press("Tab")
    page.keyboard.type(facts["console"]["password"])
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page) == "To the content"
    seen = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.add(focused(page))
    assert {"Suppression gateway", "Agents", "Demo admin", "Sign out"} <= seen


def focused(page: Page) -> str:
    return page.locator(":focus").inner_text() if page.locator(":focus").count() else ""


def test_what_was_typed_is_there_again_after_a_time_out(running: Running, opened: Open) -> None:
    facts = running.ready()
    page = opened(facts["console"]["url"])
    as_demo(page, facts)
    page.goto(f"{facts['console']['url']}/agents")
    page.get_by_label("Name to sign in with").fill("typed-before")
    page.context.clear_cookies()
    press(page, "Add")
    assert "What you typed is not lost" in page.inner_text("main")
    as_demo(page, facts)
    assert page.get_by_label("Name to sign in with").input_value() == "typed-before"
    assert "What you typed is here again" in page.inner_text("main")


def test_a_page_is_light(running: Running, opened: Open) -> None:
    facts = running.ready()
    page = opened(facts["console"]["url"], scripts=True)
    loaded: list[int] = []
    page.on("response", lambda answer: loaded.append(len(answer.body()) if answer.ok else 0))
    as_demo(page, facts)
    time.sleep(0.5)
    assert re.search("console", page.url)
    assert sum(loaded) <= 60_000, "of 150 KB that a page may have"


def test_the_script_is_short() -> None:
    from gateway.console import pages

    assert pages._SCRIPT.text.count(b"\n") <= 200
