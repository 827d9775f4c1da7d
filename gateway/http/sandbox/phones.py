"""`/sandbox` with a telephone: answer a text, press a key in a call, call the opt-out line.

Each reaches the gateway as Twilio would bring it: a signed webhook.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from channels.played import (
    Answer,
    OnCall,
    PlayedTwilio,
    Unanswered,
    calling_in,
    detects_machines,
    on_call,
)
from gateway.http.doors import Doors
from gateway.http.links.click import Fields, form_fields, value_of
from gateway.http.pages import page
from gateway.http.problems import InvalidField
from gateway.http.sandbox.box import Sandbox
from gateway.http.sandbox.call import Heard, hear
from suppression.address import parse_phone
from suppression.errors import NotFound, Unavailable, UnusableAddress
from suppression.model import Sender
from suppression.outbox import Entry

KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#")
MACHINE = "an answering machine took it"
_LONGEST_REPLY = 1600
_MOST_REDIRECTS = 5
_NOBODY = Answer(0, "")


@dataclass(frozen=True, slots=True)
class Turn:
    """What a person did, and what came back. `heard`: in a call, if that was TwiML."""

    did: str
    answer: Answer
    heard: Heard | None = None


@dataclass(frozen=True, slots=True)
class OptOutLine:
    number: str
    title: str


def opt_out_lines(senders: Iterable[Sender]) -> list[OptOutLine]:
    return [
        OptOutLine(sender.calls.opt_out_line, sender.title)
        for sender in senders
        if sender.calls is not None and sender.calls.opt_out_line
    ]


def said(message: Mapping[str, Any]) -> str:
    """A call in a line."""
    heard = hear(message["twiml"] or "", "")
    return " ".join(line.text for line in heard.lines if line.kind == "say") if heard else "Call"


class Telephone:
    """One process's handlers of what a person does with a text or a call."""

    def __init__(self, doors: Doors, sandbox: Sandbox, twilio: PlayedTwilio) -> None:
        self._doors = doors
        self._sandbox = sandbox
        self._twilio = twilio

    async def shown(self, message: dict[str, Any], turn: Turn | None = None) -> Response:
        """A text or call, with what can be done about it."""
        heard = turn.heard if turn else None
        if turn is None and message["twiml"]:
            heard = hear(message["twiml"], self._twilio.hooks)
        return page(
            "sandbox_call.html" if message["channel"] == "voice" else "sandbox_text.html",
            message=message,
            entry=await self._entry(message["id"]),
            turn=turn,
            heard=heard,
            keys=KEYS,
            hooks=self._twilio.hooks,
            machine=detects_machines(message),
        )

    async def reply(self, request: Request, id: str) -> Response:  # noqa: A002 - the path's own word
        message = await self._sandbox.find(id, "sms")
        body = value_of(await self._fields(request), "body")
        if not 0 < len(body) <= _LONGEST_REPLY:
            raise InvalidField("#/body", f"A reply has 1 to {_LONGEST_REPLY:,} characters.")
        try:
            answer = await self._twilio.reply(message, body)
        except Unanswered:
            answer = _NOBODY
        return await self.shown(message, Turn(body, answer))

    async def key(self, request: Request, id: str) -> Response:  # noqa: A002 - the path's own word
        message = await self._sandbox.find(id, "voice")
        fields = await self._fields(request)
        return await self.shown(message, await self._step(fields, value_of(fields, "url"), on_call(message)))

    async def machine(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the path's own word
        """What is left on an answering machine: TwiML that the gateway puts in place of the call's own."""
        message = await self._sandbox.find(id, "voice")
        if not detects_machines(message):
            raise NotFound("this call does not ask whether a machine answers")
        try:
            answer = await self._twilio.answered_by_machine(message)
        except Unanswered:
            answer = _NOBODY
        left = await asyncio.to_thread(self._sandbox.box.replaced, on_call(message).sid)
        heard = hear(left, self._twilio.hooks) if left else None
        return await self.shown(message, Turn(MACHINE, answer, heard))

    async def line(self, request: Request) -> Response:
        """The first step of a call to the opt-out line, or the next."""
        fields = await self._fields(request)
        number = value_of(fields, "line")
        lines = [line for line in opt_out_lines(self._doors.senders.values()) if line.number == number]
        if not lines:
            raise InvalidField("#/line", "No sender's opt-out line.")
        call = calling_in(number, _caller(value_of(fields, "caller")), value_of(fields, "sid"))
        url = value_of(fields, "url") or self._twilio.hooks + "voice/line"
        turn = await self._step(fields, url, call)
        return page(
            "sandbox_line.html",
            line=lines[0],
            call=call,
            turn=turn,
            heard=turn.heard,
            keys=KEYS,
            hooks=self._twilio.hooks,
        )

    async def _fields(self, request: Request) -> Fields:
        return await form_fields(request, self._doors.patience)

    async def _entry(self, message_id: str) -> Entry | None:
        """None where the outbox has nothing of it, or does not say."""
        if self._doors.sends is None:
            return None
        try:
            return await self._doors.sends.waiting.entry(message_id)
        except (NotFound, Unavailable):
            return None

    async def _step(self, fields: Fields, url: str, call: OnCall) -> Turn:
        """Digits or words to where the call asked for them; and on, where it says so."""
        heard = {"Digits": value_of(fields, "digits"), "SpeechResult": value_of(fields, "speech")}
        given = {name: text for name, text in heard.items() if text}
        turn = await self._posted(url, call, given)
        for _ in range(_MOST_REDIRECTS):
            if turn.heard is None or turn.heard.question or not turn.heard.leads_to:
                break
            before = turn.heard.lines
            turn = await self._posted(turn.heard.leads_to, call, {}, did=turn.did, before=before)
        return turn

    async def _posted(
        self, url: str, call: OnCall, given: Mapping[str, str], did: str = "", before: tuple[Any, ...] = ()
    ) -> Turn:
        if not url.startswith(self._twilio.hooks):
            raise InvalidField("#/url", "Not a webhook of this gateway.")
        try:
            answer = await self._twilio.speak(url, call, **given)
        except Unanswered:
            answer = _NOBODY
        did = did or "".join(given.values())
        return Turn(did, answer, hear(answer.text, url, before) if answer.status == 200 else None)


def _caller(text: str) -> str:
    """As the network tells it; "" for somebody who withholds it."""
    try:
        return parse_phone(text).text if text.strip() else ""
    except UnusableAddress:
        raise InvalidField("#/caller", "Must be a phone number like +12025550143, or nothing.") from None


def routes(telephone: Telephone) -> list[APIRouter]:
    router = APIRouter(prefix="/sandbox", include_in_schema=False)
    router.add_api_route("/messages/{id}/reply", telephone.reply, methods=["POST"])
    router.add_api_route("/messages/{id}/key", telephone.key, methods=["POST"])
    router.add_api_route("/messages/{id}/machine", telephone.machine, methods=["POST"])
    router.add_api_route("/line", telephone.line, methods=["POST"])
    return [router]
