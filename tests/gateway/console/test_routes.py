"""Every route of the whole application, API and console: who may come in is said for each, and it is so."""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi.routing import APIRoute
from starlette.routing import Route

from gateway.console import app as console_app
from gateway.console.access import ConsoleRoute
from gateway.console.forms import token
from gateway.console.roles import PERMISSIONS, Permission, may
from gateway.http.access import KeyedRoute
from gateway.state.agents import Role
from gateway.state.sessions import Stage
from tests.documents.routes import application, named
from tests.gateway.console.house import Browser, House

# Whoever has the link; whatever a provider signed; what holds nothing of anybody; dev only; and the front door.
PUBLIC = {
    "GET /u/doctor/{challenge}",
    "GET /u/{token}", "POST /u/{token}", "POST /u/{token}/undo", "POST /u/{token}/preferences",
    "GET /c/{token}", "POST /c/{token}",
    "POST /hooks/mail/{provider}", "POST /hooks/twilio/sms", "POST /hooks/twilio/status",
    "POST /hooks/twilio/voice/key", "POST /hooks/twilio/voice/amd", "POST /hooks/twilio/voice/gathered",
    "POST /hooks/twilio/voice/line", "POST /hooks/twilio/voice/line/step",
    "POST /hooks/twilio/voice/line/number", "POST /hooks/twilio/voice/line/confirm",
    "GET /docs", "GET /openapi.json", "GET /healthz", "GET /readyz", "GET /metrics",
    "GET /assets/page.HASH.css", "GET /assets/theme/{name}.css",
    "GET /console/assets/console.HASH.css", "GET /console/assets/console.HASH.js",
    "GET /sandbox/messages", "DELETE /sandbox/messages", "PUT /sandbox/clock", "GET /sandbox",
    "GET /sandbox/messages/{id}", "GET /sandbox/messages/{id}/html", "GET /sandbox/messages/{id}/raw",
    "POST /sandbox/messages/{id}/reply", "POST /sandbox/messages/{id}/key",
    "POST /sandbox/messages/{id}/machine", "POST /sandbox/line",
    "GET /console/sign-in", "POST /console/sign-in",
}  # fmt: skip
_READING = {"GET", "HEAD"}


def routes(front: House) -> dict[str, APIRoute | Route]:
    return dict(named(application(console_app.routes(front.console)).routes))


def for_agents(front: House) -> Iterator[tuple[str, str, ConsoleRoute]]:
    """Method, an address, and the route."""
    for name, route in routes(front).items():
        if isinstance(route, ConsoleRoute):
            method, _, path = name.partition(" ")
            yield method, re.sub(r"\{[^}]+\}", "nothing", path), route


async def test_every_route_needs_a_key_or_a_permission_or_is_on_the_short_list(front: House) -> None:
    open_to_all = {
        name
        for name, route in routes(front).items()
        if not (isinstance(route, KeyedRoute) and route.scopes) and not isinstance(route, ConsoleRoute)
    }
    assert open_to_all == PUBLIC


async def test_whatever_is_under_console_is_the_consoles(front: House) -> None:
    found = {name for name, route in routes(front).items() if "/console" in name} - PUBLIC
    assert found
    assert all(isinstance(routes(front)[name], ConsoleRoute) for name in found)


async def test_who_is_not_signed_in_gets_nowhere(front: House) -> None:
    for method, path, _ in for_agents(front):
        answer = await ask(front.browser(), method, path)
        allowed = (303,) if method in _READING else (401,)
        assert answer.status_code in allowed, (method, path)
        if method in _READING:
            assert answer.headers["location"].startswith("/console/sign-in"), path


@pytest.mark.parametrize("role", Role)
async def test_each_role_gets_where_it_may_and_nowhere_else(front: House, role: Role) -> None:
    for method, path, route in for_agents(front):
        if route.stage is not Stage.SIGNED_IN:
            continue
        answer = await ask(await inside(front, role), method, path)
        refused = answer.status_code == 403 and "Not permitted" in answer.text
        assert refused is not may(role, route.permission), (method, path, role)
        assert "/console/sign-in" not in answer.headers.get("location", "") or path.endswith("sign-out")


async def test_no_route_changes_anything_without_a_token_or_from_another_site(front: House) -> None:
    for method, path, route in for_agents(front):
        if method in _READING or route.stage is not Stage.SIGNED_IN:
            continue
        without = await ask(await inside(front, Role.ADMIN), method, path, token="")
        assert without.status_code == 403, (method, path)
        foreign = await ask(await inside(front, Role.ADMIN), method, path, site="cross-site")
        assert foreign.status_code == 403, (method, path)


async def test_steps_of_signing_in_are_for_who_is_at_that_step(front: House) -> None:
    for method, path, route in for_agents(front):
        if route.stage is Stage.SIGNED_IN:
            continue
        for stage in set(Stage) - {route.stage}:
            answer = await ask(await inside(front, Role.ADMIN, stage), method, path)
            assert answer.status_code in {303, 401}, (method, path, stage)


async def inside(front: House, role: Role, stage: Stage = Stage.SIGNED_IN) -> Browser:
    agent, browser = await front.console.agents.one(role.value), front.browser()
    session = await front.console.sessions.start(agent.name, agent.generation, stage)
    browser.client.cookies.set("__Host-console", session.id, domain="console.test", path="/")
    return browser


async def ask(
    browser: Browser, method: str, path: str, *, token: str | None = None, site: str = "same-origin"
) -> httpx.Response:
    if method in _READING:
        return await browser.client.request(method, path)
    proof = form_token(browser) if token is None else token
    return await browser.client.request(
        method,
        path,
        params={"form_token": proof},
        data={"form_token": proof},
        headers={"Sec-Fetch-Site": site},
    )


def form_token(browser: Browser) -> str:
    return token(browser.session)


def test_auditors_only_read_and_admins_may_all() -> None:
    reading = {
        Permission.OWN, Permission.FIND, Permission.EXPLAIN, Permission.OVERVIEW, Permission.APPS,
        Permission.SETTINGS,
    }  # fmt: skip
    assert PERMISSIONS[Role.AUDITOR] <= reading
    assert PERMISSIONS[Role.ADMIN] == set(Permission)
    assert PERMISSIONS[Role.AGENT] < PERMISSIONS[Role.SUPERVISOR] < PERMISSIONS[Role.ADMIN]
