"""Reading what comes with a click: at most 8 KiB, for a short time, and never so that it could fail.

RULES 0.1: RFC 8058's own example cannot be parsed by standard parsers. Who is unsubscribed from what is in the
URI alone; a body is a hint of our own page's form and nothing else.
"""

import asyncio
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

MOST = 8 * 1024


async def form_value(request: Request, name: str, patience: float) -> str:
    """The value of a plain urlencoded field; "" for anything else whatsoever."""
    body = await _read(request, patience)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/x-www-form-urlencoded":
        return ""
    try:
        fields = parse_qsl(body.decode("ascii"), max_num_fields=20, keep_blank_values=True)
    except ValueError:
        return ""
    return next((value for field, value in fields if field == name), "")


async def _read(request: Request, patience: float) -> bytes:
    """What came of the body within the limit and the time; the rest is left on the wire."""
    body = bytearray()
    try:
        async with asyncio.timeout(patience):
            async for chunk in request.stream():
                body += chunk
                if len(body) >= MOST:
                    break
    except (TimeoutError, ClientDisconnect):
        # The click itself came in whole with the request line: it counts.
        pass
    return bytes(body[:MOST])
