"""`/v1/log`: records of the log, of a recipient, of a decision, or of all that the caller may see."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.archive.questions import Question, matches
from gateway.http import examples, render
from gateway.http.access import Caller, caller_of, keyed
from gateway.http.doors import Doors
from gateway.http.fields import LONGEST_ADDRESS, Moment, plus_restored, recipient_of
from gateway.http.problems import InvalidField
from suppression.decision import Reason
from suppression.errors import NotFound
from suppression.model import ALL, Channel
from suppression.records import RecordKind
from suppression.store import codec
from suppression.store.newest import EVER, Part


class Filter(BaseModel):
    """Which records. `since`, `until`: when they were logged. `purpose`: it, and all below it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipient: Annotated[str | None, Field(max_length=LONGEST_ADDRESS)] = None
    decision: Annotated[str | None, Field(max_length=64)] = None
    app: Annotated[str, Field(max_length=64)] = ""
    kind: RecordKind | None = None
    outcome: Literal["send", "refuse", "defer"] | None = None
    reason: Reason | None = None
    channel: Channel | None = None
    purpose: Annotated[str, Field(max_length=120)] = ""
    since: Moment | None = None
    until: Moment | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 50
    cursor: Annotated[str, Field(max_length=64)] = ""

    def question(self, recipient: str, caller: Caller) -> Question:
        return Question(
            recipient=recipient,
            senders=None if caller.is_agent else frozenset({ALL, caller.acting.sender}),
            app=self.app,
            kinds=frozenset({self.kind} if self.kind else ()),
            outcome=self.outcome or "",
            reason=self.reason or "",
            channel=self.channel or "",
            purpose="" if self.purpose == ALL else self.purpose,
            since=codec.milliseconds(self.since) if self.since else 0,
            until=codec.milliseconds(self.until) if self.until else EVER,
            before=self.cursor,
        )


def routes(doors: Doors) -> list[APIRouter]:
    router = APIRouter(prefix="/v1", route_class=keyed(doors, {"app", "agent"}), tags=["log"])

    @router.get(
        "/log",
        summary="Records of decisions, hand-overs, outcomes and changes",
        responses=examples.answers({"records": [examples.RECORD], "cursor": "0eq3b2c4d5e6f7g8"}),
    )
    async def show(request: Request, asked: Annotated[Filter, Query()]) -> Response:
        """The newest come first: each answer oldest first, with a `cursor` to those before it while there may be any;
        an answer may hold fewer than `limit`. The key of an app sees its own sender's.
        """
        part = await _found(doors, asked, caller_of(request))
        shown: render.Json = {"records": [render.record(line) for line in reversed(part.records)]}
        return JSONResponse(shown | ({"cursor": part.before} if part.before else {}))

    return [router]


async def _found(doors: Doors, asked: Filter, caller: Caller) -> Part:
    recipient = ""
    if asked.recipient is not None:
        recipient = recipient_of(doors, plus_restored(asked.recipient), "query:recipient").key.hex()
    question = asked.question(recipient, caller)
    try:
        if asked.decision is None:
            return await doors.reading.log(question, asked.limit)
        lines = await doors.reading.decision(asked.decision)
        return Part([line for line in reversed(lines) if matches(question, line)][: asked.limit], None)
    except NotFound:
        raise InvalidField("query:cursor", "No cursor of ours for these records.") from None
