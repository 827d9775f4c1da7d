"""The console's cookies. __Host- (RFC 6265bis 4.1.3.2) keeps other hosts of the domain from planting them."""

from starlette.requests import Request
from starlette.responses import Response

from gateway.console.doors import Console

_SESSION, _VISITOR, _JOURNEY = "console", "console-visitor", "console-journey"


def session_id(console: Console, request: Request) -> str:
    """What the browser says; "" for nothing."""
    return request.cookies.get(_name(console, _SESSION), "")


def visitor(console: Console, request: Request) -> str:
    """What binds the sign-in form to the browser that was shown it; "" for none."""
    return request.cookies.get(_name(console, _VISITOR), "")


def set_session(console: Console, response: Response, value: str) -> None:
    """For as long as the browser is open: when the session ends is the store's to say."""
    _set(console, response, _SESSION, value)


def set_visitor(console: Console, response: Response, value: str) -> None:
    _set(console, response, _VISITOR, value)


def journey(console: Console, request: Request) -> str:
    """To the provider and back; "" for none."""
    return request.cookies.get(_name(console, _JOURNEY), "")


def set_journey(console: Console, response: Response, value: str) -> None:
    """Lax: the way back begins on the provider's site."""
    name = _name(console, _JOURNEY)
    response.set_cookie(name, value, 600, path="/", secure=console.secure, httponly=True, samesite="lax")


def drop_journey(console: Console, response: Response) -> None:
    name = _name(console, _JOURNEY)
    response.delete_cookie(name, path="/", secure=console.secure, httponly=True, samesite="lax")


def drop_session(console: Console, response: Response) -> None:
    response.delete_cookie(
        _name(console, _SESSION), path="/", secure=console.secure, httponly=True, samesite="strict"
    )


def _set(console: Console, response: Response, name: str, value: str) -> None:
    response.set_cookie(
        _name(console, name), value, path="/", secure=console.secure, httponly=True, samesite="strict"
    )


def _name(console: Console, name: str) -> str:
    """Over http, as in dev, a browser takes no cookie with the prefix."""
    return f"__Host-{name}" if console.secure else name
