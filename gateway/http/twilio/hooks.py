"""All webhooks of Twilio's, as one value that the assembly fills."""

from dataclasses import dataclass

from fastapi import APIRouter

from gateway.http.twilio import line, status, texts, voice
from gateway.http.twilio.line import Line
from gateway.http.twilio.status import Status
from gateway.http.twilio.texts import Texts
from gateway.http.twilio.voice import Calls


@dataclass(frozen=True, slots=True)
class Hooks:
    texts: Texts
    status: Status
    calls: Calls
    line: Line


def routes(hooks: Hooks) -> list[APIRouter]:
    return [
        *texts.routes(hooks.texts),
        *status.routes(hooks.status),
        *voice.routes(hooks.calls),
        *line.routes(hooks.line),
    ]
