"""`/v1/recipients/{address}/erasure` and `/export`: what a recipient may ask for, done by support."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.http import examples, render
from gateway.http.access import caller_of, keyed
from gateway.http.doors import Doors, Subjects
from gateway.http.fields import LONGEST_ADDRESS, Body, Words, recipient_of
from gateway.http.idempotency import once
from gateway.http.pages import page
from gateway.http.people import person
from gateway.http.problems import InvalidField
from gateway.http.record_words import meaning
from gateway.roads.exporting import Held
from suppression.model import Recipient, Way


class Erasure(Body):
    """Nothing is needed. An erasure keeps no words: those that are given are not kept."""

    note: Words | None = None
    reason: Words | None = None


def routes(doors: Doors, subjects: Subjects) -> list[APIRouter]:
    router = APIRouter(prefix="/v1", route_class=keyed(doors, {"agent"}), tags=["recipients"])

    @router.post(
        "/recipients/{address:path}/erasure",
        status_code=201,
        summary="Erase a recipient",
        responses=examples.answers(
            examples.ENTRY | {"reason": "erased"}, 201, s200=("It was erased before.", examples.ENTRY)
        ),
        openapi_extra=examples.asked({}),
    )
    async def erase(request: Request, address: str, _body: Erasure | None = None) -> Response:
        """All that is known goes, of all addresses of the person: the sealed address, consents, evidence, who it
        is. What stays: keyed hashes, what was stopped, and that it was erased: nothing goes there any more, not
        even what is required, until an account_created event.
        """
        caller = caller_of(request)
        recipient = _recipient(doors, address)
        ids = await once(doors, request)
        applied = await subjects.erase(
            recipient, way=Way.AGENT, source=caller.source, actor=caller.actor, change_id=ids.change_id()
        )
        shown = render.entry(applied.handle, applied.entry, doors.clock())
        return JSONResponse(shown, 201 if applied.created else 200)

    @router.get(
        "/recipients/{address:path}/export",
        summary="All that is held of a recipient",
        responses=examples.answers(
            {
                "address": "ann@example.net",
                "exported": "2026-11-24T18:00:00Z",
                "suppressions": [examples.ENTRY | {"evidence": {"note": "asked by phone"}}],
                "consents": [examples.CONSENT | {"evidence": {"ip": "192.0.2.7"}}],
                "records": [examples.RECORD | {"meaning": "A message was asked for and decided on."}],
            }
        ),
    )
    async def export(request: Request, address: str) -> Response:
        """JSON, or a page to read with `Accept: text/html`. Each call is logged."""
        caller = caller_of(request)
        recipient = _recipient(doors, address)
        held = await subjects.exporting.export(recipient, actor=caller.actor)
        shown = all_held(doors, recipient, held)
        if _wants_page(request):
            return page("export.html", sender=None, shown=shown)
        return JSONResponse(shown, headers={"Cache-Control": "no-store", "Vary": "Accept"})

    return [router]


def _recipient(doors: Doors, text: str) -> Recipient:
    if not 0 < len(text) <= LONGEST_ADDRESS:
        raise InvalidField("path:address", "Not a usable address.")
    return recipient_of(doors, text, "path:address")


def _wants_page(request: Request) -> bool:
    """Named before JSON, or alone."""
    accepted = request.headers.get("accept", "").lower()
    html, json = accepted.find("text/html"), accepted.find("application/json")
    return html >= 0 and (json < 0 or html < json)


def all_held(doors: Doors, recipient: Recipient, held: Held) -> render.Json:
    """As JSON and page have it."""
    now, facts = doors.clock(), held.facts

    def entry(known: Any) -> render.Json:
        shown = render.entry(doors.handle(recipient, known), known, now)
        evidence = held.evidence.get(known.id)
        return shown | ({"evidence": dict(evidence)} if evidence else {})

    shown: render.Json = {
        "address": held.address.text if held.address else None,
        "exported": render.moment(now),
        "suppressions": [entry(known) for known in facts.suppressions],
        "consents": [entry(known) for known in facts.consents],
        "lifted": [dict(evidence) for evidence in held.lifted],
        "records": [render.record(line) | {"meaning": meaning(line)} for line in held.records],
    }
    own: render.Json = {"language": facts.language, "time_zone": facts.zone, "country": facts.country}
    own |= {"birth_year": facts.birth_year, "child": facts.child or None}
    shown["known"] = {name: value for name, value in own.items() if value}
    if held.person is not None:
        shown["person"] = person(held.person)
    return shown
