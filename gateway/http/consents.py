"""`/v1/consents`: a recipient's yes, recorded with what shows it, and its withdrawal."""

from datetime import timedelta
from typing import Annotated, Literal, cast

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway import languages
from gateway.confirmations import wishes
from gateway.confirmations.wishes import Wish
from gateway.http import examples, render
from gateway.http.access import Caller, caller_of, keyed
from gateway.http.doors import Applied, Doors
from gateway.http.fields import (
    AddressText,
    Body,
    Channels,
    EvidenceFields,
    Moment,
    Name,
    PurposePath,
    SomeWords,
    channel_set,
    check_channels,
    node,
    recipient_of,
    sender_named,
)
from gateway.http.idempotency import Once, once
from gateway.http.problems import Forbidden, InvalidField
from gateway.http.suppressions import Handle
from suppression.address import Kind
from suppression.errors import NotFound
from suppression.model import ALL, Basis, Consent, Recipient, Scope

_EXPRESS = frozenset({Basis.OPT_IN, Basis.OPT_IN_WRITTEN, Basis.DOUBLE_OPT_IN})
_CLOCKS_DIFFER = timedelta(seconds=2)


class Yes(Body):
    address: AddressText
    channels: Channels
    purpose: PurposePath
    sender: Name | None = Field(None, description="The key's own, unless given. A consent is to one sender.")
    basis: Basis
    source: Annotated[
        SomeWords, Field(max_length=64, description="Where it was given: a page, a form, a shop.")
    ]
    at: Moment = Field(description="When it was given.")
    evidence: EvidenceFields = Field(
        description="What shows it: any keys. Names that others use too: `wording` (its version), `wording_language`, "
        "`page` or `form`, `ip`, `user_agent`, `campaign`, `call`; `relation` (`purchase`, `contract` or `inquiry`) "
        "says what a soft opt-in rests on, and so how long it may hold."
    )
    expires: Moment | None = None
    state: Literal["confirmed", "pending"] = Field(
        "confirmed",
        description="`pending`: ask the recipient by mail or text; it is a consent once they press the button there.",
    )
    overrides: Annotated[list[Annotated[str, Field(min_length=1, max_length=80)]], Field(max_length=50)] = (
        Field(default_factory=list, description="Ids of the stops that the recipient took back with it.")
    )


def routes(doors: Doors) -> list[APIRouter]:
    router = APIRouter(prefix="/v1", route_class=keyed(doors, {"app", "agent"}), tags=["consents"])

    @router.post(
        "/consents",
        status_code=201,
        summary="Record a consent",
        responses=examples.answers(
            {"id": "con_91c0", "effective": False, "blocked_by": ["sup_2f8a"]},
            201,
            s404=("An entry to override is not this recipient's.", None),
        ),
        openapi_extra=examples.asked(examples.YES),
    )
    async def consent(request: Request, body: Yes) -> Response:
        """`effective: false` and `blocked_by`: it is kept, but stops stand that it does not override.

        With `state: "pending"` nothing is recorded yet: a mail (or text) asks the recipient, once a week at most, and
        the consent begins with the click in it. 409 when it could have no effect, or another question waits.
        """
        caller = caller_of(request)
        scope = _scope(doors, caller, body)
        recipient = recipient_of(doors, body.address, "#/address")
        check_channels(recipient, scope.channels, "#/channels")
        ids = await once(doors, request)
        if body.state == "pending":
            return JSONResponse(await _asked(doors, caller, recipient, scope, body, ids), 201)
        applied = await doors.changes.consent(
            recipient,
            scope,
            basis=body.basis,
            source=body.source,
            actor=caller.actor,
            at=body.at,
            evidence=body.evidence,
            expires=body.expires,
            overrides=body.overrides,
            change_id=ids.change_id(),
        )
        return JSONResponse(await _answer(doors, recipient, applied), 201)

    @router.delete(
        "/consents/{id}",
        summary="Withdraw a consent",
        responses=examples.answers(
            examples.CONSENT | {"in_force": False, "withdrawn": "2026-11-25T09:00:00Z"},
            s404=("No such consent.", None),
        ),
    )
    async def withdraw(request: Request, id: Handle) -> Response:  # noqa: A002 - the path's own word
        """It allows nothing from this answer on. What it was stays in the record. One that is `pending` never begins:
        the link in the mail confirms nothing any more.
        """
        return JSONResponse(await _withdrawn(doors, caller_of(request), id))

    return [router]


async def _withdrawn(doors: Doors, caller: Caller, id: str) -> render.Json:  # noqa: A002 - the path's own word
    asked = await doors.confirmations.cancel(id, caller.actor, caller.sees)
    held = await doors.reading.entry(id)  # afterwards: if it was confirmed just before, it is here
    if held is not None and isinstance(held.entry, Consent) and caller.sees(held.entry.scope.sender):
        applied = await doors.changes.withdraw(id, actor=caller.actor)
        return render.entry(applied.handle, applied.entry, doors.clock())
    if asked is None:
        raise NotFound("no such consent, or not one that the caller may see")
    return render.entry(id, asked, doors.clock())


async def _asked(
    doors: Doors, caller: Caller, recipient: Recipient, scope: Scope, body: Yes, ids: Once
) -> render.Json:
    """Double opt-in: the gateway asks, and is answered, itself."""
    if body.basis not in _EXPRESS:
        raise InvalidField("#/basis", "What the recipient is asked to confirm is a double_opt_in.")
    if body.overrides:
        raise InvalidField(
            "#/overrides", "A confirmed double opt-in names none: it stands above their own stops."
        )
    by_text = recipient.address is not None and recipient.address.kind is Kind.PHONE
    if by_text and doors.senders[scope.sender].texts is None:
        raise InvalidField("#/address", "This sender sends no texts: a phone cannot be asked to confirm.")
    wish = Wish(
        kind=wishes.Kind.CONSENT,
        sender=scope.sender,
        source=body.source,
        actor=caller.actor,
        asked=body.at,
        evidence=body.evidence,
        scopes=(scope,),
        expires=body.expires,
        language=await _language(doors, recipient, scope.sender),
    )
    app = caller.app.name if caller.app is not None else "gateway"
    asked = await doors.confirmations.ask(recipient, wish, app, change_id=ids.change_id())
    return {"id": asked.handle, "effective": False, "state": "pending"}


async def _language(doors: Doors, recipient: Recipient, sender: str) -> str:
    known = (await doors.reading.facts(recipient)).language
    return languages.negotiated("", known, doors.senders[sender].language).language


def _scope(doors: Doors, caller: Caller, body: Yes) -> Scope:
    now = doors.clock()
    if body.at > now + _CLOCKS_DIFFER:
        raise InvalidField("#/at", "A consent is recorded after it was given.")
    if body.expires is not None and body.expires <= now:
        raise InvalidField("#/expires", "It has expired already.")
    if body.overrides and not _may_override(caller):
        raise Forbidden("This key may not override what a recipient stopped.")
    if body.purpose == ALL:
        raise InvalidField("#/purpose", "A consent is to a purpose or a class of purposes.")
    return Scope(
        channel_set(body.channels),
        node(doors, body.purpose, "#/purpose"),
        _sender(doors, caller, body.sender),
    )


def _may_override(caller: Caller) -> bool:
    """DESIGN "Consent and stop": agents; apps only with the right to."""
    return caller.is_agent or (caller.app is not None and caller.app.may_resubscribe)


def _sender(doors: Doors, caller: Caller, name: str | None) -> str:
    """A consent is to one named sender, never to all."""
    if name is None and caller.app is not None:
        return caller.app.sender
    if name in (None, ALL):
        raise InvalidField("#/sender", "A consent is to one sender: name it.")
    return sender_named(doors, caller, str(name), "#/sender").name


async def _answer(doors: Doors, recipient: Recipient, applied: Applied) -> render.Json:
    stops = await doors.changes.blocked_by(recipient, cast("Consent", applied.entry))
    answer: render.Json = {"id": applied.handle, "effective": not stops}
    if stops:
        answer["blocked_by"] = [doors.handle(recipient, stop) for stop in stops]
    return answer
