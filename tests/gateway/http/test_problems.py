"""Errors: problem details from one table, limits, and nothing of what was sent."""

from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.http.problems import TABLE, of_error
from suppression import errors
from tests.gateway.http.world import FakeWorld, World

ANN = "ann@example.net"


async def test_no_such_route_and_method_are_problems(world: World) -> None:
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("PATCH", "/v1/decisions", 405),
        ("GET", "/v1/decisions", 405),
    ):
        answer = await world.call(method, path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        told = answer.json()
        assert told["status"] == status
        assert {"type", "title", "detail"} <= set(told)
    assert answer.headers["allow"] == "POST"


async def test_a_body_over_the_limit_is_413_unread(world: World) -> None:
    announced = await world.call("POST", "/v1/suppressions", content=b" " * (1 << 20) + b"{}")

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 65536

    chunked = await world.call("POST", "/v1/suppressions", content=chunks())

    for answer in (announced, chunked):
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        (b"{", "application/json", 400),
        (b"{} {}", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"{}", "text/plain", 422),
        (b"{}", None, 422),
        (b"", "application/json", 422),
        (b"address=a%40example.net", "application/x-www-form-urlencoded", 422),
        (b"--x\r\n", "multipart/form-data; boundary=x", 422),
        (b"NaN", "application/json", 422),
        (b'{"address": NaN}', "application/json", 422),
        (b'{"address": 1e999}', "application/json", 422),
        (b"1" * 6000, "application/json", 400),
    ],
)
async def test_a_body_that_is_no_json_object_is_refused(
    world: World, content: bytes, media: str | None, status: int
) -> None:
    headers = {"Content-Type": media} if media else {}
    answer = await world.call("POST", "/v1/suppressions", content=content, headers=headers)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_defect_is_500_without_its_words(fakes: FakeWorld) -> None:
    fakes.memory.broken = True
    answer = await fakes.get(f"/v1/recipients/{ANN}")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert ANN not in answer.text
    assert "secret" not in answer.text


def every(cls: type[Exception]) -> list[type[Exception]]:
    return [cls, *(found for below in cls.__subclasses__() for found in every(below))]


@pytest.mark.parametrize(
    "cls", [cls for cls in every(errors.GatewayError) if cls.__module__ == "suppression.errors"]
)
def test_every_error_of_ours_has_a_status_and_tells_no_secret(cls: type[errors.GatewayError]) -> None:
    answer = of_error(cls("detail with ann@example.net"))

    assert ANN.encode() not in answer.body
    permanent = issubclass(cls, errors.SenderError)
    assert (400 <= answer.status_code < 500) is permanent
    assert ("retry-after" in answer.headers) is issubclass(cls, errors.Unavailable)


def test_statuses_are_those_of_the_interface() -> None:
    expected = {
        errors.InvalidInput: 422,
        errors.NotPermitted: 403,
        errors.NotFound: 404,
        errors.Conflict: 409,
        errors.IdempotencyMismatch: 422,
        errors.Unavailable: 503,
    }

    assert {cls: TABLE[cls][0] for cls in expected} == expected


async def test_health_needs_no_key_and_readiness_follows_the_store(world: World) -> None:
    assert (await world.client.get("/healthz")).json() == {"status": "alive"}
    assert (await world.client.get("/readyz")).status_code == 200
    await world.go_away()

    away: httpx.Response = await world.client.get("/readyz")
    assert away.status_code == 503
    assert "retry-after" in away.headers
    assert (await world.client.get("/healthz")).status_code == 200
