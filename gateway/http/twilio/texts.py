"""`/hooks/twilio/sms`: somebody wrote to one of our numbers. Answered once what it means is stored."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.twilio.signed import Reader, Signed, answer, refuse
from gateway.phones.text_answers import Received
from suppression.address import Address, parse
from suppression.errors import UnusableAddress
from suppression.model import Recipient, Sender

log = structlog.get_logger(__name__)

Take = Callable[[Received], Awaitable[object]]
"""`gateway.phones.replies.Replies.take`."""

# Twilio's other channels name themselves before the number; a stop there is one here (RULES 2.1, unified opt-out).
_CHANNELS = ("rcs:", "whatsapp:")


class Texts:
    """`senders`: all, by name; `recipient`: an address under its keys."""

    def __init__(
        self,
        reader: Reader,
        senders: Mapping[str, Sender],
        recipient: Callable[[Address], Recipient],
        take: Take,
        clock: Callable[[], datetime],
    ) -> None:
        self._reader = reader
        self._senders = senders
        self._recipient = recipient
        self._take = take
        self._clock = clock

    async def received(self, request: Request) -> Response:
        """Twilio says it again when we cannot store it: 503. Nothing is said in the answer: our texts go their way."""
        signed = await self._reader.read(request)
        sid = signed["MessageSid"] or signed["SmsSid"]
        writer = number(signed["From"])
        if not sid or writer is None:
            # A short code, a name: nobody whom we could write to, and so nothing that we could stop.
            log.info("text_of_nobody", known=bool(sid))
            return answer()
        sender = owner(self._senders, signed, signed["To"], signed["MessagingServiceSid"])
        received = Received(
            id=sid,
            recipient=self._recipient(writer),
            sender=sender,
            to=_bare(signed["To"]),
            text=signed["Body"],
            at=self._clock(),
            took=signed["OptOutType"],
        )
        await self._take(received)
        return answer()


def number(text: str) -> Address | None:
    """A phone number that Twilio names; None for what is none."""
    try:
        return parse(_bare(text), "sms")
    except UnusableAddress:
        return None


def _bare(text: str) -> str:
    for channel in _CHANNELS:
        text = text.removeprefix(channel)
    return text


def owner(senders: Mapping[str, Sender], signed: Signed, to: str, service: str = "") -> Sender | None:
    """Whose number it is. An account speaks for its own senders only; None for a number that settings do not have."""
    named = owner_of(senders, _bare(to), service)
    if named is not None and named.name not in signed.account.senders:
        refuse("another sender's number")
    if named is None and len(signed.account.senders) == 1:
        (only,) = signed.account.senders
        return senders.get(only)
    return named


def owner_of(senders: Mapping[str, Sender], to: str, service: str = "") -> Sender | None:
    """By number, or by the messaging service."""
    for sender in senders.values():
        texts, calls = sender.texts, sender.calls
        if texts is not None and (to in texts.numbers or (service and service == texts.service)):
            return sender
        if calls is not None and (to in calls.numbers or to == calls.opt_out_line):
            return sender
    return None


def routes(texts: Texts) -> list[APIRouter]:
    router = APIRouter(prefix="/hooks/twilio", tags=["hooks"])
    router.add_api_route(
        "/sms",
        texts.received,
        methods=["POST"],
        summary="A text came in",
        responses={
            200: {"content": {"text/xml": {}}, "description": "What it means is stored."},
            403: {"description": "Not signed by Twilio."},
            503: {"description": "Not stored: to be said again."},
        },
    )
    return [router]
