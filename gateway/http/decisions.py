"""`/v1/decisions`, for apps that send elsewhere, and `/v1/explain`, for support."""

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.http import examples, render
from gateway.http.access import Caller, app_asked_for, caller_of, keyed
from gateway.http.doors import Doors, Entry
from gateway.http.fields import AddressText, Body, Moment, PurposePath, address_of, leaf, plus_restored
from gateway.http.idempotency import Once, once
from gateway.http.problems import InvalidField
from gateway.roads.pipeline import Ask
from suppression import address
from suppression.address import Address
from suppression.decision import Reason
from suppression.errors import UnusableAddress
from suppression.model import Channel
from suppression.purposes import Purpose
from suppression.store.permit import LIFETIME

MOST = 1000
_AT_ONCE = 100  # of one call; the store's lane orders them with everybody else's
GOOD_FOR = timedelta(seconds=LIFETIME)  # promise 2: no hand-over begins later than this


class One(Body):
    channel: Channel
    to: AddressText
    purpose: PurposePath
    at: Moment | None = Field(None, description="Only with record: false.")


class Decisions(Body):
    requests: Annotated[list[One], Field(min_length=1, max_length=MOST)]
    record: bool = Field(
        default=True,
        strict=True,
        description="false: asked only; nothing is logged, and it is no permission.",
    )


@dataclass(frozen=True, slots=True)
class _Parsed:
    """One of the requests as domain values; `address` is None where the text is not a usable one."""

    asked: One
    purpose: Purpose
    address: Address | None


def routes(doors: Doors) -> list[APIRouter]:
    deciding = APIRouter(prefix="/v1", route_class=keyed(doors, {"app"}), tags=["decisions"])
    explaining = APIRouter(prefix="/v1", route_class=keyed(doors, {"app", "agent"}), tags=["decisions"])

    @deciding.post(
        "/decisions",
        summary="May these recipients be contacted now?",
        responses=examples.answers({"decisions": [examples.DECISION]}),
        openapi_extra=examples.asked(
            {"requests": [{k: examples.DECISION[k] for k in ("channel", "to", "purpose")}], "record": True}
        ),
    )
    async def decide(request: Request, body: Decisions) -> Response:
        """Up to 1,000, answered in order. `send` is good until `valid_until`: nothing may begin to leave later."""
        caller = caller_of(request)
        caller.acting  # noqa: B018 - refused before anything is parsed
        parsed = [_parse(doors, body, index) for index in range(len(body.requests))]
        ids = await once(doors, request)
        if body.record:
            answers = await _recorded(doors, ids, caller, parsed)
        else:
            answers = await _asked(doors, caller, parsed)
        return JSONResponse({"decisions": answers})

    @explaining.get(
        "/explain",
        summary="Every rule's verdict on one recipient",
        responses=examples.answers(
            {
                "decision": {"outcome": "refuse", "reason": "no_consent"},
                "rules": [{"rule": "consent", "verdict": "refuse", "reason": "no_consent"}],
            }
        ),
    )
    async def explain(
        request: Request,
        address: Annotated[str, Query(min_length=1, max_length=400)],
        channel: Channel,
        purpose: Annotated[str, Query(min_length=1, max_length=120)],
        app: Annotated[str | None, Query(max_length=64)] = None,
    ) -> Response:
        """Nothing is logged or counted. `app`: for keys of support, where there are several apps."""
        asking = app_asked_for(doors, caller_of(request), app)
        found = address_of(plus_restored(address), "query:address", channel)
        check = Ask(asking, channel, leaf(doors, purpose, "query:purpose"), found)
        return JSONResponse(await _explained(doors, check))

    return [deciding, explaining]


def _parse(doors: Doors, body: Decisions, index: int) -> _Parsed:
    """All are parsed before one is decided: a call that is refused has done nothing."""
    one = body.requests[index]
    where = f"#/requests/{index}"
    if one.at is not None and body.record:
        raise InvalidField(f"{where}/at", "Only with record: false: what is recorded is decided now.")
    purpose = leaf(doors, one.purpose, f"{where}/purpose")
    try:
        # An unusable number is a refusal of its own, not of the batch (INTERFACE).
        found = address.parse(one.to, None if one.channel is Channel.AUDIENCE else one.channel)
    except UnusableAddress:
        return _Parsed(one, purpose, None)
    return _Parsed(one, purpose, found)


async def _recorded(doors: Doors, ids: Once, caller: Caller, parsed: list[_Parsed]) -> list[render.Json]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def decide(index: int, one: _Parsed) -> render.Json:
        if one.address is None:
            return _unusable(one, doors.clock())
        check = Ask(caller.acting, one.asked.channel, one.purpose, one.address)
        async with gate:
            made, decision_id, at = await doors.deciding.decide_and_record(
                check, change_id=ids.change_id(index)
            )
        answer = render.decision(made, binding=True)
        good_until = render.moment(at + GOOD_FOR)
        return _named(one) | answer | {"decision_id": decision_id, "valid_until": good_until}

    return await _all([decide(index, one) for index, one in enumerate(parsed)])


async def _asked(doors: Doors, caller: Caller, parsed: list[_Parsed]) -> list[render.Json]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def ask(one: _Parsed) -> render.Json:
        at = one.asked.at or doors.clock()
        if one.address is None:
            return _unusable(one, at)
        check = Ask(caller.acting, one.asked.channel, one.purpose, one.address)
        async with gate:
            decision = await doors.deciding.would(check, at)
        # No permission: it says what holds at that moment, and no longer.
        shown = render.decision(decision, binding=False)
        return _named(one) | shown | {"decision_id": None, "valid_until": render.moment(at)}

    return await _all([ask(one) for one in parsed])


async def _all(asked: Iterable[Awaitable[render.Json]]) -> list[render.Json]:
    """Results in order. One that failed fails the call, but only after all have ended: none is cut in mid-commit."""
    results = await asyncio.gather(*asked, return_exceptions=True)
    answers: list[render.Json] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        answers.append(result)
    return answers


def _named(one: _Parsed) -> render.Json:
    return {"to": one.asked.to, "channel": one.asked.channel.value, "purpose": one.asked.purpose}


def _unusable(one: _Parsed, at: datetime) -> render.Json:
    """There is no recipient whose log could hold a record of it, so it has no id."""
    refused = {"outcome": "refuse", "reason": Reason.UNUSABLE_ADDRESS.value}
    return _named(one) | refused | {"decision_id": None, "valid_until": render.moment(at + GOOD_FOR)}


async def _explained(doors: Doors, check: Ask) -> render.Json:
    recipient = doors.recipient(check.address)
    made, verdicts = await doors.deciding.explain(check)
    facts = await doors.reading.facts(recipient)
    known: list[Entry] = [*facts.suppressions, *facts.consents]
    handles = {entry.id: doors.handle(recipient, entry) for entry in known}
    decision = render.decision(made, binding=False)
    if made.fact is not None:
        decision["fact"] = handles.get(made.fact, made.fact)
    rules = [render.verdict(line, line.fact and handles.get(line.fact, line.fact)) for line in verdicts]
    return {"decision": decision, "rules": rules}
