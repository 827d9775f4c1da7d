"""`POST /v1/events`: what apps report of their customers."""

import hashlib
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.http import examples
from gateway.http.access import Caller, caller_of, keyed
from gateway.http.doors import Doors, Subjects
from gateway.http.fields import AddressText, Body, Moment, Name, Plain, recipient_of
from gateway.http.idempotency import once
from gateway.http.people import PersonId, owner
from gateway.http.problems import InvalidField
from gateway.roads.events import Event, EventType
from suppression.model import App

MOST_ADDRESSES = 100
_CLOCKS_DIFFER = timedelta(seconds=2)


class Reported(Body):
    type: EventType
    app: Name | None = Field(None, description="Of whose messages; the key's own, unless given.")
    addresses: Annotated[list[AddressText], Field(min_length=1, max_length=MOST_ADDRESSES)] | None = None
    person: PersonId | None = Field(None, description="All addresses of the person, instead of addresses.")
    at: Moment
    id: Annotated[Plain, StringConstraints(min_length=1, max_length=200)] = Field(
        description="The app's own: a report that comes again with it has no second effect."
    )


def routes(doors: Doors, subjects: Subjects) -> list[APIRouter]:
    router = APIRouter(prefix="/v1", route_class=keyed(doors, {"app", "agent"}), tags=["events"])

    @router.post(
        "/events",
        status_code=202,
        summary="Report what a customer did",
        responses=examples.answers({"id": "removed-4711", "type": "uninstalled"}, 202),
        openapi_extra=examples.asked(
            {
                "type": "uninstalled",
                "addresses": ["ann@example.net"],
                "at": "2026-11-24T18:00:00Z",
                "id": "removed-4711",
            }
        ),
    )
    async def report(request: Request, body: Reported) -> Response:
        """`uninstalled` stops the app's service and marketing messages; `order` gives a soft opt-in where the
        sender's settings say so, and no stop or withdrawal stands; `account_created` ends an erasure's hold on what
        is required. In force from this answer on.
        """
        caller = caller_of(request)
        await once(doors, request)
        await subjects.events.take(_event(doors, caller, body), doors.catalogue())
        return JSONResponse({"id": body.id, "type": body.type.value}, 202)

    return [router]


def _event(doors: Doors, caller: Caller, body: Reported) -> Event:
    if (body.addresses is None) == (body.person is None):
        raise InvalidField("#/addresses", "Name addresses or a person.")
    if body.at > doors.clock() + _CLOCKS_DIFFER:
        raise InvalidField("#/at", "What is reported has happened.")
    if body.type is EventType.ORDER and body.addresses is None:
        raise InvalidField("#/addresses", "An order names the addresses that were given with it.")
    texts = body.addresses or []
    return Event(
        type=body.type,
        id=body.id,
        body=hashlib.sha256(body.model_dump_json().encode()).hexdigest(),
        at=body.at,
        app=_app(doors, caller, body),
        owner=owner(caller),
        actor=caller.actor,
        recipients=[recipient_of(doors, text, f"#/addresses/{n}") for n, text in enumerate(texts)],
        person=body.person,
    )


def _app(doors: Doors, caller: Caller, body: Reported) -> App | None:
    """The key's own, or another one of its sender."""
    if body.app is None and caller.app is not None:
        return caller.app
    if body.app is None and (body.type is EventType.ACCOUNT_CREATED):
        return None
    if body.app is None and len(doors.apps) == 1:
        return next(iter(doors.apps.values()))
    if body.app is None:
        raise InvalidField("#/app", "There are several apps: name one.")
    app = doors.apps.get(body.app)
    if app is None or not caller.sees(app.sender):
        raise InvalidField("#/app", "No such app.")
    return app
