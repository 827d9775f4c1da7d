"""The page to sign in on, wherever it has to be shown; what it carries for afterwards."""

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.console import carrying, cookies, forms, pages
from gateway.console.doors import Console


def sign_in_page(
    console: Console,
    request: Request,
    status: int = 200,
    *,
    next_page: str = carrying.START,
    carried: bytes = b"",
    **shown: Any,
) -> Response:
    """`next_page`: where to go afterwards; `carried`: a form that comes with it, sealed."""
    visitor = cookies.visitor(console, request) or secrets.token_urlsafe(16)
    more = {"expired": False, "problem": "", "name": "", "signed_out": False, **shown}
    response = pages.plain(
        "sign_in.html",
        status,
        form_token=forms.token(visitor),
        next_page=carrying.local(next_page),
        carried=carrying.to_field(carried),
        provider=console.provider is not None,
        **more,
    )
    cookies.set_visitor(console, response, visitor)
    return response
