"""`/v1/scrub`: those of a list that may be used for a purpose. JSON at once; CSV and NDJSON as they come.

A list is answered while it is read: what was found usable is sent on, and kept meanwhile for a caller that does not
read before it has written all. The last piece of an answer is sent when the list's record is in the log; an answer
that breaks off before its end is no answer.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.http import examples
from gateway.http.access import caller_of, keyed
from gateway.http.doors import Doors
from gateway.http.edge import LARGEST_BODY
from gateway.http.fields import Body, PurposePath, leaf
from gateway.http.idempotency import stem_of
from gateway.http.lines import FORMATS, Lines
from gateway.http.pieces import pieces_of
from gateway.http.problems import InvalidField
from gateway.http.streamed import Streamed
from gateway.roads.audiences import Audiences, Ended, Scrub
from suppression.errors import Conflict, IdempotencyMismatch
from suppression.model import Channel

LARGEST_LIST = 64 << 20  # about 2.5 million addresses; usable ones wait in memory for a slow reader
_AT_ONCE = 512  # addresses; other requests of this process come in between

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
        64 MiB; answered in kind. With `Idempotency-Key` the answer is kept for a day: the same list gets it again,
        and leaves no second record. Addresses may be given as SHA-256 or MD5 in hex where settings allow it.
        """
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in FORMATS:
            return await _streamed(doors, audiences, request, FORMATS[kind]())
        return await _at_once(doors, audiences, request)

    return [router]


def _begun(doors: Doors, request: Request, path: str, channel: Channel, pointer: str) -> Scrub:
    caller = caller_of(request)
    purpose = leaf(doors, path, pointer)
    return Scrub(caller.acting, channel, purpose, caller.actor, stem_of(request))


async def _at_once(doors: Doors, audiences: Audiences, request: Request) -> Response:
    caller_of(request).acting  # noqa: B018 - refused before anything is read
    body = b"".join([piece async for piece in pieces_of(request, LARGEST_BODY)])
    try:
        given = Listed.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([item | {"loc": ("body", *item["loc"])} for item in found]) from None
    scrub = _begun(doors, request, given.purpose, given.channel, "#/purpose")
    ended = await _checked(audiences, scrub, given.addresses, hashlib.sha256(body).hexdigest())
    return JSONResponse({"usable": _chosen(given.addresses, ended.told)} | _told(ended))


async def _checked(audiences: Audiences, scrub: Scrub, texts: Sequence[str], body: str) -> Ended:
    former = await _former(audiences, scrub)
    if former is not None:
        return _same(former, body)
    told = bytearray()
    for start in range(0, len(texts), _AT_ONCE):
        told += bytes(await audiences.usable(scrub, texts[start : start + _AT_ONCE]))
    ended = await audiences.end(scrub, body)
    return ended if scrub.key else replace(ended, told=bytes(told))


async def _streamed(doors: Doors, audiences: Audiences, request: Request, lines: Lines) -> Response:
    path = request.query_params.get("purpose", "")
    try:
        channel = Channel(request.query_params.get("channel", Channel.AUDIENCE))
    except ValueError:
        raise InvalidField("query:channel", "No such channel.") from None
    scrub = _begun(doors, request, path, channel, "query:purpose")
    digest = hashlib.sha256(f"{lines.media_type} {request.url.query} ".encode())
    former = await _former(audiences, scrub)
    if former is not None:
        return await Streamed.begun(_again(former, request, lines, digest), lines.media_type)
    return await Streamed.begun(_answer(audiences, scrub, request, lines, digest), lines.media_type)


async def _former(audiences: Audiences, scrub: Scrub) -> Ended | None:
    return None if scrub.key is None else await audiences.former(scrub.key)


def _same(ended: Ended, body: str) -> Ended:
    if ended.body != body:
        raise IdempotencyMismatch("this key came with another list")
    return ended


async def _answer(
    audiences: Audiences, scrub: Scrub, request: Request, lines: Lines, digest: "hashlib._Hash"
) -> AsyncIterator[bytes]:
    waiting: list[str] = []
    heading = lines.heading  # not before the first addresses are decided: until then an error has a status
    async for piece in pieces_of(request, LARGEST_LIST):
        digest.update(piece)
        waiting += lines.read(piece)
        while len(waiting) >= _AT_ONCE:
            usable = await _usable(audiences, scrub, waiting[:_AT_ONCE])
            yield heading + lines.write(usable)
            heading = b""
            del waiting[:_AT_ONCE]
    waiting += lines.rest()
    last = lines.write(await _usable(audiences, scrub, waiting)) if waiting else b""
    ended = await audiences.end(scrub, digest.hexdigest())
    if ended.told != bytes(scrub.told):
        raise Conflict("the same list was answered otherwise meanwhile")  # ours breaks off: it is none
    yield heading + last + lines.end(_told(ended))


async def _again(
    ended: Ended, request: Request, lines: Lines, digest: "hashlib._Hash"
) -> AsyncIterator[bytes]:
    """What the key was answered with before. All of the list is read first: it may be another one."""
    pieces = []
    async for piece in pieces_of(request, LARGEST_LIST):
        digest.update(piece)
        pieces.append(piece)
    _same(ended, digest.hexdigest())
    yield lines.heading
    place = 0
    for piece in pieces:
        texts = lines.read(piece)
        yield lines.write(_chosen(texts, ended.told[place : place + len(texts)]))
        place += len(texts)
        await asyncio.sleep(0)  # nothing here waits for anything
    yield lines.write(_chosen(lines.rest(), ended.told[place:])) + lines.end(_told(ended))


async def _usable(audiences: Audiences, scrub: Scrub, texts: Sequence[str]) -> list[str]:
    return _chosen(texts, await audiences.usable(scrub, texts))


def _chosen(texts: Sequence[str], told: Iterable[int]) -> list[str]:
    return [text for text, usable in zip(texts, told, strict=False) if usable]


def _told(ended: Ended) -> dict[str, object]:
    refused = {reason: count for reason, count in sorted(ended.counts.items()) if reason != "usable"}
    return {"checked": sum(ended.counts.values()), "refused": refused, "record": ended.record}
