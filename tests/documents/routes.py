"""All routes that the HTTP application answers, over doors that nobody goes through."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Route

from channels.played import PlayedTwilio
from channels.twilio.signature import Signatures
from gateway.http.access import KeyedRoute
from gateway.http.app import create_app
from gateway.http.doors import Doors, Subjects
from gateway.http.sandbox.box import Sandbox
from gateway.http.sends import Sends
from gateway.http.twilio.hooks import Hooks
from gateway.http.twilio.line import Line
from gateway.http.twilio.status import Status
from gateway.http.twilio.texts import Texts
from gateway.http.twilio.voice import Calls
from gateway.imports.importing import Importing
from gateway.inbound.provider_events import MailHooks
from gateway.roads.audiences import Audiences
from gateway.roads.reviews import Reviewing
from suppression.purposes import Catalogue

_NOT_LISTED = {"HEAD", "OPTIONS"}  # of links, named beside their GET
_HASHED = re.compile(r"(page|console)\.[0-9a-f]+\.(css|js)")
_CONVERTER = re.compile(r":[a-z]+\}")


def routes() -> dict[str, str]:
    """As README names them ("GET /u/{token}"), each with the scopes of keys that it takes, "" for none."""
    return {name: _scopes(route) for name, route in named(application().routes)}


def application(console: Sequence[APIRouter] = ()) -> FastAPI:
    """With everything that there can be."""
    shut: dict[str, Any] = dict.fromkeys(field.name for field in fields(Doors))
    twilio = PlayedTwilio("", Signatures(["shut"]), "", shut["keys"])
    sandbox = Sandbox(shut["keys"], shut["keys"], twilio=twilio)
    subjects = Subjects(*[shut["keys"]] * len(fields(Subjects)))
    open_doors: dict[str, Any] = {"catalogue": Catalogue.shipped, "sandbox": sandbox, "subjects": subjects}
    open_doors |= {"sends": Sends(*[shut["keys"]] * len(fields(Sends)))}
    open_doors |= {"hooks": _hooks(shut["keys"]), "reviewing": Reviewing(*[shut["keys"]] * 3)}
    open_doors["importing"] = _importing(shut["keys"])
    open_doors["mail_hooks"] = MailHooks({}, shut["keys"])
    doors = Doors(**shut | open_doors | {"audiences": Audiences(shut["keys"], shut["keys"])})
    return create_app(doors, console=console)


def _importing(shut: Any) -> Importing:
    lanes = SimpleNamespace(client=SimpleNamespace(bulk=shut))
    return Importing(cast("Any", lanes), shut, shut, shut, spool=Path())


def _hooks(shut: Any) -> Hooks:
    return Hooks(Texts(*[shut] * 5), Status(*[shut] * 3), Calls(*[shut] * 8), Line(*[shut] * 6))


def named(found: Iterable[BaseRoute]) -> Iterator[tuple[str, APIRoute | Route]]:
    """Each with its method: "GET /u/{token}"."""
    for route in found:
        inner = getattr(route, "original_router", None)  # FastAPI keeps an included router as one route
        if inner is not None:
            yield from named(inner.routes)
        elif isinstance(route, APIRoute | Route):
            path = _HASHED.sub(r"\1.HASH.\2", _CONVERTER.sub("}", route.path))
            for method in sorted((route.methods or set()) - _NOT_LISTED):
                yield f"{method} {path}", route


def _scopes(route: APIRoute | Route) -> str:
    scopes = route.scopes if isinstance(route, KeyedRoute) else frozenset()
    return ", ".join(name for name in ("app", "agent") if name in scopes)
