"""Pages for people: Jinja2 templates, one style sheet, and the headers that every page leaves with."""

import hashlib
from collections.abc import Mapping
from importlib import resources
from typing import Any

from fastapi import APIRouter
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gateway import languages
from gateway.http import theme
from gateway.languages import Words
from suppression.model import Sender

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

_POLICY = "default-src 'none'; style-src 'self'{images}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _POLICY.format(images=""),
    # The address of the page is the recipient's token: it goes nowhere and is kept nowhere.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}


def reader(request: Request, sender: Sender | None = None, known: str | None = None) -> Words:
    """The words for who reads: as the browser asks, else as is known of the recipient, else the sender's."""
    accepted = request.headers.get("accept-language", "")
    return languages.negotiated(accepted, known, sender.language if sender else None)


def page(
    template: str,
    status: int = 200,
    *,
    words: Words | None = None,
    headers: Mapping[str, str] | None = None,
    **shown: Any,
) -> HTMLResponse:
    """A template with what it shows, in those words (English without); `headers` go over the usual ones."""
    words = words or languages.words(languages.DEFAULT)
    sender = shown.setdefault("sender", None)
    text = _TEMPLATES.get_template(template).render(
        _=words, language=words.language, theme=theme.path(sender), **shown
    )
    return HTMLResponse(text, status, headers={**HEADERS, **_own_policy(sender), **(headers or {})})


def unknown_link(request: Request, senders: Mapping[str, Sender]) -> HTMLResponse:
    """For a link that is none of ours: whose it was meant to be is known only where there is one sender."""
    only = next(iter(senders.values())) if len(senders) == 1 else None
    return page("unknown_link.html", 404, words=reader(request, only), sender=only)


def _own_policy(sender: Sender | None) -> Mapping[str, str]:
    images = theme.image_source(sender)
    varying = {"Vary": "Accept-Language"}
    return (
        {**varying, "Content-Security-Policy": _POLICY.format(images=f"; img-src {images}")}
        if images
        else varying
    )


def routes(senders: Mapping[str, Sender]) -> list[APIRouter]:
    router = APIRouter(include_in_schema=False)

    @router.get(CSS_PATH)
    async def css() -> Response:
        return _style(_CSS, "public, max-age=31536000, immutable")

    @router.get(theme.PREFIX + "{name}.css")
    async def sender_css(name: str) -> Response:
        sender = senders.get(name)
        if sender is None or not sender.colour:
            return Response(status_code=404, headers={"X-Content-Type-Options": "nosniff"})
        return _style(theme.style_sheet(sender).encode(), "public, max-age=3600")

    return [router]


def _style(text: bytes, caching: str) -> Response:
    return Response(
        text, media_type="text/css", headers={"Cache-Control": caching, "X-Content-Type-Options": "nosniff"}
    )
