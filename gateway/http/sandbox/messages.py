"""`/sandbox` (dev only): what would have left, for programs and for the eye; and the clock.

No key: it runs on one machine, with nothing real in it.
"""

import asyncio
import base64
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from gateway.http import render
from gateway.http.doors import Doors
from gateway.http.fields import Body, Moment, plus_restored
from gateway.http.pages import HEADERS, page
from gateway.http.sandbox import phones as sandbox_phones
from gateway.http.sandbox.box import Sandbox
from gateway.http.sandbox.mail import MailView, view
from gateway.http.sandbox.phones import Telephone, opt_out_lines, said
from suppression.errors import NotFound
from suppression.model import Channel

# What a mail may do in its frame: look like itself, open links in a tab of their own, and no more. Nothing is
# fetched from anywhere, no script runs, and it has an origin of its own.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
_VIEW_POLICY = HEADERS["Content-Security-Policy"] + "; frame-src 'self'"
_SHOWN = 200


class Clock(Body):
    now: Moment | None


def routes(doors: Doors, sandbox: Sandbox) -> list[APIRouter]:
    own = [_for_programs(doors, sandbox)]
    if sandbox.twilio is None:
        return [*own, _for_people(doors, sandbox, None)]
    telephone = Telephone(doors, sandbox, sandbox.twilio)
    return [*own, _for_people(doors, sandbox, telephone), *sandbox_phones.routes(telephone)]


def _for_programs(doors: Doors, sandbox: Sandbox) -> APIRouter:
    router = APIRouter(prefix="/sandbox", tags=["sandbox"])

    @router.get("/messages", summary="What would have left, oldest first")
    async def messages(
        channel: Channel | None = None,
        to: Annotated[str | None, Query(max_length=400)] = None,
        limit: Annotated[int | None, Query(ge=1, le=100_000)] = None,
    ) -> Response:
        wanted = None if to is None else plus_restored(to)
        found = await asyncio.to_thread(sandbox.box.messages, channel and channel.value, wanted, limit)
        return JSONResponse({"messages": found})

    @router.delete("/messages", summary="Empty the sandbox")
    async def clear() -> Response:
        await asyncio.to_thread(sandbox.box.clear)
        return Response(status_code=204)

    @router.put("/clock", summary="Set the gateway's clock, or free it with null")
    async def set_clock(body: Clock) -> Response:
        await sandbox.set_clock(body.now)
        return JSONResponse({"now": render.moment(doors.clock()), "set": body.now is not None})

    return router


def _for_people(doors: Doors, sandbox: Sandbox, telephone: Telephone | None) -> APIRouter:
    router = APIRouter(prefix="/sandbox", include_in_schema=False)

    @router.get("")
    async def show_all() -> Response:
        found = await asyncio.to_thread(sandbox.box.messages)
        rows = [(message, _mail(message)) for message in reversed(found[-_SHOWN:])]
        now = render.moment(doors.clock())
        lines = opt_out_lines(doors.senders.values()) if telephone is not None else []
        return page("sandbox.html", sender=None, rows=rows, count=len(found), now=now, lines=lines, said=said)

    @router.get("/messages/{id}")
    async def show(id: str) -> Response:  # noqa: A002 - the path's own word
        message = await sandbox.find(id)
        if telephone is not None and message["channel"] in ("sms", "voice"):
            return await telephone.shown(message)
        headers = {"Content-Security-Policy": _VIEW_POLICY}
        return page(
            "sandbox_message.html", headers=headers, sender=None, message=message, mail=_mail(message)
        )

    @router.get("/messages/{id}/html")
    async def html(id: str) -> Response:  # noqa: A002 - the path's own word
        mail = _mail(await sandbox.find(id))
        if mail is None or mail.html is None:
            raise NotFound("no HTML part")
        return HTMLResponse(
            _opening_apart(mail.html), headers={**HEADERS, "Content-Security-Policy": _MAIL_POLICY}
        )

    @router.get("/messages/{id}/raw")
    async def raw(request: Request, id: str) -> Response:  # noqa: A002, ARG001 - the path's own word
        message = await sandbox.find(id)
        source = (
            base64.b64decode(message["raw"])
            if message["raw"] is not None
            else str(message["body"] or message["twiml"]).encode()
        )
        return Response(source, media_type="text/plain; charset=utf-8", headers=dict(HEADERS))

    return router


def _mail(message: Mapping[str, Any]) -> MailView | None:
    return view(base64.b64decode(message["raw"])) if message["raw"] is not None else None


def _opening_apart(html: str) -> str:
    """Links open in a tab: in the frame itself the page behind them refuses to be shown."""
    base = '<base target="_blank">'
    head = html.lower().find("<head>")
    return base + html if head < 0 else html[: head + 6] + base + html[head + 6 :]
