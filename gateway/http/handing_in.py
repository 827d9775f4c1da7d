"""What texts and calls have in common: who gets one, and when; that nobody gets two; and how each is answered."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.http import render
from gateway.http.access import caller_of
from gateway.http.doors import Doors
from gateway.http.fields import Body, Moment, PurposePath, leaf
from gateway.http.idempotency import Once, claim, named, repeats
from gateway.http.people import PersonId
from gateway.http.problems import InvalidField
from gateway.http.sends import Sends
from gateway.roads.pipeline import Ask
from suppression import address
from suppression.address import Address
from suppression.decision import Reason
from suppression.errors import InvalidInput, UnusableAddress
from suppression.model import App, Channel
from suppression.outbox import Accepted, Draft
from suppression.purposes import Purpose

MOST = 1000
FARTHEST = timedelta(days=90)
_SLIP = timedelta(seconds=60)  # a time that has passed by less is now: clocks differ
_BODY_HASH = 16  # hex digits: it tells two bodies of one app's key apart, and waits with every entry


def _several(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


# Whatever stands for a number is a refusal of its own (INTERFACE), so nothing is asked of it here.
Numbers = Annotated[
    list[str],
    BeforeValidator(_several, json_schema_input_type=str | list[str]),
    Field(min_length=1, max_length=MOST),
]
# It is logged: nothing that an address is written with.
Campaign = Annotated[str, StringConstraints(max_length=64, pattern=r"^\w[\w ./:-]*$")]


class Asked(Body):
    """What is asked of a text and of a call alike."""

    to: Numbers = Field(description=f"A phone number with its country code, or 1 to {MOST:,} of them.")
    purpose: PurposePath
    campaign: Campaign | None = None
    send_at: Moment | None = Field(None, description=f"At most {FARTHEST.days} days ahead.")
    person: PersonId | None = Field(
        None, description="Whose numbers these are, as PUT /v1/people/{id} told. It links nothing."
    )


@dataclass(frozen=True, slots=True)
class HandingIn:
    """One call of an app, its values parsed."""

    app: App
    channel: Channel
    purpose: Purpose
    asked: Asked
    ids: Once


# What is to be said to an address, in the message with this number.
Content = Callable[[Address, bytes], Mapping[str, str]]


async def begin(doors: Doors, request: Request, asked: Asked, channel: Channel) -> HandingIn:
    purpose = leaf(doors, asked.purpose, "#/purpose")
    return HandingIn(caller_of(request).acting, channel, purpose, asked, await named(request))


async def finish(doors: Doors, sends: Sends, call: HandingIn, pointer: str, content: Content) -> Response:
    """Everything is looked at before anything is stored: a call that is refused has done nothing.

    `pointer`: the field that `content` is made of, for what it cannot make.
    """
    found = [_usable(text, call.channel) for text in call.asked.to]
    apart = {one.text: one for one in found if one is not None}
    await _check_person(doors, sends, call, apart.values())
    due = await _due(doors, call)
    try:
        asks = _asks(call, apart.values(), due, content)
    except InvalidInput as error:
        raise InvalidField(pointer, getattr(error, "detail", "") or error.peer_text) from None
    await claim(doors, call.ids)
    answers = dict(zip(apart, await _accept(sends, asks), strict=True))
    return _answer(
        [
            _unusable(text) if one is None else _told(text, answers[one.text])
            for text, one in zip(call.asked.to, found, strict=True)
        ]
    )


def _usable(text: str, channel: Channel) -> Address | None:
    try:
        return address.parse(text, channel)
    except UnusableAddress:
        return None


async def _check_person(doors: Doors, sends: Sends, call: HandingIn, apart: Iterable[Address]) -> None:
    """What a person stopped holds at the addresses that are linked to the person. A number that the app says is
    that person's, and that is not linked, would pass by it; and who is linked to whom is not changed in passing.
    """
    if call.asked.person is None:
        return
    recipients = [doors.recipient(one) for one in apart]
    if await sends.strangers(call.asked.person, recipients, call.app.sender):
        raise InvalidField(
            "#/person", "Not all numbers are known to be this person's: tell of them by PUT /v1/people/{id}."
        )


async def _due(doors: Doors, call: HandingIn) -> datetime | None:
    """A call that is repeated is judged by the time of its first try."""
    at, now = call.asked.send_at, doors.clock()
    if at is None:
        return None
    if at > now + FARTHEST:
        raise InvalidField("#/send_at", f"More than {FARTHEST.days} days ahead.")
    if at < now - _SLIP and not await repeats(doors, call.ids):
        raise InvalidField("#/send_at", "This time has passed.")
    return at if at > now else None


def _asks(
    call: HandingIn, apart: Iterable[Address], due: datetime | None, content: Content
) -> list[tuple[Ask, Draft]]:
    """One message for each number, however often it is named."""
    number = call.ids.number()
    return [
        (Ask(call.app, call.channel, call.purpose, one), _draft(call, number, content(one, number), due))
        for one in apart
    ]


def _draft(call: HandingIn, number: bytes, content: Mapping[str, str], due: datetime | None) -> Draft:
    campaign = {"campaign": call.asked.campaign} if call.asked.campaign else {}
    return Draft(
        number=number,
        content=content,
        body=call.ids.body[:_BODY_HASH],
        repeats=call.ids.stem is not None,
        due=due,
        details=campaign,
    )


async def _accept(sends: Sends, asks: Sequence[tuple[Ask, Draft]]) -> Sequence[Accepted]:
    if len(asks) == 1:
        return [await sends.accepting.accept(*asks[0])]
    return await sends.accepting.accept_many(asks) if asks else []


def _answer(messages: list[render.Json]) -> Response:
    """202 promises that something may still happen."""
    refused = all(one["outcome"] == "refused" for one in messages)
    return JSONResponse({"messages": messages}, 200 if refused else 202)


def _told(text: str, answer: Accepted) -> render.Json:
    told: render.Json = {
        "to": text,
        "id": answer.id,
        "outcome": answer.outcome,
        "reason": answer.reason,
        "decision_id": answer.decision_id,
    }
    if answer.until is not None:
        told["until"] = render.moment(answer.until)
    return told


def _unusable(text: str) -> render.Json:
    """There is no recipient whose log could hold a record of it, so it has no ids."""
    reason = Reason.UNUSABLE_ADDRESS.value
    return {"to": text, "id": None, "outcome": "refused", "reason": reason, "decision_id": None}
