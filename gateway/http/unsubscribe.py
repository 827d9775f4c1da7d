"""`/u/{token}`: the recipient's way out. GET shows, POST stops, and the page after it can undo.

RFC 8058 3.1, 3.2: no cookie, no redirect, no authentication; whoever has the link may stop what it is about.
Nothing of the answer tells whether anything is known of the recipient.
"""

import hashlib
from typing import Any

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.choices import Choice, choices, chosen, way
from gateway.http.click import form_value
from gateway.http.doors import Applied, Doors, Link
from gateway.http.pages import HEADERS, page
from gateway.http.undo import Undo, sign, verify
from suppression.decision import Reason
from suppression.errors import Conflict, InvalidToken, NotFound, Unavailable
from suppression.model import Sender

log = structlog.get_logger(__name__)

_SOURCE = "unsubscribe"
_ACTOR = "recipient"


class Links:
    """One process's handlers of links."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def view(self, request: Request, token: str) -> Response:
        """GET and HEAD: people and scanners look alike, so nothing changes."""
        try:
            link = self._doors.link(token)
        except InvalidToken:
            return self._unknown()
        await self._record_view(link, request.method)
        sender = self._doors.senders[link.sender]
        return page("unsubscribe.html", sender=sender, token=token, choices=self._choices(link, sender))

    async def options(self, request: Request, token: str) -> Response:
        try:
            await self._record_view(self._doors.link(token), request.method)
        except InvalidToken:
            return self._unknown()
        return Response(status_code=204, headers={**HEADERS, "Allow": "GET, HEAD, OPTIONS, POST"})

    async def stop(self, request: Request, token: str) -> Response:
        """POST: stops, whatever the body. 200 means that it is stored durably, and nothing else does."""
        try:
            link = self._doors.link(token)
        except InvalidToken:
            return self._unknown()
        sender = self._doors.senders[link.sender]
        choice = chosen(await form_value(request, "scope", self._doors.patience), self._choices(link, sender))
        try:
            applied = await self._suppress(link, choice)
        except Unavailable as error:
            return _not_yet(error, sender=sender, token=token, choice=choice)
        undo = self._undo_value(token, applied) if applied.created else None
        return page("stopped.html", sender=sender, token=token, choice=choice, undo=undo)

    async def undo(self, request: Request, token: str) -> Response:
        """POST of the page after a stop: lifts the entry that its click made, if it still is as it was."""
        try:
            link = self._doors.link(token)
        except InvalidToken:
            return self._unknown()
        sender = self._doors.senders[link.sender]
        value = await form_value(request, "undo", self._doors.patience)
        try:
            await self._lift(token, value)
        except (InvalidToken, NotFound, Conflict):
            return page("undo_refused.html", 409, sender=sender, token=token)
        except Unavailable as error:
            return _not_yet(error, template="undo_not_yet.html", sender=sender, token=token, undo=value)
        return page("undone.html", sender=sender, token=token)

    def _choices(self, link: Link, sender: Sender) -> tuple[Choice, ...]:
        return choices(link, sender, self._doors.catalogue())

    async def _suppress(self, link: Link, choice: Choice) -> Applied:
        return await self._doors.changes.suppress(
            link.recipient,
            choice.scope,
            reason=Reason.UNSUBSCRIBED,
            way=way(link),
            source=_SOURCE,
            actor=_ACTOR,
        )

    def _undo_value(self, token: str, applied: Applied) -> str:
        undo = Undo(applied.handle, applied.entry.order)
        return sign(self._doors.form_key, token, undo, self._doors.clock())

    async def _lift(self, token: str, value: str) -> None:
        if self._doors.sandbox is not None:
            await self._doors.sandbox.follow_clock()
        undo = verify(self._doors.form_key, token, value, self._doors.clock())
        await self._doors.changes.lift(
            undo.handle,
            actor=_ACTOR,
            reason="undone by the recipient",
            evidence={},
            order=undo.order,
            # The same button pressed twice is one undo, and is answered alike.
            change_id=hashlib.sha256(b"undo" + value.encode()).hexdigest(),
        )

    async def _record_view(self, link: Link, method: str) -> None:
        """A view that cannot be logged is still shown: it changes nothing."""
        try:
            await self._doors.record_view(link, method)
        except Unavailable as error:
            log.warning("view_not_recorded", error=type(error).__name__)

    def _unknown(self) -> Response:
        senders = list(self._doors.senders.values())
        return page("unknown_link.html", 404, sender=senders[0] if len(senders) == 1 else None)


def _not_yet(error: Unavailable, template: str = "not_yet.html", **shown: object) -> Response:
    """Never a false success: this page says that it did not work."""
    log.warning("click_not_stored", error=type(error).__name__)
    return page(template, 503, headers={"Retry-After": str(error.retry_after)}, **shown)


def routes(doors: Doors) -> list[APIRouter]:
    router = APIRouter(tags=["unsubscribe"])
    links = Links(doors)
    shown: dict[int | str, dict[str, Any]] = {
        200: {"content": {"text/html": {}}},
        404: {"description": "Not a link of ours; says what else to do."},
    }
    router.add_api_route(
        "/u/{token}",
        links.view,
        methods=["GET"],
        responses=dict(shown),
        summary="The page behind a link",
    )
    router.add_api_route("/u/{token}", links.view, methods=["HEAD"], include_in_schema=False)
    router.add_api_route("/u/{token}", links.options, methods=["OPTIONS"], include_in_schema=False)
    router.add_api_route(
        "/u/{token}",
        links.stop,
        methods=["POST"],
        responses={**shown, 503: {"description": "Not stored: the page says so, and when to try again."}},
        summary="Stop what the link is about, whatever the body (RFC 8058)",
    )
    router.add_api_route("/u/{token}/undo", links.undo, methods=["POST"], include_in_schema=False)
    return [router]
