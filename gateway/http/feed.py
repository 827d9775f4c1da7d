"""`GET /v1/suppressions`: the feed of stops, for mirrors and audiences."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.http import examples, render
from gateway.http.access import caller_of, keyed
from gateway.http.doors import Doors
from gateway.http.fields import Moment
from gateway.http.problems import InvalidField
from gateway.roads.audiences import Audiences
from suppression.errors import InvalidInput
from suppression.records import Record, RecordKind
from suppression.store import codec

_EXAMPLE = {
    "id": "0eq3b2c4d5e6f7g8",
    "state": "stopped",
    "recipient": "3f0c9a5e6b7d8f10213243546576879a",
    "scope": {"channels": ["*"], "purpose": "marketing", "sender": "*", "app": "*"},
    "reason": "unsubscribed",
    "at": "2026-11-24T18:00:00Z",
}


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    since: Moment | None = None
    cursor: Annotated[str | None, Field(max_length=100)] = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 500


def routes(doors: Doors, audiences: Audiences) -> list[APIRouter]:
    router = APIRouter(prefix="/v1", route_class=keyed(doors, {"app", "agent"}), tags=["suppressions"])

    @router.get(
        "/suppressions",
        summary="The feed of stops",
        responses=examples.answers({"suppressions": [_EXAMPLE], "cursor": "MC4xNzY", "more": False}),
    )
    async def feed(request: Request, asked: Annotated[Part, Query()]) -> Response:
        """What was stopped, erased and lifted since a time, or from a cursor on; in order for each recipient. Read on
        with `cursor` at once while `more`, else later. `recipient` is a keyed hash; `sha256` stands beside it where
        settings keep hashes and the address is still known.
        """
        if asked.since is not None and asked.cursor is not None:
            raise InvalidField("query:since", "A cursor says since when: give one of them.")
        since = None if asked.since is None else codec.milliseconds(asked.since)
        try:
            page = await audiences.feed(since, asked.cursor, asked.limit)
        except InvalidInput:
            raise InvalidField("query:cursor", "No cursor of ours.") from None
        caller = caller_of(request)
        shown = [
            _shown(record, sha256)
            for record, sha256 in zip(page.records, page.hashes, strict=True)
            if caller.sees(_scope(record)["sender"])
        ]
        return JSONResponse({"suppressions": shown, "cursor": str(page.place), "more": page.more})

    return [router]


def _shown(record: Record, sha256: str | None) -> dict[str, Any]:
    lifted = record.kind is RecordKind.LIFTED
    shown: dict[str, Any] = {
        "id": record.id,
        "state": "lifted" if lifted else "stopped",
        "recipient": record.recipient,
    }
    if sha256 is not None:
        shown["sha256"] = sha256
    shown |= {"scope": _scope(record), "reason": record.reason, "at": render.moment(record.time)}
    if record.until:
        shown["until"] = render.moment(codec.moment(record.until))
    return shown


def _scope(record: Record) -> dict[str, Any]:
    channels, purpose, sender, app = record.scope.split("|")
    return {"channels": channels.split(","), "purpose": purpose, "sender": sender, "app": app}
