"""Who may call what: every route is behind a key or on the short public list."""

import re
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from starlette.routing import Route

from gateway.http.access import KeyedRoute
from tests.gateway.http.world import SECRETS, FakeWorld, World

PUBLIC = {
    "/u/{token}",
    "/u/doctor/{challenge}",
    "/u/{token}/undo",
    "/u/{token}/preferences",
    "/c/{token}",
    "/healthz",
    "/metrics",
    "/readyz",
    "/docs",
    "/openapi.json",
    # Dev only.
    "/sandbox",
    "/sandbox/messages",
    "/sandbox/messages/{id}",
    "/sandbox/messages/{id}/html",
    "/sandbox/messages/{id}/raw",
    "/sandbox/clock",
}


def routes(world: World) -> Iterator[Route]:
    """All, with those of included routers."""
    waiting = list(world.app.routes)
    while waiting:
        route = waiting.pop()
        if isinstance(route, Route):
            yield route
        else:
            waiting += getattr(route, "routes", ()) or getattr(route.original_router, "routes", ())  # type: ignore[attr-defined]


async def test_every_route_is_behind_a_key_or_on_the_public_list(world: World) -> None:
    found = list(routes(world))
    keyed = {route.path for route in found if isinstance(route, KeyedRoute)}
    public = {route.path for route in found if not isinstance(route, KeyedRoute)}

    assert {path for path in public if not path.startswith("/assets/")} == PUBLIC
    assert len(keyed) >= 8
    assert all(path.startswith("/v1/") for path in keyed)


async def test_every_keyed_route_answers_401_before_it_reads_anything(world: World) -> None:
    for route in routes(world):
        if not isinstance(route, KeyedRoute):
            continue
        path = re.sub(r"\{[^}]+\}", "x", route.path)
        for method in route.methods or ():
            answer = await world.client.request(method, path, content=b"{broken")
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.headers["content-type"] == "application/problem+json"


async def test_no_route_is_open_to_all_scopes_by_mistake(world: World) -> None:
    for route in routes(world):
        if isinstance(route, KeyedRoute):
            assert route.scopes
            assert isinstance(route, APIRoute)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic eDp5",
        SECRETS["app"],
        f"Token {SECRETS['app']}",
        f"Bearer {SECRETS['app']}x",
        f"Bearer {'k' * 5000}",
        "Bearer \u00fc",
    ],
)
async def test_anything_but_a_known_bearer_key_is_401(world: World, header: str) -> None:
    answer = await world.client.get("/v1/log", headers={b"Authorization": header.encode("latin-1")})

    assert answer.status_code == 401
    assert SECRETS["app"] not in answer.text


async def test_the_scheme_is_read_without_case(world: World) -> None:
    answer = await world.client.get(
        "/v1/recipients/a@example.net", headers={"Authorization": f"bearer {SECRETS['app']}"}
    )

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("key", "method", "path", "status"),
    [
        ("agent", "POST", "/v1/decisions", 403),
        ("admin", "POST", "/v1/decisions", 403),
        ("app", "POST", "/v1/suppressions/x/lift", 403),
        ("agent", "POST", "/v1/suppressions/x/lift", 422),
        ("admin", "POST", "/v1/suppressions/x/lift", 422),
        ("app", "POST", "/v1/decisions", 422),
        ("gone", "POST", "/v1/decisions", 403),
        ("gone", "GET", "/v1/recipients/a@example.net", 403),
    ],
)
async def test_scopes(world: World, key: str, method: str, path: str, status: int) -> None:
    answer = await world.call(method, path, key, json={})

    assert answer.status_code == status


async def test_a_store_that_is_away_is_503_not_401(world: World) -> None:
    await world.go_away()
    answer = await world.get("/v1/recipients/a@example.net")

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


async def test_production_keeps_health_apart_and_has_no_sandbox(fakes: FakeWorld) -> None:
    from dataclasses import replace

    from gateway.http.app import create_app, create_operations_app

    public = create_app(replace(fakes.doors, sandbox=None), operations=False)
    operations = create_operations_app(fakes.doors.reading)

    for app, there, not_there in (
        (public, "/docs", ("/healthz", "/metrics", "/readyz", "/sandbox", "/sandbox/messages")),
        (operations, "/healthz", ("/docs", "/v1/log", "/u/x")),
    ):
        fakes.app = app
        paths = {route.path for route in routes(fakes)}
        assert there in paths or there == "/healthz"
        assert not paths & set(not_there)
