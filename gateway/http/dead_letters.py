"""`/v1/dead-letters`: texts and calls that could not be handed over, or of which nobody can say whether they were;
and events that an app's receiver did not take.
"""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.http import examples, messages, render
from gateway.http.access import Caller, caller_of, keyed
from gateway.http.doors import Doors
from gateway.http.idempotency import claim, named, repeats
from gateway.http.messages import MessageId
from gateway.http.problems import InvalidField
from gateway.http.sends import Sends
from gateway.webhooks.events import type_of
from suppression.errors import Conflict, NotFound
from suppression.outbox import HELD_FOR_AGENTS, Entry
from suppression.records import Record

_DEAD = {name: shown for name, shown in messages.TEXT.items() if name not in {"until", "history"}} | {
    "state": "dead",
    "sender": "shop",
    "app": "demo",
    "attempts": 10,
    "reason": "30001",
}


class NotHeld(Conflict):
    peer_text = "neither dead nor unknown, or not any more"


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    cursor: Annotated[str, Field(max_length=120)] = ""


def routes(doors: Doors, sends: Sends) -> list[APIRouter]:
    listing = APIRouter(prefix="/v1", route_class=keyed(doors, {"app", "agent"}), tags=["messages"])
    retrying = APIRouter(prefix="/v1", route_class=keyed(doors, {"agent"}), tags=["messages"])

    @listing.get(
        "/dead-letters",
        summary="What somebody must see to",
        responses=examples.answers({"dead_letters": [_DEAD], "cursor": _DEAD["id"]}),
    )
    async def show(request: Request, asked: Annotated[Part, Query()]) -> Response:
        """`dead`: not handed over within its tries. `unknown`: handed over perhaps, its answer was lost; trying again
        may send it twice. One with `event` is an event that its app's receiver did not take. Read on with `cursor`
        while there is one; the key of an app sees its own sender's, and its own events, so a part may be empty and
        not the last.
        """
        try:
            found = await sends.waiting.held(asked.limit, asked.cursor)
        except NotFound:
            raise InvalidField("query:cursor", "No cursor of ours.") from None
        caller = caller_of(request)
        answer: render.Json = {
            "dead_letters": [_letter(doors, entry) for entry in found if _shows(caller, entry)]
        }
        if len(found) == asked.limit:
            answer["cursor"] = found[-1].id
        return JSONResponse(answer)

    @retrying.post(
        "/dead-letters/{id}/retry",
        summary="Try again",
        responses=examples.answers(
            messages.TEXT,
            s404=("No such message.", None),
            s409=("Neither dead nor unknown (any more).", None),
        ),
        openapi_extra=examples.asked({}),
    )
    async def retry(request: Request, id: MessageId) -> Response:  # noqa: A002 - the path's own word
        """It waits again, and is decided again before it leaves. Of an `unknown` one, know that it did not arrive."""
        ids, entry = await named(request), await sends.waiting.entry(id)
        done = replace(ids, stem=ids.change_id())
        if await repeats(doors, done):
            return await _answer(doors, sends, entry)
        if entry.state in HELD_FOR_AGENTS:
            await claim(doors, ids)
            entry = await sends.waiting.retry(id, actor=caller_of(request).actor)
        elif not await repeats(doors, ids):
            raise NotHeld(entry.state.value)
        await claim(doors, done)
        return await _answer(doors, sends, entry)

    return [listing, retrying]


async def _answer(doors: Doors, sends: Sends, entry: Entry) -> Response:
    if entry.event is not None:
        return JSONResponse(_event(entry, entry.event))
    return JSONResponse(messages.message(entry, await sends.waiting.history(entry), doors.clock()))


def _shows(caller: Caller, entry: Entry) -> bool:
    if entry.event is not None and not caller.is_agent:
        return caller.app is not None and caller.app.name == entry.app
    return caller.sees(entry.sender) and (caller.is_agent or not entry.system)


def _letter(doors: Doors, entry: Entry) -> render.Json:
    shown = _event(entry, entry.event) if entry.event else messages.summary(entry, doors.clock())
    return shown | {"sender": entry.sender, "app": entry.app, "attempts": entry.attempts}


def _event(entry: Entry, record: Record) -> render.Json:
    kind = type_of(record)
    shown = {"id": entry.id, "event": kind.value if kind else None, "record": entry.decision_id}
    return shown | {"state": entry.state.value, "reason": entry.reason}
