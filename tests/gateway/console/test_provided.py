"""Signing in with the company's account: who comes back is who he was, and what the provider did not say is not so."""

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, OctKey

from gateway.console.provider import Client, Provider
from gateway.state.agents import Role
from suppression.store.store import Store
from tests.gateway.console.company import CLIENT, SECRET, Company, company
from tests.gateway.console.house import URL, Browser, House, employ, house
from tests.gateway.http.world import real_world

THERE, BACK = "/console/sign-in/provider", "/console/sign-in/provider/back"
ROLES = {"support": Role.AGENT, "leads": Role.SUPERVISOR, "root": Role.ADMIN}


@pytest.fixture
async def there() -> AsyncIterator[Company]:
    async with company() as made:
        yield made


@pytest.fixture
async def front(store: Store, tmp_path: Path, there: Company) -> House:
    client = Client(there.issuer, CLIENT, SECRET, "realm.roles", ROLES, URL + BACK)
    doors = (await real_world(store, tmp_path)).doors
    made = house(store, doors, provider=Provider(client), without_codes=frozenset())
    await employ(made)
    return made


async def set_out(browser: Browser) -> str:
    """Press the button; where the browser is sent."""
    await browser.get("/console/sign-in?next=/console/account")
    hidden = browser.hidden("/console/sign-in")
    answer = await browser.send(THERE, hidden)
    assert answer.status_code == 200, answer.text
    found = re.search(r'content="0; url=([^"]+)"', answer.text)
    assert found
    return html.unescape(found[1])


async def come_back(browser: Browser, said: dict[str, str]) -> httpx.Response:
    """Led there by a page of another site."""
    return await browser.client.get(BACK, params=said, headers={"Sec-Fetch-Site": "cross-site"})


async def sign_in(front: House, there: Company) -> tuple[Browser, httpx.Response]:
    browser = front.browser()
    return browser, await come_back(browser, there.authorize(await set_out(browser)))


async def test_who_comes_back_is_signed_in_with_the_role_that_the_provider_says(
    front: House, there: Company
) -> None:
    browser, answer = await sign_in(front, there)
    assert answer.status_code == 200, answer.text
    assert 'url=/console/account"' in answer.text, "a page: the way back is no request of our own site"
    shown = await browser.get("/console/account")
    assert "Kim &lt;Doe&gt;" in shown.text
    (agent,) = [agent for agent in await front.console.agents.list() if "." in agent.name]
    assert re.fullmatch(r"kim-doe\.[0-9a-f]{16}", agent.name)
    assert (agent.role, agent.password) == (Role.AGENT, "")
    assert "Change your password" not in shown.text


async def test_who_comes_again_is_the_same_and_the_strongest_role_counts(
    front: House, there: Company
) -> None:
    await sign_in(front, there)
    there.claims = {"realm": {"roles": ["support", "root"]}}
    browser, _ = await sign_in(front, there)
    assert (await browser.get("/console/agents")).status_code == 200
    assert len([agent for agent in await front.console.agents.list() if "." in agent.name]) == 1


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "http://127.0.0.1/realms/other"},
        {"aud": "another-client"},
        {"aud": None},
        {"aud": ["gateway", "other"], "azp": "other"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"nonce": "of another way"},
        {"nonce": None},
    ],
    ids=str,
)
async def test_what_is_not_for_this_way_and_this_client_is_not_believed(
    front: House, there: Company, claims: dict[str, Any]
) -> None:
    there.claims = claims
    browser, answer = await sign_in(front, there)
    assert answer.status_code == 403
    assert browser.session == ""


@pytest.mark.parametrize("how", ["foreign key", "symmetric key", "no key"])
async def test_a_token_that_the_provider_did_not_sign_is_not_believed(
    front: House, there: Company, how: str
) -> None:
    if how == "foreign key":
        there.sign_with = ECKey.generate_key("P-256", {"kid": "one"})
    elif how == "no key":
        there.header = {"alg": "none"}
    else:
        there.sign_with = OctKey.generate_key(256)
        there.header = {"alg": "HS256", "kid": "one"}
    browser, answer = await sign_in(front, there)
    assert answer.status_code == 403
    assert browser.session == ""


async def test_a_new_key_is_looked_up_but_not_again_and_again(front: House, there: Company) -> None:
    provider = front.console.provider
    assert provider is not None
    await sign_in(front, there)
    there.rotate()
    _, answer = await sign_in(front, there)
    assert (answer.status_code, there.asked.count("keys")) == (403, 1), "just now it was asked"
    assert provider._known is not None
    object.__setattr__(provider._known, "at", provider._known.at - 60)
    _, answer = await sign_in(front, there)
    assert (answer.status_code, there.asked.count("keys")) == (200, 2)


@pytest.mark.parametrize("roles", [[], ["x"], "x", None, {"support": True}, [1]], ids=str)
async def test_who_has_no_role_does_not_get_in(front: House, there: Company, roles: Any) -> None:
    there.claims = {"realm": {"roles": roles}}
    browser, answer = await sign_in(front, there)
    assert answer.status_code == 403
    assert "has no role" in answer.text
    assert browser.session == ""


async def test_another_state_no_code_and_no_journey_lead_nowhere(front: House, there: Company) -> None:
    """Login CSRF: somebody else's code in this browser."""
    for change in ({"state": "x" * 43}, {"code": ""}, {"state": "é"}):
        browser = front.browser()
        said = there.authorize(await set_out(browser))
        assert (await come_back(browser, {**said, **change})).status_code == 403
    attacker = front.browser()
    said = there.authorize(await set_out(attacker))
    victim = front.browser()
    assert (await come_back(victim, said)).status_code == 403
    await set_out(victim)
    assert (await come_back(victim, said)).status_code == 403
    assert victim.session == ""


async def test_a_way_is_gone_once(front: House, there: Company) -> None:
    browser = front.browser()
    said = there.authorize(await set_out(browser))
    journey = browser.client.cookies.get("__Host-console-journey") or ""
    assert (await come_back(browser, said)).status_code == 200
    browser.client.cookies.set("__Host-console-journey", journey, domain="console.test", path="/")
    assert (await come_back(browser, said)).status_code == 403


async def test_who_is_on_the_way_is_nobody_yet(front: House) -> None:
    browser = front.browser()
    await set_out(browser)
    journey = browser.client.cookies.get("__Host-console-journey") or ""
    browser.client.cookies.set("__Host-console", journey, domain="console.test", path="/")
    assert (await browser.get("/console")).status_code == 303


async def test_who_is_disabled_here_stays_out(front: House, there: Company) -> None:
    await sign_in(front, there)
    (agent,) = [agent for agent in await front.console.agents.list() if "." in agent.name]
    await front.console.agents.disable(agent.name)
    there.claims = {"preferred_username": "somebody-else"}
    _, answer = await sign_in(front, there)
    assert answer.status_code == 403


async def test_a_provider_that_is_away_or_another_is_told(front: House, there: Company) -> None:
    browser = front.browser()
    await browser.get("/console/sign-in")
    there.away = True
    answer = await browser.send(THERE, browser.hidden("/console/sign-in"))
    assert answer.status_code == 503
    there.away, there.issuer_says = False, "https://evil.test"
    await browser.get("/console/sign-in")
    answer = await browser.send(THERE, browser.hidden("/console/sign-in"))
    assert answer.status_code == 503


async def test_nobody_is_sent_off_from_another_site_or_without_the_form(front: House, there: Company) -> None:
    browser = front.browser()
    await browser.get("/console/sign-in")
    hidden = browser.hidden("/console/sign-in")
    assert (await browser.send(THERE, hidden, Sec_Fetch_Site="cross-site")).status_code == 403
    assert (await browser.send(THERE, {"next": "/console"})).status_code == 403
    assert there.asked == []


async def test_there_is_no_way_there_without_a_provider(strict: House) -> None:
    browser = strict.browser()
    await browser.get("/console/sign-in")
    assert "company account" not in browser.page
    answer = await browser.send(THERE, browser.hidden("/console/sign-in"))
    assert answer.status_code in {404, 405}


async def test_what_was_typed_comes_along(front: House, there: Company) -> None:
    there.claims = {"realm": {"roles": ["root"]}}
    browser, _ = await sign_in(front, there)
    await browser.get("/console/agents")
    fields = {**browser.hidden("/console/agents"), "name": "typed-before"}
    await front.console.sessions.end(browser.session)
    await browser.send("/console/agents", fields)
    answer = await browser.send(THERE, browser.hidden("/console/sign-in"))
    found = re.search(r'content="0; url=([^"]+)"', answer.text)
    assert found
    await come_back(browser, there.authorize(html.unescape(found[1])))
    shown = await browser.get("/console/agents")
    assert 'value="typed-before"' in shown.text
