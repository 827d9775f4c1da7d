"""`/v1/calls`: calls, in words or as TwiML of the verbs that are allowed."""

from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import BeforeValidator, Field, StringConstraints, model_validator
from starlette.requests import Request
from starlette.responses import Response

from channels.voice.message import LONGEST_TWIML
from channels.voice.twiml import say
from channels.voice.verbs import TwimlRefused
from gateway.http import examples
from gateway.http.access import keyed
from gateway.http.doors import Doors
from gateway.http.fields import Body, Plain
from gateway.http.handing_in import Asked, begin, finish
from gateway.http.problems import InvalidField
from gateway.http.sends import Sends
from gateway.phones.calls import Said, Speech
from suppression.model import Channel

_ANSWERED = {
    "to": "+12025550143",
    "id": "msg_9k2c5f0a1b3d7e8g4h6j2k5m7n9p1q3r5s7t9v2",
    "outcome": "accepted",
    "reason": "no_consent_needed",
    "decision_id": "0eq3b2c4d5e6f7g8",
}


class Words(Body):
    """Said by the provider's speech; voice and language are the sender's unless given."""

    text: Annotated[Plain, StringConstraints(min_length=1, max_length=LONGEST_TWIML)]
    voice: Annotated[str, StringConstraints(max_length=60)] = ""
    language: Annotated[str, StringConstraints(max_length=35)] = ""

    @model_validator(mode="after")
    def _can_be_said(self) -> Self:
        try:
            say(self.text, voice=self.voice, language=self.language)
        except TwimlRefused as error:
            raise ValueError(error.peer_text) from None
        return self

    @property
    def said(self) -> Said:
        return Said(self.text, self.voice, self.language)


Spoken = Annotated[
    Words,
    BeforeValidator(
        lambda given: {"text": given} if isinstance(given, str) else given, json_schema_input_type=str | Words
    ),
]


class Call(Asked):
    say: Spoken | None = Field(None, description="What is said. Either this or twiml.")
    twiml: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TWIML)] | None = Field(
        None,
        description="Say, Pause, Play; of transactional calls also Gather, and Dial to numbers of the sender's.",
    )
    voicemail: Spoken | None = Field(
        None, description="What an answering machine is told instead, where settings have it recognised."
    )


def routes(doors: Doors, sends: Sends) -> list[APIRouter]:
    router = APIRouter(prefix="/v1", route_class=keyed(doors, {"app"}), tags=["texts and calls"])

    @router.post(
        "/calls",
        status_code=202,
        summary="Make calls",
        responses=examples.answers(
            {"messages": [_ANSWERED]},
            202,
            s200=(
                "All were refused.",
                {"messages": [_ANSWERED | {"outcome": "refused", "reason": "unsubscribed"}]},
            ),
        ),
        openapi_extra=examples.asked(
            {
                "to": "+12025550143",
                "say": {"text": "Your code is 4 7 1 1.", "language": "en-US"},
                "purpose": "transactional/security",
            }
        ),
    )
    async def make(request: Request, body: Call) -> Response:
        """Answered as texts are. Of a marketing call the gateway says first who calls and which key stops these
        calls; the key works at any time, and ends the call. What is pressed at a Gather of your own is logged.
        """
        call = await begin(doors, request, body, Channel.VOICE)
        pointer, speech = _speech(body)
        machines = None if body.voicemail is None else body.voicemail.said
        try:
            script = sends.calls.begin(call.app, call.purpose, speech, machines)
        except TwimlRefused as error:
            raise InvalidField(pointer, error.peer_text) from None
        return await finish(doors, sends, call, pointer, script.content)

    return [router]


def _speech(body: Call) -> tuple[str, Speech]:
    """With the field that it stands in."""
    if (body.say is None) == (body.twiml is None):
        raise InvalidField("#/say", "Give either say or twiml.")
    if body.say is not None:
        return "#/say", body.say.said
    return "#/twiml", body.twiml or ""
