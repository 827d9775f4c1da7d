"""Reading what comes with a click: bounded, for a short time, and never so that it could fail.

RULES 0.1: RFC 8058's own example cannot be parsed by standard parsers. Who is unsubscribed from what is in the
URI alone; a body is a hint of our own page's form and nothing else.
"""

import asyncio
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

MOST = 8 * 1024
MOST_OF_A_PAGE = 32 * 1024  # the preferences of a company with many purposes
_MOST_FIELDS = 600

Fields = list[tuple[str, str]]


async def form_value(request: Request, name: str, patience: float) -> str:
    """The value of a plain urlencoded field; "" for anything else whatsoever."""
    return value_of(await form_fields(request, patience, MOST), name)


async def form_fields(request: Request, patience: float, most: int = MOST_OF_A_PAGE) -> Fields:
    """Plain urlencoded fields, in order; none for anything else whatsoever."""
    body, _ = await _read(request, patience, most)
    return _parsed(request, body) or []


async def whole_form(request: Request, patience: float, most: int = MOST_OF_A_PAGE) -> Fields | None:
    """The same, where every field counts: None for a form of which a part is missing, and for what is no form."""
    body, whole = await _read(request, patience, most)
    return _parsed(request, body) if whole else None


def _parsed(request: Request, body: bytes) -> Fields | None:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/x-www-form-urlencoded":
        return None
    try:
        return parse_qsl(body.decode("ascii"), max_num_fields=_MOST_FIELDS, keep_blank_values=True)
    except ValueError:
        return None


def value_of(fields: Fields, name: str) -> str:
    """The first of that name; "" for none."""
    return next((value for field, value in fields if field == name), "")


async def _read(request: Request, patience: float, most: int) -> tuple[bytes, bool]:
    """What came of the body within the limit and the time, and whether that is all; the rest is left on the wire."""
    body = bytearray()
    try:
        async with asyncio.timeout(patience):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    return bytes(body[:most]), False
    except (TimeoutError, ClientDisconnect):
        # The click itself came in whole with the request line: it counts.
        return bytes(body), False
    return bytes(body), True
