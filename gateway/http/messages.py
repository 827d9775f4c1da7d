"""`/v1/messages/{id}`: what became of a message. A mail has the id of its 250 reply."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.http import examples, render
from gateway.http.access import caller_of, keyed
from gateway.http.doors import Doors
from suppression.errors import NotFound

MessageId = Annotated[str, Path(min_length=1, max_length=120)]


def routes(doors: Doors) -> list[APIRouter]:
    router = APIRouter(prefix="/v1", route_class=keyed(doors, {"app", "agent"}), tags=["messages"])

    @router.get(
        "/messages/{id}",
        summary="What became of a message",
        responses=examples.answers(
            {
                "id": "0eq3b2c4d5e6f7g8",
                "channel": "email",
                "to": "ann@example.net",
                "state": "sent",
                "history": [examples.RECORD | {"kind": "sent"}],
            },
            s404=("No such message, or not one of this key's sender.", None),
        ),
    )
    async def show(request: Request, id: MessageId) -> Response:  # noqa: A002 - the path's own word
        """`state`: refused, deferred, handing_over, sent, rejected, postponed or unknown; `history` tells the way."""
        found = await doors.reading.message(id)
        caller = caller_of(request)
        if found is None or not all(caller.sees(render.concerns(line)) for line in found.history):
            raise NotFound("no such message, or not one that the caller may see")
        return JSONResponse(
            {
                "id": found.id,
                "channel": found.channel,
                "to": found.to,
                "state": render.state(found.history),
                "history": [render.record(line) for line in found.history],
            }
        )

    return [router]
