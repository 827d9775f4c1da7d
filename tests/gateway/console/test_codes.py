"""One-time codes: set up once, asked for ever after, each good once; and the way back in without the device."""

import re
from datetime import timedelta

import httpx

from tests.gateway.console.house import Browser, House

STEP = timedelta(seconds=30)


async def with_code(browser: Browser, code: str, name: str = "agent") -> httpx.Response:
    answer = await browser.sign_in(name)
    assert answer.headers["location"] == "/console/sign-in/code"
    await browser.follow(answer)
    return await browser.post("/console/sign-in/code", {"code": code})


async def test_codes_are_set_up_at_the_first_sign_in_and_asked_for_at_the_next(strict: House) -> None:
    browser = strict.browser()
    secret = await browser.enrol("agent")
    assert (await browser.get("/console")).status_code == 200
    strict.watch.go_on(STEP)
    again = strict.browser()
    answer = await with_code(again, again.code(secret))
    assert (await again.follow(answer)).status_code == 200


async def test_the_key_is_a_link_for_apps_too(strict: House) -> None:
    browser = strict.browser()
    await browser.follow(await browser.sign_in("agent"))
    assert f"otpauth://totp/Suppression%20gateway:agent?secret={browser.secret()}" in browser.page
    shown = browser.secret()
    await browser.get("/console/sign-in/enrol")
    assert browser.secret() == shown


async def test_a_code_is_good_once(strict: House) -> None:
    secret = await strict.browser().enrol("agent")
    code = strict.browser().code(secret)
    assert (await with_code(strict.browser(), code)).status_code == 403, "it was used to set up"
    strict.watch.go_on(STEP)
    code = strict.browser().code(secret)
    assert (await with_code(strict.browser(), code)).status_code == 303
    replayed = await with_code(strict.browser(), code)
    assert replayed.status_code == 403
    assert "each code is good once" in replayed.text.lower()


async def test_a_code_of_a_minute_ago_is_none(strict: House) -> None:
    secret = await strict.browser().enrol("agent")
    strict.watch.go_on(STEP)
    old = strict.browser().code(secret)
    strict.watch.go_on(2 * STEP)
    assert (await with_code(strict.browser(), old)).status_code == 403


async def test_a_recovery_code_is_good_once_and_new_ones_end_the_old(strict: House) -> None:
    browser = strict.browser()
    await browser.enrol("agent")
    codes = re.findall(r"<li><code>([a-z0-9-]+)</code>", browser.page)
    assert len(set(codes)) == 10
    assert (await with_code(strict.browser(), codes[0].upper())).status_code == 303
    assert (await with_code(strict.browser(), codes[0])).status_code == 403
    await strict.console.second_factor.recovery_codes("agent")
    assert (await with_code(strict.browser(), codes[1])).status_code == 403


async def test_codes_cannot_be_guessed_from_many_places_and_who_is_known_gets_in(strict: House) -> None:
    """Somebody has the password; the agent signed in from where he is now."""
    secret = await strict.browser().enrol("agent")
    statuses = []
    for at in range(7):
        browser = strict.browser(f"198.51.100.{at}")
        await browser.follow(await browser.sign_in("agent"))
        statuses.append((await browser.post("/console/sign-in/code", {"code": f"{at:06}"})).status_code)
    assert statuses == [403] * 5 + [429] * 2
    strict.watch.go_on(STEP)
    browser = strict.browser()
    assert (await with_code(browser, browser.code(secret))).status_code == 303


async def test_codes_cannot_be_guessed_with_a_stolen_password(strict: House) -> None:
    """A right password does not take back the tries at the code."""
    await strict.browser().enrol("agent")
    statuses = []
    for at in range(6):
        browser = strict.browser()
        answer = await browser.sign_in("agent")
        statuses.append(answer.status_code)
        if answer.status_code == 303:
            await browser.follow(answer)
            statuses.append((await browser.post("/console/sign-in/code", {"code": f"{at:06}"})).status_code)
    assert statuses.count(403) <= 5
    assert statuses[-1] == 429


async def test_another_agents_code_is_none(strict: House) -> None:
    await strict.browser().enrol("agent")
    other = await strict.browser().enrol("admin")
    strict.watch.go_on(STEP)
    assert (await with_code(strict.browser(), strict.browser().code(other))).status_code == 403


async def test_setting_up_needs_a_right_code_and_keeps_nothing_otherwise(strict: House) -> None:
    browser = strict.browser()
    await browser.follow(await browser.sign_in("agent"))
    answer = await browser.post("/console/sign-in/enrol", {"code": "000000"})
    assert answer.status_code == 403
    assert not (await strict.console.agents.one("agent")).enrolled
    assert (await browser.get("/console")).status_code == 303


async def test_who_has_codes_cannot_set_up_others_with_the_password_alone(strict: House) -> None:
    await strict.browser().enrol("agent")
    browser = strict.browser()
    await browser.sign_in("agent")
    assert (await browser.get("/console/sign-in/enrol")).headers["location"] == "/console/sign-in"


async def test_a_reset_asks_to_set_up_anew(strict: House) -> None:
    await strict.browser().enrol("agent")
    password = await strict.console.agents.reset("agent")
    answer = await strict.browser().sign_in("agent", password)
    assert answer.headers["location"] == "/console/sign-in/enrol"
