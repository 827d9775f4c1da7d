"""`/v1/reviews`: what recipients wrote and nobody understood for sure, and what agents decide that it means."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.http import examples, render
from gateway.http.access import caller_of, keyed
from gateway.http.doors import Doors
from gateway.http.fields import Body, Words
from gateway.http.idempotency import once
from gateway.http.problems import InvalidField
from gateway.roads.reviews import Decision, Reviewing
from suppression.errors import NotFound
from suppression.store.reviews import Review

_EXAMPLE = {
    "id": "rev_7q2v9k",
    "channel": "sms",
    "address": "+12025550143",
    "text": "who is this? how do i make it stop",
    "suggestion": {"verdict": "unclear", "scope": "channel", "rule": "asked_how", "language": "en"},
    "at": "2026-11-24T18:00:00Z",
    "sender": "shop",
    "to": "+12025550100",
}


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=100)] = ""


class Said(Body):
    decision: Decision
    note: Words = Field(
        "", description="Kept with the stop, as given; without it, what the recipient wrote is."
    )


Handle = Annotated[str, Path(min_length=1, max_length=80)]


def routes(doors: Doors, reviewing: Reviewing) -> list[APIRouter]:
    router = APIRouter(prefix="/v1", route_class=keyed(doors, {"agent"}), tags=["reviews"])

    @router.get(
        "/reviews",
        summary="What must be read by somebody",
        responses=examples.answers({"reviews": [_EXAMPLE], "cursor": "1795543200000.00ff"}),
    )
    async def queue(asked: Annotated[Part, Query()]) -> Response:
        """Oldest first; `cursor` where there is more. Marketing to each waits until it is decided."""
        try:
            found, more = await reviewing.waiting(asked.limit, asked.cursor)
        except NotFound:
            raise InvalidField("query:cursor", "No cursor of ours.") from None
        shown: render.Json = {"reviews": [_shown(review) for review in found]}
        return JSONResponse(shown | ({"cursor": more} if more else {}), headers={"Cache-Control": "no-store"})

    @router.post(
        "/reviews/{id}",
        summary="Decide what a recipient meant",
        responses=examples.answers(
            {"id": "rev_7q2v9k", "decision": "stop"},
            s404=("No such review, or not any more.", None),
            s409=("It was decided already.", None),
        ),
        openapi_extra=examples.asked({"decision": "stop", "note": "asked twice how to end it"}),
    )
    async def decide(request: Request, id: Handle, body: Said) -> Response:  # noqa: A002 - the path's own word
        """What was decided holds, and the pause has ended, from this answer on.

        `stop` does what the plain word does there; `delete` stops everything now, and the recipient is asked
        to confirm the erasure.
        """
        ids = await once(doors, request)
        await reviewing.decide(
            id,
            body.decision,
            note=body.note,
            actor=caller_of(request).actor,
            change_id=ids.change_id(),
        )
        return JSONResponse({"id": id, "decision": body.decision.value})

    return [router]


def _shown(review: Review) -> render.Json:
    wrote = review.wrote
    shown: render.Json = {
        "id": review.id,
        "channel": wrote.channel.value,
        "address": review.recipient.address.text if review.recipient.address else None,
        "text": wrote.text,
        "suggestion": dict(wrote.suggestion),
        "at": render.moment(wrote.at),
        "sender": wrote.sender or None,
        "to": wrote.to,
    }
    return shown | ({"deciding": review.decided} if review.decided else {})
