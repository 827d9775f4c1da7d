"""Twilio's part in the sandbox: its webhooks, made of what it would know, signed as it does and posted as it does.

Nothing is fed in by a side door: what comes of a reply or of a key here comes of it in production.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import urldefrag

import structlog

from channels.sandbox import TWILIO, Message
from channels.twilio.signature import Signatures

_API = "2010-04-01"
_TEXT_STATES = ("queued", "sent", "delivered")
_CALL_STATES = ("initiated", "ringing", "in-progress", "completed")
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)  # seconds before a webhook is posted again, as "#rc=5&rp=all" asks
CALL_LASTS = 20.0  # seconds from the answer to the end: so long a machine can still get its own text

_log = structlog.get_logger(__name__)

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway said to a webhook. `text`: TwiML, where it is one."""

    status: int
    text: str


class Unanswered(Exception):
    """Nobody took the webhook."""


class Post(Protocol):
    async def __call__(self, url: str, form: Form, signature: str) -> Answer:
        """Unanswered when there is no answer."""
        ...


@dataclass(frozen=True, slots=True)
class OnCall:
    """A call as both ends know it. `other`: the person's number, "" where they withhold it."""

    sid: str
    ours: str
    other: str
    inbound: bool = False


class PlayedTwilio:
    """One account's, in one process. `hooks`: where all webhooks go ("http://127.0.0.1:8080/hooks/twilio/")."""

    def __init__(
        self,
        account: str,
        signatures: Signatures,
        hooks: str,
        post: Post,
        pauses: Sequence[float] = PAUSES,
        call_lasts: float = CALL_LASTS,
    ) -> None:
        self.hooks = hooks
        self._call_lasts = call_lasts
        self._pauses = tuple(pauses)
        self._account = account
        self._signatures = signatures
        self._post = post
        self._reporting: set[asyncio.Task[None]] = set()

    def took(self, message: Message) -> None:
        """Reports, in the background, that it was delivered, or answered and some time later ended."""
        if not message[TWILIO]["status_url"]:
            return
        report = self._report_call if message["channel"] == "voice" else self._report_text
        task = asyncio.create_task(report(message))
        self._reporting.add(task)
        task.add_done_callback(self._reporting.discard)

    async def all_reported(self) -> None:
        while self._reporting:
            await asyncio.gather(*self._reporting)

    async def close(self) -> None:
        """What was not reported by now never is."""
        for task in self._reporting:
            task.cancel()
        await asyncio.gather(*self._reporting, return_exceptions=True)

    async def reply(self, message: Message, body: str) -> Answer:
        """The recipient of a text answers it."""
        sid = f"SM{secrets.token_hex(16)}"
        known = message[TWILIO]
        service = {"MessagingServiceSid": known["service"]} if known["service"] else {}
        return await self._hand_in(
            self.hooks + "sms",
            {
                "MessageSid": sid,
                "SmsSid": sid,
                "SmsMessageSid": sid,
                "SmsStatus": "received",
                "NumMedia": "0",
                "NumSegments": "1",
                "Body": body,
                "From": message["to"],
                "To": known["from"],
                **service,
            },
        )

    async def answered_by_machine(self, message: Message) -> Answer:
        """Its greeting is over. Only of a call that asks to be told."""
        url = message[TWILIO]["machine_url"]
        told = {"AnsweredBy": "machine_end_beep", "MachineDetectionDuration": "4200"}
        return await self._hand_in(url, {**_of_call(on_call(message), "in-progress"), **told})

    async def speak(self, url: str, call: OnCall, **heard: str) -> Answer:
        """A step of a call: `heard` is what the person pressed or said (Digits, SpeechResult); none at its begin."""
        if not url.startswith(self.hooks):
            raise ValueError("not a webhook of ours")
        return await self._hand_in(url, {**_of_call(call, "in-progress"), **heard})

    async def _report_text(self, message: Message) -> None:
        for form in _text_reports(message):
            await self._report(message[TWILIO]["status_url"], form)

    async def _report_call(self, message: Message) -> None:
        *begin, end = _call_reports(message)
        for form in begin:
            await self._report(message[TWILIO]["status_url"], form)
        await asyncio.sleep(self._call_lasts)
        await self._report(message[TWILIO]["status_url"], end)

    async def _report(self, url: str, form: Form) -> None:
        answer = Answer(0, "")
        for pause in (0.0, *self._pauses):
            await asyncio.sleep(pause)
            try:
                answer = await self._hand_in(url, form)
            except Unanswered:
                continue
            if 200 <= answer.status < 300:
                return
        _log.warning("sandbox_report_lost", status=answer.status)

    async def _hand_in(self, url: str, form: Form) -> Answer:
        whole = {"AccountSid": self._account, "ApiVersion": _API, **form}
        url = urldefrag(url).url
        return await self._post(url, whole, self._signatures.sign(url, list(whole.items())))


def on_call(message: Message) -> OnCall:
    """A call that the sandbox keeps."""
    known = message[TWILIO]
    return OnCall(known["sid"], known["from"], message["to"])


def detects_machines(message: Message) -> bool:
    """Whether a call asks to be told of them."""
    return bool(message[TWILIO].get("machine_url"))


def calling_in(line: str, caller: str, sid: str = "") -> OnCall:
    """Somebody calls the opt-out line, or (`sid`) is calling it."""
    return OnCall(sid or f"CA{secrets.token_hex(16)}", line, caller, inbound=True)


def _text_reports(message: Message) -> list[dict[str, str]]:
    known = message[TWILIO]
    service = {"MessagingServiceSid": known["service"]} if known["service"] else {}
    ids = {"MessageSid": known["sid"], "SmsSid": known["sid"], "From": known["from"], "To": message["to"]}
    return [{**ids, **service, "MessageStatus": state, "SmsStatus": state} for state in _TEXT_STATES]


def _call_reports(message: Message) -> list[dict[str, str]]:
    reports = [
        {
            **_of_call(on_call(message), state),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(number),
            "Timestamp": format_datetime(datetime.now(UTC)),
        }
        for number, state in enumerate(_CALL_STATES)
    ]
    reports[-1] |= {"CallDuration": "20", "Duration": "1"}
    return reports


def _of_call(call: OnCall, state: str) -> dict[str, str]:
    other = call.other or "anonymous"
    caller, called = (other, call.ours) if call.inbound else (call.ours, other)
    return {
        "CallSid": call.sid,
        "CallStatus": state,
        "Direction": "inbound" if call.inbound else "outbound-api",
        "From": caller,
        "To": called,
        "Caller": caller,
        "Called": called,
    }
