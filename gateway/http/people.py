"""`/v1/people/{id}`: addresses that are known to be of one human."""

import re
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import AfterValidator, Field, StringConstraints
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.http import examples, render
from gateway.http.access import Caller, caller_of, keyed
from gateway.http.doors import Doors, Subjects
from gateway.http.fields import AddressText, Body, Plain, recipient_of
from gateway.http.problems import InvalidField
from gateway.roads.roster import Somebody
from suppression import zone_names
from suppression.model import ALL

MOST_ADDRESSES = 1_000
_FIRST_YEAR = 1900
_CHILD = "c"
# BCP 47 2.1, without its rarest forms.
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-[A-Za-z0-9]{5,8})*")


def _language(text: str) -> str:
    """As it is usually written: zh-Hant-TW."""
    if not _LANGUAGE.fullmatch(text):
        raise ValueError("A language is written like en or pt-BR.")
    first, *rest = text.split("-")
    cased = {2: str.upper, 4: str.title}
    return "-".join([first.lower(), *(cased.get(len(part), str.lower)(part) for part in rest)])


def _zone(text: str) -> str:
    found = zone_names.canonical(text)
    if found is None:
        raise ValueError("A time zone is a place's, like Europe/Berlin.")
    return found


Language = Annotated[str, StringConstraints(max_length=35), AfterValidator(_language)]
Zone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_zone)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2}$"), AfterValidator(str.upper)]
PersonId = Annotated[Plain, StringConstraints(min_length=1, max_length=200)]
PersonPath = Annotated[PersonId, Path()]


class Told(Body):
    """What is left out stays as it was; null is not known any more."""

    addresses: Annotated[list[AddressText], Field(max_length=MOST_ADDRESSES)] = Field(
        description="All of them: who is not among them any more is unlinked."
    )
    birth_year: int | None = Field(None, ge=_FIRST_YEAR, le=9999, strict=True)
    child: bool = Field(
        default=False, strict=True, description="A child, of whatever age: only what is required."
    )
    language: Language | None = None
    time_zone: Zone | None = None
    country: Country | None = Field(None, description="ISO 3166: two letters.")


def routes(doors: Doors, subjects: Subjects) -> list[APIRouter]:
    router = APIRouter(prefix="/v1", route_class=keyed(doors, {"app", "agent"}), tags=["people"])
    shown = {"id": "customer-4711", "addresses": 2, "language": "de", "time_zone": "Europe/Vienna"}

    @router.put(
        "/people/{id:path}",
        summary="Say which addresses are one person's",
        responses=examples.answers(
            shown,
            s403=("A person that the apps of another sender told of.", None),
            s409=(
                "One of the addresses is another person's: it stays with the first. Nothing changed.",
                None,
            ),
        ),
        openapi_extra=examples.asked(
            {"addresses": ["ann@example.net", "+12025550143"], "language": "de", "time_zone": "Europe/Vienna"}
        ),
    )
    async def link(request: Request, id: PersonPath, body: Told) -> Response:  # noqa: A002 - the path's own word
        """From this answer on a stop of everything, and an erasure, at one of the addresses are of all of them,
        and those that any of them had said already.
        """
        caller = caller_of(request)
        recipients = [recipient_of(doors, text, f"#/addresses/{n}") for n, text in enumerate(body.addresses)]
        somebody = await subjects.roster.link(
            id, recipients, _told(body, doors.clock()), owner=owner(caller), actor=caller.actor
        )
        return JSONResponse(person(somebody) | {"id": id})

    @router.delete(
        "/people/{id:path}",
        summary="Unlink a person's addresses",
        responses=examples.answers({"id": "customer-4711", "unlinked": 2}, s404=("Nobody told of it.", None)),
    )
    async def unlink(request: Request, id: PersonPath) -> Response:  # noqa: A002 - the path's own word
        """Erases nothing: what was stopped stays stopped, at every address."""
        caller = caller_of(request)
        count = await subjects.roster.unlink(id, owner=owner(caller), actor=caller.actor)
        return JSONResponse({"id": id, "unlinked": count})

    return [router]


def owner(caller: Caller) -> str:
    """The sender whose people the caller may change; support may change all."""
    return ALL if caller.is_agent or caller.app is None else caller.app.sender


def person(somebody: Somebody) -> render.Json:
    """What is known of a person."""
    shown: render.Json = {"id": somebody.id, "addresses": somebody.addresses}
    if somebody.birth:
        child = somebody.birth == _CHILD
        shown |= {"child": True} if child else {"birth_year": int(somebody.birth)}
    for name in ("language", "time_zone", "country"):
        if known := getattr(somebody, name):
            shown[name] = known
    return shown | ({"erased": True} if somebody.erased else {})


def _told(body: Told, now: datetime) -> dict[str, str]:
    given = body.model_fields_set
    told: dict[str, str] = {}
    if body.child and body.birth_year is not None:
        raise InvalidField("#/child", "Give the year of birth or this mark.")
    if body.birth_year is not None and body.birth_year > now.year:
        raise InvalidField("#/birth_year", "Nobody is born yet in that year.")
    if {"birth_year", "child"} & given:
        told["birth"] = _CHILD if body.child else str(body.birth_year or "")
    for field, name in (("language", "language"), ("time_zone", "zone"), ("country", "country")):
        if field in given:
            told[name] = getattr(body, field) or ""
    return told
