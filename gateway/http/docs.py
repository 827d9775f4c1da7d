"""`/docs`: the API's description as a page. Made of the same document as `/openapi.json`, without scripts."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.doors import Doors
from gateway.http.pages import page


@dataclass(frozen=True, slots=True)
class Call:
    """One line of the page."""

    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[tuple[str, str], ...]
    asked: str
    answered: str


def routes(_: Doors) -> list[APIRouter]:
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    async def describe(request: Request) -> Response:
        document = cast("FastAPI", request.app).openapi()
        return page("docs.html", sender=None, calls=list(calls(document)))

    return [router]


def calls(document: Mapping[str, Any]) -> Iterator[Call]:
    """Every call of an OpenAPI document, in its order."""
    for path, methods in document["paths"].items():
        for method, call in methods.items():
            yield Call(
                method.upper(),
                path,
                call.get("summary", ""),
                call.get("description", "").replace("`", ""),
                tuple(_parameters(call)),
                _example(call.get("requestBody", {})),
                next(filter(None, (_example(answer) for answer in call["responses"].values())), ""),
            )


def _parameters(call: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for parameter in call.get("parameters", ()):
        needed = "" if parameter.get("required") else ", optional"
        yield parameter["name"], f"in the {parameter['in']}{needed}"


def _example(carrier: Mapping[str, Any]) -> str:
    example = carrier.get("content", {}).get("application/json", {}).get("example")
    return "" if example is None else json.dumps(example, indent=2)
