"""`/v1/imports`: lists of stops from elsewhere, brought as they come, worked at behind the answer.

A list is written to a file while it is received, never held; the answer says under which id it is worked at.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.http import examples
from gateway.http.access import Caller, caller_of, keyed
from gateway.http.doors import Doors
from gateway.http.idempotency import stem_of
from gateway.http.pieces import pieces_of
from gateway.http.problems import InvalidField
from gateway.http.streamed import Streamed
from gateway.imports.importing import Brought, Importing, Spooled, label
from gateway.imports.rows import FileRefused, Options
from gateway.imports.spooling import spool
from gateway.state.imports import Import
from suppression.errors import InvalidInput, NotFound
from suppression.store.codec import moment

_OPTIONS = ("format", "encoding", "channels", "purpose", "sender", "reason", "region")
_LONGEST_OPTION = 120
_BRING = """The body is the list itself: CSV, NDJSON, or what SendGrid, Mailgun, Postmark, Amazon SES or Mailchimp
export, known by its heading. In the query: `format`, `encoding` (`windows-1252`), `label` (what its entries name as
their source), `dry_run=true`, and for rows that do not say it themselves `channels`, `purpose`, `sender`, `reason`,
`region`. An import never gives a consent or lifts. The same list brought again, the same way, is the same import.
"""
_EXAMPLE = {
    "id": "4f1d7c0a92be3358",
    "state": "running",
    "dry_run": False,
    "label": "old shop",
    "format": "sendgrid",
    "columns_ignored": [],
    "at": "2026-11-24T18:00:00Z",
    "per_cent": 40,
    "rows": 400_000,
    "changed": 380_000,
    "known": 19_200,
    "rejected": 800,
    "rejected_for": {"no address": 800},
    "undone": 0,
}


_ROW = {"address": "ann@example.net", "purpose": "marketing", "note": "unsubscribed in the old shop"}
_BODIES = {
    "text/csv": {"example": "address,purpose\nann@example.net,marketing\n"},
    "application/x-ndjson": {"example": '{"address": "ann@example.net"}\n'},
    "application/json": {"example": _ROW},  # a list of one row
}


def routes(doors: Doors, importing: Importing) -> list[APIRouter]:
    router = APIRouter(prefix="/v1", route_class=keyed(doors, {"app", "agent"}), tags=["imports"])
    missing = ("No such import, or not one that the caller may see.", None)

    @router.post(
        "/imports",
        status_code=202,
        summary="Bring a list of stops",
        description=_BRING,
        responses=examples.answers(_EXAMPLE | {"state": "waiting"}, 202, s413=("Too large.", None)),
        openapi_extra={"requestBody": {"content": _BODIES}},
    )
    async def bring(request: Request) -> Response:
        return JSONResponse(shown(await _begun(doors, importing, request)), 202)

    @router.get("/imports/{id}", summary="How far one is", responses=examples.answers(_EXAMPLE, s404=missing))
    async def progress(request: Request, id: str) -> Response:  # noqa: A002 - the path's own word
        return JSONResponse(shown(await _seen(importing, request, id)))

    @router.get(
        "/imports/{id}/rejects",
        summary="Its rejected rows, as CSV",
        description="The first 10,000. No cell is a formula: a row that begins with = + - @ has ' before it.",
        responses=examples.answers("line,reason,row", s404=missing),
    )
    async def rejects(request: Request, id: str) -> Response:  # noqa: A002 - the path's own word
        one = await _seen(importing, request, id)
        answer = await Streamed.begun(importing.rejects(one.id), "text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="rejects-{one.id}.csv"'
        return answer

    @router.post(
        "/imports/{id}/undo",
        status_code=202,
        summary="Take a list back",
        description="Ends the entries that it brought, and no others. For 30 days.",
        responses=examples.answers(
            _EXAMPLE | {"state": "undoing"},
            202,
            s404=missing,
            s409=("It still runs, or was only tried.", None),
        ),
        openapi_extra=examples.asked({}),
    )
    async def undo(request: Request, id: str) -> Response:  # noqa: A002 - the path's own word
        one = await _seen(importing, request, id)
        return JSONResponse(shown(await importing.undo(one.id, caller_of(request).actor)), 202)

    return [router]


async def _begun(doors: Doors, importing: Importing, request: Request) -> Import:
    """The import of the list that the call brings. Its file goes again unless somebody is to work at it."""
    caller, path = caller_of(request), importing.spool / f"{secrets.token_hex(8)}.part"
    dry_run = _flag(request, "dry_run")
    brought = _brought(importing, caller, request.query_params)
    taken = False
    try:
        file = await spool(pieces_of(request, doors.largest_list), path)
        stem = stem_of(request)
        if stem is not None:
            await doors.changes.claim(stem, _asked(request, file))
        one, taken = await importing.begin(brought, file, dry_run=dry_run)
    finally:
        if not taken:
            await asyncio.to_thread(path.unlink, missing_ok=True)
    return one


def shown(one: Import) -> dict[str, Any]:
    """An import for the outside."""
    told: dict[str, Any] = {
        "id": one.id,
        "state": one.state.value,
        "dry_run": one.dry_run,
        "label": one.source,
        "format": one.format,
        "columns_ignored": list(one.ignored),
        "at": moment(one.at).isoformat().replace("+00:00", "Z"),
        "per_cent": one.per_cent,
        "rows": one.rows,
        "would_change" if one.dry_run else "changed": one.changed,
        "known": one.known,
        "rejected": one.rejected,
        "rejected_for": dict(one.why),
        "undone": one.undone,
    }
    return told | ({"fault": one.fault} if one.fault else {})


def _brought(importing: Importing, caller: Caller, query: Mapping[str, str]) -> Brought:
    """An app's key brings stops for its own sender only."""
    said = {name: query.get(name, "") for name in _OPTIONS}
    for name, value in said.items():
        if len(value) > _LONGEST_OPTION:
            raise InvalidField(f"query:{name}", "Too long.")
    own = "" if caller.is_agent or caller.app is None else caller.app.sender
    try:
        brought = Brought(Options(**said), label(query.get("label", "import")), caller.actor, own)
        importing.check(brought)
    except FileRefused as refused:
        raise InvalidField("query", str(refused)) from None
    except InvalidInput as error:
        raise InvalidField("query:label", str(error)) from None
    return brought


def _flag(request: Request, name: str) -> bool:
    value = request.query_params.get(name, "false").lower()
    if value not in {"true", "false"}:
        raise InvalidField(f"query:{name}", "true or false.")
    return value == "true"


def _asked(request: Request, file: Spooled) -> str:
    return hashlib.sha256(f"{request.url.query} {file.digest}".encode()).hexdigest()


async def _seen(importing: Importing, request: Request, import_id: str) -> Import:
    one = await importing.imports.find(import_id[:64])
    caller = caller_of(request)
    if not caller.is_agent and (caller.app is None or one.own_sender != caller.app.sender):
        raise NotFound("an import of others")
    return one
