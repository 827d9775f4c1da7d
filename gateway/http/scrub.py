"""`/v1/scrub`: those of a list that may be used for a purpose. JSON at once; CSV and NDJSON as they come.

A list is answered while it is read: what was found usable is sent on, and kept meanwhile for a caller that does not
read before it has written all. The last piece of an answer is sent when the list's record is in the log; an answer
that breaks off before its end is no answer.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.audiences import Audiences, Scrub
from gateway.http import examples
from gateway.http.access import caller_of, keyed
from gateway.http.doors import Doors
from gateway.http.edge import LARGEST_BODY
from gateway.http.fields import Body, PurposePath, leaf
from gateway.http.lines import FORMATS, Lines
from gateway.http.problems import InvalidField
from gateway.http.streamed import Streamed
from suppression.model import Channel

LARGEST_LIST = 64 << 20  # about 2.5 million addresses; usable ones wait in memory for a slow reader
_AT_ONCE = 512  # addresses; other requests of this process come in between
_NEXT_WITHIN = 30.0  # seconds for the next piece of a list

_EXAMPLE = {
    "purpose": "marketing/remarketing",
    "channel": "audience",
    "addresses": ["ann@example.net", "bob@example.net"],
}


class Listed(Body):
    purpose: PurposePath
    channel: Channel = Channel.AUDIENCE
    addresses: Annotated[list[str], Field(min_length=1)]


def routes(doors: Doors, audiences: Audiences) -> list[APIRouter]:
    router = APIRouter(prefix="/v1", route_class=keyed(doors, {"app"}), tags=["audiences"])

    @router.post(
        "/scrub",
        summary="Those of a list that may be used for a purpose",
        responses=examples.answers(
            {
                "usable": ["ann@example.net"],
                "checked": 2,
                "refused": {"no_consent": 1},
                "record": "0eq3b2c4d5e6f7g8",
            }
        ),
        openapi_extra=examples.asked(_EXAMPLE),
    )
    async def scrub(request: Request) -> Response:
        """JSON with `addresses`, or CSV or NDJSON (an address a line) with `?purpose=&channel=`, of any length up to
        64 MiB; answered in kind. Addresses may be given as SHA-256 or MD5 in hex where settings allow it.
        """
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in FORMATS:
            return await _streamed(doors, audiences, request, FORMATS[kind]())
        return await _at_once(doors, audiences, request)

    return [router]


def _begun(doors: Doors, request: Request, path: str, channel: Channel, pointer: str) -> Scrub:
    caller = caller_of(request)
    purpose = leaf(doors, path, pointer)
    return Scrub(caller.acting, channel, purpose, caller.actor)


async def _at_once(doors: Doors, audiences: Audiences, request: Request) -> Response:
    caller_of(request).acting  # noqa: B018 - refused before anything is read
    body = b"".join([piece async for piece in _pieces(request, LARGEST_BODY)])
    try:
        given = Listed.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([item | {"loc": ("body", *item["loc"])} for item in found]) from None
    scrub = _begun(doors, request, given.purpose, given.channel, "#/purpose")
    usable: list[str] = []
    for start in range(0, len(given.addresses), _AT_ONCE):
        usable += await _usable(audiences, scrub, given.addresses[start : start + _AT_ONCE])
    return JSONResponse({"usable": usable} | _told(scrub) | {"record": await audiences.end(scrub)})


async def _streamed(doors: Doors, audiences: Audiences, request: Request, lines: Lines) -> Response:
    path = request.query_params.get("purpose", "")
    if not path:
        raise InvalidField("query:purpose", "Name the purpose: ?purpose=marketing/remarketing")
    try:
        channel = Channel(request.query_params.get("channel", Channel.AUDIENCE))
    except ValueError:
        raise InvalidField("query:channel", "No such channel.") from None
    scrub = _begun(doors, request, path, channel, "query:purpose")
    return await Streamed.begun(_answer(audiences, scrub, request, lines), lines.media_type)


async def _answer(audiences: Audiences, scrub: Scrub, request: Request, lines: Lines) -> AsyncIterator[bytes]:
    waiting: list[str] = []
    heading = lines.heading  # not before the first addresses are decided: until then an error has a status
    async for piece in _pieces(request, LARGEST_LIST):
        waiting += lines.read(piece)
        while len(waiting) >= _AT_ONCE:
            usable = await _usable(audiences, scrub, waiting[:_AT_ONCE])
            yield heading + lines.write(usable)
            heading = b""
            del waiting[:_AT_ONCE]
    waiting += lines.rest()
    last = lines.write(await _usable(audiences, scrub, waiting)) if waiting else b""
    record = await audiences.end(scrub)
    yield heading + last + lines.end(_told(scrub) | {"record": record})


async def _usable(audiences: Audiences, scrub: Scrub, texts: Sequence[str]) -> list[str]:
    told = await audiences.usable(scrub, texts)
    return [text for text, usable in zip(texts, told, strict=True) if usable]


def _told(scrub: Scrub) -> dict[str, object]:
    refused = {reason: count for reason, count in sorted(scrub.counts.items()) if reason != "usable"}
    return {"checked": scrub.checked, "refused": refused}


async def _pieces(request: Request, largest: int) -> AsyncIterator[bytes]:
    """The body as it comes: bounded in all, and each piece in time."""
    left, stream = largest, request.stream()
    while True:
        try:
            async with asyncio.timeout(_NEXT_WITHIN):
                piece = await anext(stream, None)
        except TimeoutError:
            raise HTTPException(408, headers={"Connection": "close"}) from None
        if piece is None:
            return
        left -= len(piece)
        if left < 0:
            raise HTTPException(413, "The list is larger than is read here.", headers={"Connection": "close"})
        yield piece
