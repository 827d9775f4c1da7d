"""`/v1/messages/{id}`: what became of a message, and taking back one that waits. A mail has the id of its 250 reply."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.http import examples, render
from gateway.http.access import Caller, caller_of, keyed
from gateway.http.doors import Doors
from gateway.http.sends import Sends
from suppression.errors import Conflict, NotFound
from suppression.outbox import HANDLE, Entry, State
from suppression.records import Record

MessageId = Annotated[str, Path(min_length=1, max_length=120)]

TEXT = {
    "id": "msg_9k2c5f0a1b3d7e8g4h6j2k5m7n9p1q3r5s7t9v2",
    "channel": "sms",
    "to": "+12025550143",
    "state": "waiting",
    "history": [examples.RECORD | {"kind": "queued", "channel": "sms"}],
    "until": "2026-11-24T18:00:00Z",
}
_MAIL = {
    "id": "0eq3b2c4d5e6f7g8",
    "channel": "email",
    "to": "ann@example.net",
    "state": "sent",
    "history": [examples.RECORD | {"kind": "sent"}],
}
_NOT_FOUND = ("No such message, or not one of this key's sender.", None)


class HasLeft(Conflict):
    peer_text = "it has left, or ended otherwise"


_TAKEN_BACK = frozenset({State.CANCELLED, State.CANCELLING})


def routes(doors: Doors) -> list[APIRouter]:
    router = APIRouter(prefix="/v1", route_class=keyed(doors, {"app", "agent"}), tags=["messages"])

    @router.get(
        "/messages/{id}",
        summary="What became of a message",
        responses=examples.answers(_MAIL, s404=_NOT_FOUND),
    )
    async def show(request: Request, id: MessageId) -> Response:  # noqa: A002 - the path's own word
        """`history` tells the way. `state` of a mail: refused, deferred, handing_over, sent, rejected, postponed or
        unknown. Of a text or call: waiting, leased, submitting, sent, cancelling, failed, refused, cancelled, unknown
        or dead; `until` says how long it waits, `delivery` what was reported of it since. `to` is null once the
        number is not kept any more.
        """
        caller = caller_of(request)
        if doors.sends is not None and id.startswith(HANDLE):
            return JSONResponse(await _shown(doors, doors.sends, await visible(doors.sends, caller, id)))
        return JSONResponse(await _mail(doors, caller, id))

    if doors.sends is not None:
        _cancelling(router, doors, doors.sends)
    return [router]


def _cancelling(router: APIRouter, doors: Doors, sends: Sends) -> None:
    @router.delete(
        "/messages/{id}",
        summary="Cancel what has not left",
        responses=examples.answers(
            TEXT | {"state": "cancelled"},
            s404=_NOT_FOUND,
            s409=("It has left, or ended otherwise: nothing was changed.", None),
        ),
    )
    async def cancel(request: Request, id: MessageId) -> Response:  # noqa: A002 - the path's own word
        """A text that waits is cancelled. A call that the next hop has, and that does not ring yet, is `cancelling`
        until it is known. A repeat is answered the same.
        """
        caller = caller_of(request)
        if not id.startswith(HANDLE):
            await _mail(doors, caller, id)
            raise HasLeft("a mail leaves when it is handed in")
        entry = await visible(sends, caller, id)
        if entry.state not in _TAKEN_BACK:
            entry = await _cancelled(sends, caller, id)
        return JSONResponse(await _shown(doors, sends, entry))


async def _cancelled(sends: Sends, caller: Caller, message: str) -> Entry:
    try:
        return await sends.waiting.cancel(message, actor=caller.actor, reason="cancelled")
    except Conflict:
        entry = await sends.waiting.entry(message)
        if entry.state in _TAKEN_BACK:  # somebody else, or a stop, was first
            return entry
        raise HasLeft(entry.state.value) from None


async def visible(sends: Sends, caller: Caller, message: str) -> Entry:
    """A text or call that the caller may see. NotFound. The gateway's own answers are for support only."""
    entry = await sends.waiting.entry(message)
    if entry.event is not None:
        raise NotFound("an event, not a message")
    if not caller.sees(entry.sender) or (entry.system and not caller.is_agent):
        raise NotFound("not one that the caller may see")
    return entry


async def _shown(doors: Doors, sends: Sends, entry: Entry) -> render.Json:
    shown = message(entry, await sends.waiting.history(entry), doors.clock())
    if shown["to"] is None:  # it has ended: the recipient's own address may be kept longer
        address = await doors.address(entry.recipient.key)
        shown["to"] = None if address is None else address.text
    return shown


def message(entry: Entry, history: Sequence[Record], now: datetime) -> render.Json:
    """A text or call with its history."""
    return summary(entry, now) | {"history": [render.record(line) for line in history]}


def summary(entry: Entry, now: datetime) -> render.Json:
    """A text or call without it."""
    address = entry.recipient.address
    shown: render.Json = {
        "id": entry.id,
        "channel": entry.channel.value,
        "to": None if address is None else address.text,
        "purpose": entry.purpose,
        "state": entry.state.value,
    }
    if entry.reason:
        shown["reason"] = entry.reason
    if entry.state is State.WAITING and entry.due is not None and entry.due > now:
        shown["until"] = render.moment(entry.due)
    if entry.delivery is not None:
        shown["delivery"] = entry.delivery.value
    return shown


async def _mail(doors: Doors, caller: Caller, message_id: str) -> render.Json:
    found = await doors.reading.message(message_id)
    if found is None or not all(caller.sees(render.concerns(line)) for line in found.history):
        raise NotFound("no such message, or not one that the caller may see")
    return {
        "id": found.id,
        "channel": found.channel,
        "to": found.to,
        "state": render.state(found.history),
        "history": [render.record(line) for line in found.history],
    }
