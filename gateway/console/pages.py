"""Pages of the console: templates, the assets, and the headers that every answer leaves with."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import resources
from typing import Any

from fastapi import APIRouter
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gateway.console import navigation
from gateway.console.doors import Console
from gateway.console.forms import FormView, Typed
from gateway.console.roles import PERMISSIONS, Permission
from gateway.console.visit import FLASH, here, visit_of
from gateway.http.render import moment

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class _Asset:
    """A file that browsers may keep for good: its name changes with the content."""

    def __init__(self, name: str, media_type: str) -> None:
        self.text = resources.files("gateway.console").joinpath("assets", name).read_bytes()
        stem, _, kind = name.partition(".")
        self.path = f"/console/assets/{stem}.{hashlib.sha256(self.text).hexdigest()[:12]}.{kind}"
        self.media_type = media_type


_STYLE, _SCRIPT = _Asset("console.css", "text/css"), _Asset("console.js", "text/javascript")


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


_TEMPLATES = Environment(
    loader=PackageLoader("gateway.console"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals |= {"style": _STYLE.path, "script": _SCRIPT.path, "moment": moment, "day": _day}
_TEMPLATES.globals["m"] = _TEMPLATES.get_template("macros.html").module  # in every page, as `m`


def page(
    request: Request,
    template: str,
    status: int = 200,
    *,
    typed: Typed | None = None,
    headers: Mapping[str, str] | None = None,
    **shown: Any,
) -> HTMLResponse:
    """A page for who is signed in. `typed`: what was typed into one of its forms, which is shown again."""
    visit = visit_of(request)
    typed = typed or visit.typed
    where = here(request) if request.method == "GET" else visit.came_from

    def form(action: str) -> FormView:
        return FormView(action, visit.form_token(), where, typed)

    text = _TEMPLATES.get_template(template).render(
        visit=visit,
        may=lambda name: Permission(name) in PERMISSIONS[visit.agent.role],
        items=[item for item in navigation.ITEMS if item.permission in PERMISSIONS[visit.agent.role]],
        search=navigation.SEARCH if Permission.FIND in PERMISSIONS[visit.agent.role] else None,
        path=request.url.path,
        form=form,
        flash=visit.flash,
        typed=typed,
        interrupted=typed is not None and typed is visit.typed,
        **shown,
    )
    return HTMLResponse(text, status, headers={**HEADERS, **(headers or {})})


def plain(template: str, status: int = 200, **shown: Any) -> HTMLResponse:
    """A page for who is not signed in (yet): no navigation, nothing of a session."""
    return HTMLResponse(_TEMPLATES.get_template(template).render(**shown), status, headers=dict(HEADERS))


def redirect(path: str) -> Response:
    """To another page of the console, by GET."""
    return RedirectResponse(path, 303, headers=dict(HEADERS))


async def done(
    console: Console,
    request: Request,
    path: str,
    message: str,
    *,
    kind: str = "done",
    undo: str = "",
    links: Sequence[tuple[str, str]] = (),
) -> Response:
    """After a change: to a page, which says once what was done. `kind`: done, attention or wrong.

    undo  what the button beside it carries, for `/console/undo`
    links  where more is to be seen: a path and its words
    """
    note = json.dumps({"kind": kind, "message": message, "undo": undo, "links": links}).encode()
    await console.sessions.note(visit_of(request).session, FLASH, note)
    return redirect(path)


def routes() -> APIRouter:
    router = APIRouter(include_in_schema=False)
    for asset in (_STYLE, _SCRIPT):
        router.add_api_route(asset.path, _serving(asset), methods=["GET"])
    return router


def _serving(asset: _Asset) -> Any:
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}

    async def serve() -> Response:
        return Response(asset.text, media_type=asset.media_type, headers=headers)

    return serve
