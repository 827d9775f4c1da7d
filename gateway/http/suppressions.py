"""`/v1/suppressions`: stops that an app or support records, and their end."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.http import examples, render
from gateway.http.access import Caller, caller_of, keyed
from gateway.http.doors import Doors, Entry
from gateway.http.fields import (
    AddressText,
    Body,
    Channels,
    EvidenceFields,
    Moment,
    Name,
    PurposePath,
    SomeWords,
    Words,
    channel_set,
    node,
    recipient_of,
    sender_named,
)
from gateway.http.idempotency import once
from gateway.http.problems import Forbidden, InvalidField
from suppression.decision import Reason
from suppression.model import ALL, Scope, Way


class Stop(Body):
    address: AddressText
    channels: Channels | None = Field(None, description="All, unless given.")
    purpose: PurposePath = Field(ALL, description="Any node of the tree; all, unless given.")
    sender: Name = ALL
    app: Name = ALL
    note: Words | None = Field(None, description="The caller's words, kept as given.")
    reason: Words | None = Field(None, description="Another name for note.")
    until: Moment | None = Field(None, description="A pause: when it ends.")
    block: bool = Field(
        default=False, strict=True, description="Support only: blocks what passes a stop, too."
    )

    @property
    def words(self) -> str:
        return (self.note if self.note is not None else self.reason) or ""


class End(Body):
    reason: SomeWords
    evidence: EvidenceFields


Handle = Annotated[str, Path(min_length=1, max_length=80)]


def routes(doors: Doors) -> list[APIRouter]:
    stopping = APIRouter(prefix="/v1", route_class=keyed(doors, {"app", "agent"}), tags=["suppressions"])
    lifting = APIRouter(prefix="/v1", route_class=keyed(doors, {"agent"}), tags=["suppressions"])

    @stopping.post(
        "/suppressions",
        status_code=201,
        summary="Record a stop",
        responses=examples.answers(examples.ENTRY, 201, s200=("The same entry was known.", examples.ENTRY)),
        openapi_extra=examples.asked(
            {"address": "ann@example.net", "purpose": "marketing", "note": "asked by phone, ticket 4711"}
        ),
    )
    async def suppress(request: Request, body: Stop) -> Response:
        """In force for every decision from this answer on. A repeat gives the same entry, with 200."""
        caller = caller_of(request)
        scope = _scope(doors, caller, body)
        recipient = recipient_of(doors, body.address, "#/address")
        ids = await once(doors, request)
        applied = await doors.changes.suppress(
            recipient,
            scope,
            reason=Reason.BLOCKED if body.block else Reason.UNSUBSCRIBED,
            way=Way.AGENT,
            source=caller.source,
            actor=caller.actor,
            note=body.words,
            until=body.until,
            change_id=ids.change_id(),
        )
        return _answer(doors, applied.handle, applied.entry, body.words, created=applied.created)

    @lifting.post(
        "/suppressions/{id}/lift",
        summary="End a stop",
        responses=examples.answers(
            examples.ENTRY | {"in_force": False, "lifted": True},
            s404=("No such entry.", None),
            s409=("What may not be lifted: a complaint, an erasure, a register's entry.", None),
        ),
        openapi_extra=examples.asked(
            {"reason": "asked us by phone to go on", "evidence": {"ticket": "4712"}}
        ),
    )
    async def lift(request: Request, id: Handle, body: End) -> Response:  # noqa: A002 - the path's own word
        """Ends this entry only; others that stand beside it go on refusing."""
        ids = await once(doors, request)
        applied = await doors.changes.lift(
            id,
            actor=caller_of(request).actor,
            reason=body.reason,
            evidence=body.evidence,
            change_id=ids.change_id(),
        )
        shown = render.entry(applied.handle, applied.entry, doors.clock())
        return JSONResponse(shown | {"in_force": False, "lifted": True})

    return [stopping, lifting]


def _scope(doors: Doors, caller: Caller, body: Stop) -> Scope:
    if body.block and not caller.is_agent:
        raise Forbidden("Only support may block.")
    if body.note is not None and body.reason is not None:
        raise InvalidField("#/reason", "The same as note: give one of them.")
    if body.until is not None and body.until <= doors.clock():
        raise InvalidField("#/until", "A pause ends in the future.")
    if body.sender != ALL:
        sender_named(doors, caller, body.sender, "#/sender")
    if body.app != ALL and not _knows(doors, caller, body.app):
        raise InvalidField("#/app", "No such app.")
    return Scope(channel_set(body.channels), node(doors, body.purpose, "#/purpose"), body.sender, body.app)


def _knows(doors: Doors, caller: Caller, name: str) -> bool:
    return name in doors.apps and caller.sees(doors.apps[name].sender)


def _answer(doors: Doors, handle: str, entry: Entry, words: str, *, created: bool) -> Response:
    shown = render.entry(handle, entry, doors.clock())
    if created and words:
        shown["note"] = words
    return JSONResponse(shown, 201 if created else 200)
