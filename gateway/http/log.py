"""`/v1/log`: the records of one recipient, or of one decision."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.http import examples, render
from gateway.http.access import caller_of, keyed
from gateway.http.doors import Doors
from gateway.http.fields import LONGEST_ADDRESS, Moment, plus_restored, recipient_of
from gateway.http.problems import InvalidField
from suppression.decision import Reason
from suppression.errors import NotFound
from suppression.records import Record
from suppression.store.log import Part


class Filter(BaseModel):
    """Which records. One of `recipient` and `decision` is needed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipient: Annotated[str | None, Field(max_length=LONGEST_ADDRESS)] = None
    decision: Annotated[str | None, Field(max_length=64)] = None
    app: Annotated[str | None, Field(max_length=64)] = None
    outcome: Literal["send", "refuse", "defer"] | None = None
    reason: Reason | None = None
    since: Moment | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 50
    cursor: Annotated[str, Field(max_length=64)] = ""

    def keeps(self, line: Record) -> bool:
        return (
            (self.app is None or line.app == self.app)
            and (self.outcome is None or line.outcome == self.outcome)
            and (self.reason is None or line.reason == self.reason)
            and (self.since is None or line.time >= self.since)
        )


def routes(doors: Doors) -> list[APIRouter]:
    router = APIRouter(prefix="/v1", route_class=keyed(doors, {"app", "agent"}), tags=["log"])

    @router.get(
        "/log",
        summary="Records of decisions, hand-overs, outcomes and changes",
        responses=examples.answers({"records": [examples.RECORD]}),
    )
    async def show(request: Request, asked: Annotated[Filter, Query()]) -> Response:
        """Of a recipient the newest first come first: each answer oldest first, with a `cursor` to those before it
        while there may be any; an answer may hold fewer than `limit`. The key of an app sees its own sender's.
        """
        caller = caller_of(request)

        def keeps(line: Record) -> bool:
            return asked.keeps(line) and caller.sees(render.concerns(line))

        part = await _found(doors, asked, keeps)
        shown: render.Json = {"records": [render.record(line) for line in reversed(part.records)]}
        return JSONResponse(shown | ({"cursor": part.before} if part.before else {}))

    return [router]


async def _found(doors: Doors, asked: Filter, keeps: Callable[[Record], bool]) -> Part:
    recipient = None
    if asked.recipient is not None:
        recipient = recipient_of(doors, plus_restored(asked.recipient), "query:recipient")
    if asked.decision is not None:
        lines = await doors.reading.decision(asked.decision)
        of = [line for line in lines if recipient is None or line.recipient == recipient.key.hex()]
        return Part([line for line in reversed(of) if keeps(line)][: asked.limit], None)
    if recipient is None:
        raise InvalidField("query:recipient", "Ask for a recipient or a decision.")
    try:
        return await doors.reading.log(recipient, keeps, asked.limit, asked.cursor)
    except NotFound:
        raise InvalidField("query:cursor", "No cursor of ours for this recipient.") from None
