"""Who gets in, who does not, and what somebody learns who tries."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.console import app as console_app
from gateway.console import cookies
from gateway.http.app import create_app
from gateway.state.agents import Role
from gateway.state.rate_limits import TokenBucket
from gateway.state.sessions import Stage
from tests.gateway.console.house import PASSWORD, URL, House

ELSEWHERE = "198.51.100.7"


async def test_a_right_password_opens_the_console(front: House) -> None:
    browser = front.browser()
    answer = await browser.sign_in("agent")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    shown = await browser.follow(answer)
    assert shown.status_code == 200
    assert "The agent" in shown.text


async def test_without_a_session_there_is_only_the_sign_in(front: House) -> None:
    answer = await front.browser().get("/console/account?x=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/console/sign-in?next=/console/account%3Fx%3D1"


async def test_after_signing_in_the_page_is_shown_that_was_asked_for(front: House) -> None:
    browser = front.browser()
    await browser.follow(await browser.get("/console/account"))
    answer = await browser.post("/console/sign-in", {"name": "agent", "password": PASSWORD})
    assert answer.headers["location"] == "/console/account"


@pytest.mark.parametrize(
    "there",
    [
        "https://evil.test/",
        "//evil.test",
        "/console//evil.test",
        "/v1/log",
        "/console\\@evil.test",
        "javascript:x",
        "/consolex",
    ],
)
async def test_nobody_is_sent_elsewhere(front: House, there: str) -> None:
    browser = front.browser()
    await browser.get("/console/sign-in")
    hidden = browser.hidden("/console/sign-in")
    answer = await browser.send(
        "/console/sign-in", {**hidden, "next": there, "name": "agent", "password": PASSWORD}
    )
    assert answer.headers["location"] == "/console"


async def test_cookies_are_for_this_host_this_site_and_no_script(front: House) -> None:
    browser = front.browser()
    answer = await browser.sign_in("agent")
    (said,) = answer.headers.get_list("set-cookie")
    assert said.startswith("__Host-console=")
    assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/"} <= set(said.split("; "))
    assert "Domain" not in said
    assert len(browser.session) >= 43  # 256 bits


async def test_every_answer_has_the_strict_headers(front: House) -> None:
    browser = await front.signed_in()
    for answer in [await browser.get(path) for path in ("/console", "/console/sign-in", "/console/nowhere")]:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<(script|style)(?![^>]*src=)[ >]| style=| on\w+=", answer.text)


async def test_a_stranger_and_a_wrong_password_are_told_the_same(front: House) -> None:
    said = []
    for name, password in (
        ("agent", "wrong password 1"),
        ("nobody-at-all", "wrong password 1"),
        ("../x", ""),
    ):
        browser = front.browser()
        answer = await browser.sign_in(name, password)
        assert browser.session == ""
        shown = re.sub(r'value="[^"]*"', "", answer.text)
        said.append((answer.status_code, shown))
    assert len(set(said)) == 1
    assert said[0][0] == 403


async def test_who_is_unknown_costs_a_hash_as_well(front: House) -> None:
    counted = Counting(front)
    await front.browser().sign_in("agent", "wrong password 1")
    known, counted.verified = counted.verified, 0
    await front.browser().sign_in("nobody", "wrong password 1")
    assert known == counted.verified == 1


class Counting:
    """Counts verifications; the hasher itself is the real one."""

    def __init__(self, house: House) -> None:
        self.verified = 0
        passwords = house.console.agents._passwords
        self._hasher = passwords._hasher
        passwords._hasher = self  # type: ignore[assignment]

    def verify(self, password: bytes, known: str) -> bool:
        self.verified += 1
        return self._hasher.verify(password, known)

    def hash(self, password: bytes) -> str:
        return self._hasher.hash(password)


@pytest.mark.parametrize("name", ["agent", "nobody"])
async def test_who_guesses_is_locked_out_of_the_name_whoever_it_is_and_nobody_else(
    front: House, name: str
) -> None:
    statuses = [(await front.browser().sign_in(name, f"guess number {at}")).status_code for at in range(8)]
    assert statuses == [403] * 5 + [429] * 3
    answer = await front.browser().sign_in(name, PASSWORD)
    assert answer.status_code == 429, "not even the right one, now"
    assert "Too many tries. Wait" in answer.text
    elsewhere = await front.browser(ELSEWHERE).sign_in(name, PASSWORD)
    assert elsewhere.status_code == (303 if name == "agent" else 403)


def slow_names(front: House) -> House:
    """Ten tries at a name from places that are not known."""
    tries = front.console.tries
    names = TokenBucket(tries.names.lane, "few", most=10, between=timedelta(hours=1))
    console = replace(front.console, tries=replace(tries, names=names))
    return House(console, front.watch, create_app(console.doors, console=console_app.routes(console)))


@pytest.mark.parametrize("name", ["agent", "nobody"])
async def test_guessing_from_many_places_is_slow_whoever_it_is(front: House, name: str) -> None:
    front = slow_names(front)
    statuses = [
        (await front.browser(f"203.0.113.{at}").sign_in(name, f"guess number {at}")).status_code
        for at in range(100, 113)
    ]
    assert statuses == [403] * 10 + [429] * 3


async def test_guessing_from_many_places_shuts_nobody_out_who_comes_from_where_he_was(front: House) -> None:
    front = slow_names(front)
    assert (await front.browser(ELSEWHERE).sign_in("agent")).status_code == 303
    for at in range(100, 112):
        await front.browser(f"203.0.113.{at}").sign_in("agent", f"guess number {at}")
    assert (await front.browser().sign_in("agent")).status_code == 429
    for _ in range(12):
        assert (await front.browser(ELSEWHERE).sign_in("agent")).status_code == 303
    assert (await front.browser(ELSEWHERE).sign_in("auditor")).status_code == 303


async def test_a_place_that_is_known_has_no_more_tries_of_its_own(front: House) -> None:
    assert (await front.browser(ELSEWHERE).sign_in("agent")).status_code == 303
    statuses = [
        (await front.browser(ELSEWHERE).sign_in("agent", f"guess number {at}")).status_code for at in range(7)
    ]
    assert statuses == [403] * 5 + [429] * 2


async def test_many_guesses_at_once_are_many(front: House) -> None:
    browsers = [front.browser() for _ in range(20)]
    for browser in browsers:
        await browser.get("/console/sign-in")
    tries = (
        browser.post("/console/sign-in", {"name": "agent", "password": f"guess number {at}"})
        for at, browser in enumerate(browsers)
    )
    statuses = [answer.status_code for answer in await asyncio.gather(*tries)]
    assert statuses.count(403) + statuses.count(503) <= 5
    assert statuses.count(429) >= 15


async def test_a_success_forgets_the_failures(front: House) -> None:
    for _ in range(3):
        for at in range(4):
            await front.browser().sign_in("agent", f"guess number {at}")
        await front.signed_in("agent")


async def test_the_id_changes_at_each_step_and_a_planted_one_is_worth_nothing(front: House) -> None:
    """Session fixation."""
    planted = "x" * 43
    browser = front.browser()
    browser.client.cookies.set("__Host-console", planted, domain="console.test")
    await browser.sign_in("agent")
    assert planted not in browser.session
    attacker = front.browser()
    attacker.client.cookies.set("__Host-console", planted, domain="console.test")
    assert (await attacker.get("/console")).status_code == 303


async def test_a_session_that_somebody_gave_away_ends_when_another_signs_in(front: House) -> None:
    """The attacker signs in himself, plants his own session, and waits for the victim to sign in."""
    attacker = await front.signed_in("auditor")
    planted = attacker.session
    victim = front.browser()
    victim.client.cookies.set("__Host-console", planted, domain="console.test", path="/")
    await victim.sign_in("admin")
    assert (await attacker.get("/console")).status_code == 303


async def test_signing_out_ends_the_session_for_good(front: House) -> None:
    browser = await front.signed_in()
    stolen = browser.session
    await browser.get("/console")
    assert (await browser.post("/console/sign-out")).status_code == 303
    thief = front.browser()
    thief.client.cookies.set("__Host-console", stolen, domain="console.test")
    assert (await thief.get("/console")).status_code == 303


async def test_a_session_ends_after_twelve_hours_whatever_is_done(front: House) -> None:
    browser = await front.signed_in()
    for _ in range(11):
        front.watch.go_on(timedelta(hours=1))
        assert (await browser.get("/console")).status_code == 200
    front.watch.go_on(timedelta(hours=1))
    assert (await browser.get("/console")).status_code == 303


async def test_a_session_ends_when_nothing_is_done(front: House) -> None:
    browser = await front.signed_in()
    left = await idle_left(front)
    assert 1790 < left <= 1800
    await front.console.sessions._lane.execute("PEXPIRE", await session_key(front), 5000)
    await browser.get("/console", x_console_refresh="1")
    assert await idle_left(front) <= 5, "what the page asks by itself is nobody's doing"
    await browser.get("/console")
    assert await idle_left(front) > 1790


async def session_key(front: House) -> bytes:
    (key,) = await front.console.sessions._lane.execute("KEYS", "{console}session:*")
    assert isinstance(key, bytes)
    return key


async def idle_left(front: House) -> int:
    return int(await front.console.sessions._lane.execute("TTL", await session_key(front)))


async def test_ids_passwords_and_secrets_are_not_in_the_store(strict: House) -> None:
    browser = strict.browser()
    secret = await browser.enrol("agent")
    lane = strict.console.sessions._lane
    held = b""
    for key in await lane.execute("KEYS", "{console}*"):
        held += await lane.execute("DUMP", key) + key
    assert secret.encode() not in held
    assert PASSWORD.encode() not in held
    assert browser.session.encode() not in held


@pytest.mark.parametrize("change", ["disable", "role", "reset", "password"])
async def test_all_sessions_end_when_an_agent_changes(front: House, change: str) -> None:
    browsers = [await front.signed_in("agent") for _ in range(2)]
    agents = front.console.agents
    match change:
        case "disable":
            await agents.disable("agent")
        case "role":
            await agents.change_role("agent", Role.ADMIN)
        case "reset":
            await agents.reset("agent")
        case _:
            await agents.change_password("agent", "another long one")
    for browser in browsers:
        assert (await browser.get("/console")).status_code == 303


async def test_who_is_disabled_is_told_what_a_stranger_is(front: House) -> None:
    await front.console.agents.disable("agent")
    answer = await front.browser().sign_in("agent")
    assert answer.status_code == 403
    assert "check name and password" in answer.text


async def test_a_form_for_signing_in_is_of_the_browser_that_was_shown_it(front: House) -> None:
    """Login CSRF: somebody else's token, and none."""
    other, browser = front.browser(), front.browser()
    await other.get("/console/sign-in")
    await browser.get("/console/sign-in")
    for fields in (other.hidden("/console/sign-in"), {}):
        answer = await browser.send("/console/sign-in", {**fields, "name": "agent", "password": PASSWORD})
        assert answer.status_code == 403
        assert browser.session == ""


@pytest.mark.parametrize(
    "said",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
        {"Sec_Fetch_Site": "", "Origin": "https://evil.test"},
        {"Sec_Fetch_Site": "", "Origin": "null"},
        {"Sec_Fetch_Site": "", "Origin": ""},
        {"Origin": "https://evil.test"},
    ],
)
async def test_nobody_signs_in_from_another_site(front: House, said: dict[str, str]) -> None:
    browser = front.browser()
    await browser.get("/console/sign-in")
    answer = await browser.post("/console/sign-in", {"name": "agent", "password": PASSWORD}, **said)
    assert answer.status_code == 403
    assert browser.session == ""


async def test_an_older_browser_says_only_its_origin(front: House) -> None:
    browser = front.browser()
    await browser.get("/console/sign-in")
    fields = {"name": "agent", "password": PASSWORD}
    answer = await browser.post("/console/sign-in", fields, Sec_Fetch_Site="", Origin=URL)
    assert answer.headers["location"] == "/console"


async def test_the_store_being_away_is_no_refusal(front: House) -> None:
    browser = front.browser()
    await browser.get("/console/sign-in")
    await front.console.sessions._lane.close()
    answer = await browser.post("/console/sign-in", {"name": "agent", "password": PASSWORD})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "Store temporarily unavailable" in answer.text


async def test_odd_bytes_in_name_password_and_cookie_are_only_wrong(front: House) -> None:
    browser = front.browser()
    await browser.get("/console/sign-in")
    for name, password in (("\x00", "\x00"), ("é" * 300, "€" * 300), ("a:b*", "{}")):
        answer = await browser.post("/console/sign-in", {"name": name, "password": password})
        assert answer.status_code == 403, answer.text
    browser.client.cookies.set("__Host-console", "%00" * 20, domain="console.test")
    assert (await browser.get("/console")).status_code == 303


def test_over_http_the_cookie_has_no_prefix_and_is_not_secure(front: House) -> None:
    from dataclasses import replace

    from starlette.responses import Response

    response = Response()
    cookies.set_session(replace(front.console, origin="http://127.0.0.1:1"), response, "x")
    assert response.headers["set-cookie"] == "console=x; HttpOnly; Path=/; SameSite=strict"


async def test_a_session_that_waits_for_a_code_opens_nothing(strict: House) -> None:
    browser = strict.browser()
    await browser.sign_in("agent")
    session = await strict.console.sessions.find(browser.session, touch=False)
    assert session is not None
    assert session.stage is Stage.ENROL
    for path in ("/console", "/console/account", "/console/sign-in/code", "/console/nowhere"):
        assert (await browser.get(path)).status_code == 303


async def test_what_pages_ask_by_themselves_is_told_that_nobody_is_there(front: House) -> None:
    """A script must not be led to the page to sign in on, and take it for news."""
    browser = front.browser()
    for headers in ({"x_console_refresh": "1"}, {"accept": "text/event-stream"}):
        answer = await browser.get("/console", **headers)
        assert (answer.status_code, answer.text) == (401, "")
