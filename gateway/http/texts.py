"""`/v1/sms`: texts, one or many at a time."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from channels.sms.message import LONGEST
from channels.sms.text import MOST_GIVEN
from gateway.http import examples
from gateway.http.access import keyed
from gateway.http.doors import Doors
from gateway.http.fields import Plain
from gateway.http.handing_in import Asked, begin, finish
from gateway.http.sends import Sends
from suppression.model import Channel

_ANSWERED = {
    "to": "+12025550143",
    "id": "msg_9k2c5f0a1b3d7e8g4h6j2k5m7n9p1q3r5s7t9v2",
    "outcome": "deferred",
    "reason": "outside_hours",
    "decision_id": "0eq3b2c4d5e6f7g8",
    "until": "2026-11-24T18:00:00Z",
}
_REFUSED = {
    "to": "+12025550144",
    "id": "0eq3b2c4d5e6f7g9",
    "outcome": "refused",
    "reason": "unsubscribed",
    "decision_id": "0eq3b2c4d5e6f7g9",
}


class Text(Asked):
    body: Annotated[Plain, StringConstraints(min_length=1, max_length=MOST_GIVEN)] = Field(
        description=f"At most {LONGEST:,} characters when its places are filled and, for marketing, the way "
        "out stands at its end; and the sender's limit of segments."
    )


def routes(doors: Doors, sends: Sends) -> list[APIRouter]:
    router = APIRouter(prefix="/v1", route_class=keyed(doors, {"app"}), tags=["texts and calls"])

    @router.post(
        "/sms",
        status_code=202,
        summary="Send texts",
        responses=examples.answers(
            {"messages": [_ANSWERED]}, 202, s200=("All were refused.", {"messages": [_REFUSED]})
        ),
        openapi_extra=examples.asked(
            {"to": ["+12025550143"], "body": "Two for one until Friday.", "purpose": "marketing/promotions"}
        ),
    )
    async def send(request: Request, body: Text) -> Response:
        """Answered in order, when what was accepted is stored. It is decided again right before it leaves: a stop
        that comes meanwhile cancels it. `{{unsubscribe_url}}` and its like are filled as in mail.
        """
        call = await begin(doors, request, body, Channel.SMS)
        template = sends.texts.begin(call.app, call.purpose, body.body)
        return await finish(doors, sends, call, "#/body", lambda found, _number: template.content(found))

    return [router]
