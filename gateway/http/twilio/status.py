"""`/hooks/twilio/status`: what became of a text or a call that Twilio took."""

from collections.abc import Awaitable, Callable, Mapping

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.twilio.signed import Reader, answer, refuse
from gateway.http.twilio.texts import number
from gateway.links import Hook
from gateway.phones.deliveries import Report
from suppression.errors import InvalidToken
from suppression.outbox import Delivery

log = structlog.get_logger(__name__)

Take = Callable[[Report], Awaitable[None]]
"""`gateway.phones.deliveries.Deliveries.take`."""
ReadHook = Callable[[Hook, str, str], str]
"""`gateway.links.Links.read_hook`."""

# RULES 2.2 and 3. What is not in it says nothing of what became of a message.
STATES: Mapping[str, Delivery] = {
    "accepted": Delivery.QUEUED,
    "scheduled": Delivery.QUEUED,
    "queued": Delivery.QUEUED,
    "initiated": Delivery.QUEUED,
    "sending": Delivery.SENDING,
    "ringing": Delivery.RINGING,
    "sent": Delivery.SENT,
    "in-progress": Delivery.IN_PROGRESS,
    "answered": Delivery.IN_PROGRESS,
    "delivered": Delivery.DELIVERED,
    "partially_delivered": Delivery.DELIVERED,
    "read": Delivery.READ,
    "completed": Delivery.COMPLETED,
    "undelivered": Delivery.UNDELIVERED,
    "failed": Delivery.FAILED,
    "busy": Delivery.BUSY,
    "no-answer": Delivery.NO_ANSWER,
    "canceled": Delivery.CANCELED,
}
_LONGEST_CODE = 6


class Status:
    def __init__(self, reader: Reader, read_hook: ReadHook, take: Take) -> None:
        self._reader = reader
        self._read_hook = read_hook
        self._take = take

    async def reported(self, request: Request) -> Response:
        signed = await self._reader.read(request)
        try:
            message = self._read_hook(Hook.STATUS, signed.asked("m"), signed.asked("k"))
        except InvalidToken:
            refuse("no message of ours")
        reference = signed["MessageSid"] or signed["SmsSid"] or signed["CallSid"]
        state = STATES.get(signed["MessageStatus"] or signed["SmsStatus"] or signed["CallStatus"])
        if not reference or state is None:
            log.warning("report_not_understood", message=message)
            return answer()
        report = Report(
            message,
            reference,
            state,
            signed.account.senders,
            code=_code(signed["ErrorCode"]),
            to=number(signed["To"]),
        )
        await self._take(report)
        return answer()


def _code(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_CODE else 0


def routes(status: Status) -> list[APIRouter]:
    router = APIRouter(prefix="/hooks/twilio", tags=["hooks"])
    router.add_api_route(
        "/status",
        status.reported,
        methods=["POST"],
        summary="What became of a text or a call",
        responses={
            200: {"content": {"text/xml": {}}, "description": "Stored, or known before."},
            403: {"description": "Not signed by Twilio, or not about this message."},
            503: {"description": "Not stored: to be said again."},
        },
    )
    return [router]
