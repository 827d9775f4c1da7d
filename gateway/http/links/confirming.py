"""`/c/{token}`: the page behind the mail that asks whether something is meant. GET shows, POST confirms."""

from typing import Any

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway import phrases
from gateway.confirmations.confirming import Barred
from gateway.confirmations.wishes import Kind, Pending
from gateway.http.doors import Doors
from gateway.http.links import evidence
from gateway.http.pages import HEADERS, page, reader, unknown_link
from gateway.languages import Words
from suppression.errors import InvalidToken, NotFound, Unavailable
from suppression.model import Sender

log = structlog.get_logger(__name__)


class Questions:
    """One process's handlers of confirmation links."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def view(self, request: Request, token: str) -> Response:
        """GET and HEAD: scanners open links too, so nothing changes."""
        try:
            link = self._doors.confirm_link(token)
            found = await self._doors.confirmations.look(link)
        except InvalidToken:
            return unknown_link(request, self._doors.senders)
        except Unavailable as error:
            return self._not_yet(error, request, token, self._doors.senders[link.sender])
        sender = self._doors.senders[link.sender]
        if found is None:
            return self._gone(request, sender)
        return self._shown(
            "confirmed.html" if found.confirmed else "confirm.html", request, token, sender, found
        )

    async def options(self, request: Request, token: str) -> Response:
        try:
            self._doors.confirm_link(token)
        except InvalidToken:
            return unknown_link(request, self._doors.senders)
        return Response(status_code=204, headers={**HEADERS, "Allow": "GET, HEAD, OPTIONS, POST"})

    async def confirm(self, request: Request, token: str) -> Response:
        """POST: 200 means that it is stored durably."""
        try:
            link = self._doors.confirm_link(token)
        except InvalidToken:
            return unknown_link(request, self._doors.senders)
        sender = self._doors.senders[link.sender]
        click = evidence.of(request, self._doors.clock(), "confirmed")
        try:
            found = await self._doors.confirmations.confirm(link, click)
        except NotFound:
            return self._gone(request, sender)
        except Barred:
            return page("confirm_barred.html", 409, words=reader(request, sender), sender=sender)
        except Unavailable as error:
            return self._not_yet(error, request, token, sender)
        return self._shown("confirmed.html", request, token, sender, found)

    def _shown(self, template: str, request: Request, token: str, sender: Sender, found: Pending) -> Response:
        words = reader(request, sender, found.wish.language)
        lines = phrases.scopes(words, self._doors.catalogue(), found.wish.scopes, sender.title)
        said = _SAID[found.wish.kind](words, sender.title)
        return page(
            template,
            words=words,
            sender=sender,
            token=token,
            lines=lines,
            kind=found.wish.kind.value,
            said=said,
        )

    def _gone(self, request: Request, sender: Sender) -> Response:
        return page("confirm_gone.html", 410, words=reader(request, sender), sender=sender)

    def _not_yet(self, error: Unavailable, request: Request, token: str, sender: Sender) -> Response:
        """Never a false success."""
        log.warning("confirmation_not_stored", error=type(error).__name__)
        headers = {"Retry-After": str(error.retry_after)}
        words = reader(request, sender)
        return page("confirm_not_yet.html", 503, words=words, headers=headers, sender=sender, token=token)


def _consent(words: Words, sender: str) -> str:
    return words("You are about to get from {sender}:", sender=sender)


def _export(words: Words, sender: str) -> str:
    return words("You ask {sender} for a copy of all that is kept about your address.", sender=sender)


def _erasure(words: Words, sender: str) -> str:
    return words("You ask {sender} to delete what is kept about your address.", sender=sender)


_SAID = {Kind.CONSENT: _consent, Kind.EXPORT: _export, Kind.ERASURE: _erasure}


def routes(doors: Doors) -> list[APIRouter]:
    router = APIRouter(tags=["unsubscribe"])
    questions = Questions(doors)
    shown: dict[int | str, dict[str, Any]] = {
        200: {"content": {"text/html": {}}},
        404: {"description": "Not a link of ours."},
        410: {"description": "Nothing waits for confirmation under it any more."},
    }
    router.add_api_route(
        "/c/{token}",
        questions.view,
        methods=["GET"],
        responses=dict(shown),
        summary="What a mail asks to confirm",
    )
    router.add_api_route("/c/{token}", questions.view, methods=["HEAD"], include_in_schema=False)
    router.add_api_route("/c/{token}", questions.options, methods=["OPTIONS"], include_in_schema=False)
    router.add_api_route(
        "/c/{token}",
        questions.confirm,
        methods=["POST"],
        responses={
            **shown,
            409: {"description": "What is recorded stands against it."},
            503: {"description": "Not stored: the page says so, and when to try again."},
        },
        summary="Confirm it",
    )
    return [router]
