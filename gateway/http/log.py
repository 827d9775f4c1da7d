"""`/v1/log`: the records of one recipient, or of one decision."""

from collections.abc import Sequence
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
from suppression.records import Record


class Filter(BaseModel):
    """Which records. One of `recipient` and `decision` is needed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipient: Annotated[str | None, Field(max_length=LONGEST_ADDRESS)] = None
    decision: Annotated[str | None, Field(max_length=64)] = None
    app: Annotated[str | None, Field(max_length=64)] = None
    outcome: Literal["send", "refuse", "defer"] | None = None
    reason: Reason | None = None
    since: Moment | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100

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
        """Oldest first; with more than `limit`, the newest of them. The key of an app sees its own sender's."""
        caller = caller_of(request)
        lines = [
            line
            for line in await _found(doors, asked)
            if asked.keeps(line) and caller.sees(render.concerns(line))
        ]
        return JSONResponse({"records": [render.record(line) for line in lines[-asked.limit :]]})

    return [router]


async def _found(doors: Doors, asked: Filter) -> Sequence[Record]:
    if asked.decision is not None:
        lines = await doors.reading.decision(asked.decision)
        if asked.recipient is None:
            return lines
        recipient = recipient_of(doors, plus_restored(asked.recipient), "query:recipient")
        return [line for line in lines if line.recipient == recipient.key.hex()]
    if asked.recipient is None:
        raise InvalidField("query:recipient", "Ask for a recipient or a decision.")
    return await doors.reading.records(recipient_of(doors, plus_restored(asked.recipient), "query:recipient"))
