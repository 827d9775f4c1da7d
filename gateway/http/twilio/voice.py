"""`/hooks/twilio/voice/key`, `/amd` and `/gathered`: what happens in a call of ours."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from channels.voice import line
from channels.voice.line import Voice
from gateway.http.twilio.signed import Reader, Signed, answer, refuse
from gateway.http.twilio.texts import number
from gateway.links import Hook
from suppression.address import Address
from suppression.errors import InvalidToken, NotFound
from suppression.model import Recipient, Sender
from suppression.outbox import Entry
from suppression.rules.stops import TRANSACTIONAL

log = structlog.get_logger(__name__)

WITHIN = 10.0  # seconds for Twilio to go on with other TwiML; it waits 15 for our answer

ReadHook = Callable[[Hook, str, str], str]
Replace = Callable[[str, str, str], Awaitable[None]]
"""A sender's call under way (its SID) goes on with other TwiML; raises what its client raises."""


class Stopping(Protocol):
    """`gateway.phones.stops.PhoneStops`."""

    async def key_pressed(self, recipient: Recipient, sender: str, call: str) -> None: ...
    async def called_the_line(self, recipient: Recipient, sender: str, call: str, *, own: bool) -> None: ...


class Answers(Protocol):
    """`gateway.phones.call_answers.CallAnswers`."""

    async def take(self, entry: Entry, call: str, keys: str, *, spoke: bool) -> None: ...


Entries = Callable[[str], Awaitable[Entry]]
"""`Outbox.entry`: a message by its id; NotFound."""


class Calls:
    """Of all senders."""

    def __init__(
        self,
        reader: Reader,
        read_hook: ReadHook,
        senders: Mapping[str, Sender],
        recipient: Callable[[Address], Recipient],
        entries: Entries,
        stops: Stopping,
        replace: Replace,
        answers: Answers,
    ) -> None:
        self._reader = reader
        self._read_hook = read_hook
        self._senders = senders
        self._recipient = recipient
        self._entries = entries
        self._stops = stops
        self._replace = replace
        self._answers = answers

    async def key(self, request: Request) -> Response:
        """Any key: nothing else was offered. What is said in answer is said once the stop is stored.

        In a transactional call it is the app that asked for keys, and none of them is a stop.
        """
        signed = await self._reader.read(request)
        entry = await self._entry(signed, Hook.KEY)
        if not signed["Digits"] or entry.purpose.partition("/")[0] == TRANSACTIONAL:
            return answer()
        await self._stops.key_pressed(self._called(signed, entry), entry.sender, signed["CallSid"])
        return answer(line.key_pressed(speaker(self._senders.get(entry.sender))))

    async def machine(self, request: Request) -> Response:
        """A machine gets its own text, with the toll-free number. Who is not known to be one is a human."""
        signed = await self._reader.read(request)
        entry = await self._entry(signed, Hook.AMD)
        voicemail = (entry.content or {}).get("voicemail", "")
        if voicemail and signed["AnsweredBy"].startswith("machine_") and signed["CallSid"]:
            await self._go_on(entry, signed["CallSid"], voicemail)
        return answer()

    async def gathered(self, request: Request) -> Response:
        """To a question that the app asked, in a call without a stop key: it is no stop, and the call ends."""
        signed = await self._reader.read(request)
        entry = await self._entry(signed, Hook.GATHERED)
        keys, spoke = signed["Digits"], bool(signed["SpeechResult"])
        if keys or spoke:
            await self._answers.take(entry, signed["CallSid"], keys, spoke=spoke)
        return answer()

    async def _go_on(self, entry: Entry, call: str, voicemail: str) -> None:
        """A call that has ended meanwhile cannot: then nobody has heard anything wrong."""
        try:
            async with asyncio.timeout(WITHIN):
                await self._replace(entry.sender, call, voicemail)
        except Exception as error:  # noqa: BLE001 - of a client behind a seam; a second try would come too late
            log.warning("voicemail_not_left", message=entry.id, error=type(error).__name__)

    async def _entry(self, signed: Signed, hook: Hook) -> Entry:
        try:
            message = self._read_hook(hook, signed.asked("m"), signed.asked("k"))
            entry = await self._entries(message)
        except (InvalidToken, NotFound):
            refuse("no message of ours")
        if entry.sender not in signed.account.senders:
            refuse("another sender's call")
        if entry.reference and entry.reference != signed["CallSid"]:
            refuse("another call")
        return entry

    def _called(self, signed: Signed, entry: Entry) -> Recipient:
        """With the address, where Twilio names the one that it is the entry's."""
        to = number(signed["To"])
        named = self._recipient(to) if to is not None else entry.recipient
        return named if named.key == entry.recipient.key else entry.recipient


def speaker(sender: Sender | None) -> Voice:
    """Whose voice answers."""
    if sender is None:
        return Voice("")
    calls = sender.calls
    if calls is None:
        return Voice(sender.title, sender.language)
    return Voice(calls.identity or sender.title, calls.language or sender.language, calls.voice)


def routes(calls: Calls) -> list[APIRouter]:
    router = APIRouter(prefix="/hooks/twilio/voice", tags=["hooks"])
    responses: dict[int | str, dict[str, object]] = {
        200: {"content": {"text/xml": {}}},
        403: {"description": "Not signed by Twilio, or not about this call."},
        503: {"description": "Not stored."},
    }
    router.add_api_route(
        "/key", calls.key, methods=["POST"], summary="A key was pressed in a call", responses=responses
    )
    router.add_api_route(
        "/amd", calls.machine, methods=["POST"], summary="Who answered a call", responses=responses
    )
    router.add_api_route(
        "/gathered",
        calls.gathered,
        methods=["POST"],
        summary="What was answered to an app's question in a call",
        responses=responses,
    )
    return [router]
