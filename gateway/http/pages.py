"""Pages for people: Jinja2 templates, one style sheet, and the headers that every page leaves with."""

import hashlib
from collections.abc import Mapping
from importlib import resources
from typing import Any

from fastapi import APIRouter
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

_CSS = resources.files("gateway.http").joinpath("assets", "page.css").read_bytes()
# The name changes with the content, so that browsers may keep it for good.
CSS_PATH = f"/assets/page.{hashlib.sha256(_CSS).hexdigest()[:12]}.css"

_TEMPLATES = Environment(
    loader=PackageLoader("gateway.http"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals["css"] = CSS_PATH

_STRICT = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _STRICT,
    # The address of the page is the recipient's token: it goes nowhere and is kept nowhere.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}


def page(
    template: str, status: int = 200, *, headers: Mapping[str, str] | None = None, **shown: Any
) -> HTMLResponse:
    """A template with what it shows; `headers` go over the usual ones."""
    text = _TEMPLATES.get_template(template).render(**shown)
    return HTMLResponse(text, status, headers={**HEADERS, **(headers or {})})


def routes() -> list[APIRouter]:
    router = APIRouter(include_in_schema=False)

    @router.get(CSS_PATH)
    async def css() -> Response:
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(_CSS, media_type="text/css", headers=headers)

    return [router]
