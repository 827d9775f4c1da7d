"""Who is calling: the key of `Authorization: Bearer`, and what it may do.

A route class checks the key before anything of the body is read. Scopes: `app` acts as the key's own app and
sees its sender's records only; `agent` is support and sees all; `admin` includes `agent`.
"""

from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass
from typing import Any, cast

from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.doors import Doors
from gateway.http.problems import Forbidden, InvalidField
from gateway.state.api_keys import ApiKey
from suppression.errors import NotPermitted
from suppression.model import ALL, App

_CHALLENGE = 'Bearer realm="suppression-gateway"'
_LONGEST_SECRET = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """A key that was checked. `app` is None for a key of support."""

    key: ApiKey
    app: App | None

    @property
    def is_agent(self) -> bool:
        return not self.key.scopes.isdisjoint({"agent", "admin"})

    @property
    def source(self) -> str:
        """What an entry names as the program it came through."""
        return self.app.name if self.app else "api"

    @property
    def actor(self) -> str:
        return f"key:{self.key.id}"

    @property
    def acting(self) -> App:
        """The app that this call is made for."""
        if self.app is None:
            raise Forbidden("This call needs the key of an app.")
        return self.app

    def sees(self, sender: str) -> bool:
        """Whether a record of this sender ("*" concerns all) may be shown to the caller."""
        return self.is_agent or (self.app is not None and sender in (ALL, self.app.sender))


def caller_of(request: Request) -> Caller:
    """The caller that the route let in."""
    return cast("Caller", request.state.caller)


def app_asked_for(doors: Doors, caller: Caller, name: str | None) -> App:
    """The app a question is about: the key's own, or for support the one named, or the only one there is."""
    if caller.app is not None and (name is None or name == caller.app.name):
        return caller.app
    if not caller.is_agent:
        raise Forbidden("This key may only ask for its own app.")
    if name is None and len(doors.apps) == 1:
        return next(iter(doors.apps.values()))
    if name is None:
        raise InvalidField("query:app", "There are several apps: name one.")
    if name not in doors.apps:
        raise InvalidField("query:app", "No such app.")
    return doors.apps[name]


async def _identify(doors: Doors, request: Request) -> Caller:
    """401 for whoever has no key of ours; the app of a key may have left the settings since."""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    secret = secret.strip()
    if kind.lower() != "bearer" or not 0 < len(secret) <= _LONGEST_SECRET:
        raise HTTPException(401, "Give a key: Authorization: Bearer KEY", {"WWW-Authenticate": _CHALLENGE})
    key = await doors.keys.find(secret)
    if doors.sandbox is not None:
        await doors.sandbox.follow_clock()
    if key is None:
        # RFC 6750 3.1
        headers = {"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_token"'}
        raise HTTPException(401, "This key is not known.", headers)
    if key.app is not None and key.app not in doors.apps:
        raise NotPermitted("the key's app is not configured")
    return Caller(key, doors.apps[key.app] if key.app and "app" in key.scopes else None)


class KeyedRoute(APIRoute):
    """A route that answers callers with a key only; made by `keyed`."""

    scopes: frozenset[str] = frozenset()


def keyed(doors: Doors, scopes: Collection[str]) -> type[KeyedRoute]:
    """A route class whose routes need a key with one of the scopes."""
    allowed = frozenset(scopes) | ({"admin"} if "agent" in scopes else set())

    class Keyed(KeyedRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            answer = super().get_route_handler()

            async def checked(request: Request) -> Response:
                caller = await _identify(doors, request)
                if allowed.isdisjoint(caller.key.scopes):
                    raise Forbidden("This key's scopes do not cover this call.")
                request.state.caller = caller
                return await answer(request)

            return checked

    Keyed.scopes = allowed
    return Keyed
