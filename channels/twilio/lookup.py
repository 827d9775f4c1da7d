"""A lost answer, settled by asking Twilio what it has: texts and calls to a number in a span of time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.twilio.client import TwilioClient
from channels.twilio.resources import TwilioCall, TwilioMessage

SLACK = timedelta(seconds=5)  # between Twilio's clock, which tells whole seconds, and ours


@dataclass(frozen=True, slots=True)
class Candidate:
    """One that may be the lost one. Who claims its SID first has it: two equal texts are two entries there and here.

    at    when Twilio made it; None for a call that is still queued
    body  of a text; "" for a call
    """

    sid: str
    at: datetime | None
    status: str
    error_code: int
    body: str


class Lookup:
    """Raises CarrierUnavailable when Twilio cannot say; an empty list says that it has none."""

    def __init__(self, client: TwilioClient) -> None:
        self._client = client

    async def find(
        self, number: str, since: datetime, until: datetime, *, sender: str = "", body: str | None = None
    ) -> list[Candidate]:
        """Texts to a number, oldest first, made in that span.

        sender  from-number or service (MG...) by which it went
        body    only those that say exactly this
        """
        by_service = sender.startswith("MG")
        found = await self._client.messages_to(number, sender="" if by_service else sender)
        return [
            Candidate(text.sid, text.at, text.status, text.error_code, text.body)
            for text in sorted(found, key=lambda text: text.at)
            if _ours(text)
            and _within(text.at, since, until)
            and (not by_service or text.service == sender)
            and body in (None, text.body)
        ]

    async def find_calls(
        self, number: str, since: datetime, until: datetime, *, sender: str = ""
    ) -> list[Candidate]:
        """Calls to a number. One that still waits at Twilio has no time yet, and may be the lost one."""
        found = await self._client.calls_to(number, sender=sender)
        return [
            Candidate(call.sid, call.at, call.status, 0, "")
            for call in found
            if _ours(call) and (call.at is None or _within(call.at, since, until))
        ]


def _ours(record: TwilioMessage | TwilioCall) -> bool:
    """By the API: neither received nor an answer that Twilio gave by itself."""
    return record.direction == "outbound-api"


def _within(at: datetime, since: datetime, until: datetime) -> bool:
    return since - SLACK <= at <= until + SLACK
