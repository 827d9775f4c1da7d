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

from gateway.http.doors import Applied, Doors, Link
from gateway.http.links.choices import Choice, choices, chosen, way
from gateway.http.links.click import form_fields, form_value, value_of
from gateway.http.links.preference_form import Form
from gateway.http.links.undo import Undo, sign, verify
from gateway.http.pages import HEADERS, page, reader, unknown_link
from gateway.languages import Words
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
        self._form = Form(doors)

    async def view(self, request: Request, token: str) -> Response:
        """GET and HEAD: people and scanners look alike, so nothing changes."""
        try:
            link = self._doors.link(token)
        except InvalidToken:
            return unknown_link(request, self._doors.senders)
        await self._record_view(link, request.method)
        sender = self._doors.senders[link.sender]
        if link.kind == "body":
            return await self._with_preferences(request, token, link, sender)
        words = reader(request, sender)
        return self._shown(words, token, link, sender)

    async def _with_preferences(self, request: Request, token: str, link: Link, sender: Sender) -> Response:
        """Without them, where they cannot be read now: the buttons above need nothing from the store to be shown."""
        try:
            visit = await self._form.visit(request, token, link)
        except Unavailable as error:
            log.warning("preferences_not_shown", error=type(error).__name__)
            return self._shown(reader(request, sender), token, link, sender, preferences_away=True)
        form = self._form.form_value(token)
        return self._shown(visit.words, token, link, sender, preferences=visit.shown, form=form)

    def _shown(self, words: Words, token: str, link: Link, sender: Sender, **preferences: Any) -> Response:
        more: dict[str, Any] = {"preferences": None, "preferences_away": False, **preferences}
        offered = self._choices(link, sender, words)
        return page("unsubscribe.html", words=words, sender=sender, token=token, choices=offered, **more)

    async def preferences(self, request: Request, token: str) -> Response:
        """POST of the page's form."""
        try:
            link = self._doors.link(token)
        except InvalidToken:
            return unknown_link(request, self._doors.senders)
        if link.kind != "body":
            return unknown_link(request, self._doors.senders)
        return await self._form.save(request, token, link)

    async def options(self, request: Request, token: str) -> Response:
        try:
            await self._record_view(self._doors.link(token), request.method)
        except InvalidToken:
            return unknown_link(request, self._doors.senders)
        return Response(status_code=204, headers={**HEADERS, "Allow": "GET, HEAD, OPTIONS, POST"})

    async def stop(self, request: Request, token: str) -> Response:
        """POST: stops, whatever the body. 200 means that it is stored durably, and nothing else does."""
        try:
            link = self._doors.link(token)
        except InvalidToken:
            return unknown_link(request, self._doors.senders)
        sender = self._doors.senders[link.sender]
        words = reader(request, sender)
        value = await form_value(request, "scope", self._doors.patience)
        choice = chosen(value, self._choices(link, sender, words))
        try:
            applied = await self._suppress(link, choice)
        except Unavailable as error:
            return _not_yet(error, words=words, sender=sender, token=token, choice=choice)
        undo = self._undo_value(token, applied) if applied.created else None
        return page("stopped.html", words=words, sender=sender, token=token, choice=choice, undo=undo)

    async def undo(self, request: Request, token: str) -> Response:
        """POST of the page after a stop: lifts the entry that its click made, if it still is as it was."""
        try:
            link = self._doors.link(token)
        except InvalidToken:
            return unknown_link(request, self._doors.senders)
        sender = self._doors.senders[link.sender]
        shown: dict[str, Any] = {"words": reader(request, sender), "sender": sender, "token": token}
        value = value_of(await form_fields(request, self._doors.patience), "undo")
        try:
            await self._lift(token, value)
        except (InvalidToken, NotFound, Conflict):
            return page("undo_refused.html", 409, **shown)
        except Unavailable as error:
            return _not_yet(error, template="undo_not_yet.html", undo=value, **shown)
        return page("undone.html", **shown)

    def _choices(self, link: Link, sender: Sender, words: Words) -> tuple[Choice, ...]:
        return choices(link, sender, self._doors.catalogue(), words)

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
        return sign(self._doors.form_key, token, [undo], self._doors.clock())

    async def _lift(self, token: str, value: str) -> None:
        if self._doors.sandbox is not None:
            await self._doors.sandbox.follow_clock()
        for place, undo in enumerate(verify(self._doors.form_key, token, value, self._doors.clock())):
            await self._doors.changes.lift(
                undo.handle,
                actor=_ACTOR,
                reason="undone by the recipient",
                evidence={},
                order=undo.order,
                # The same button pressed twice is one undo, and is answered alike.
                change_id=hashlib.sha256(f"undo{place}{value}".encode()).hexdigest(),
            )

    async def _record_view(self, link: Link, method: str) -> None:
        """A view that cannot be logged is still shown: it changes nothing."""
        try:
            await self._doors.record_view(link, method)
        except Unavailable as error:
            log.warning("view_not_recorded", error=type(error).__name__)


def _not_yet(error: Unavailable, template: str = "not_yet.html", **shown: Any) -> Response:
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
    router.add_api_route(
        "/u/{token}/preferences",
        links.preferences,
        methods=["POST"],
        responses={
            **shown,
            409: {"description": "What was to be loosened cannot be, and why."},
            503: {"description": "Not stored, or not asked: the page says so."},
        },
        summary="Choose what to get: stops hold at once, the rest once it is confirmed",
    )
    return [router]
