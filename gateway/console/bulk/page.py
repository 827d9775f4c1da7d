"""`/console/bulk`: a list is brought and tried, looked at, put in, watched, and taken back if need be."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from pathlib import PurePath

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.console import forms, pages
from gateway.console.access import router
from gateway.console.bulk import view
from gateway.console.bulk.multipart import Upload
from gateway.console.doors import Console
from gateway.console.forms import Form
from gateway.console.recipients import stopping, words
from gateway.console.roles import Permission
from gateway.console.visit import visit_of
from gateway.http.pieces import pieces_of
from gateway.http.streamed import Streamed
from gateway.imports.importing import Brought, Importing, label
from gateway.imports.rows import FileRefused, Options
from gateway.imports.spooling import spool
from gateway.state.imports import Import
from suppression.errors import Conflict, InvalidInput, Unavailable
from suppression.model import ALL, Channel

log = structlog.get_logger(__name__)

PATH = "/console/bulk"
UPLOAD = f"{PATH}/upload"
_SAMPLES = 10
_LONGEST = 120  # characters of an option
_ROOM_FOR_FIELDS = 128 * 1024
_LOOK_AGAIN = 0.4  # seconds
_WATCHED = 45.0  # seconds of one answer; browsers ask again by themselves, and must still be signed in then


class NothingToTakeBack(Conflict):
    peer_text = "this list changed nothing that could be taken back, or is being worked at"


class Bulk:
    def __init__(self, console: Console, importing: Importing) -> None:
        self._console = console
        self._importing = importing

    async def show(self, request: Request) -> Response:
        return await self._shown(request)

    async def upload(self, request: Request) -> Response:
        """The list to a file while it comes, and a try of it."""
        pieces = pieces_of(request, self._console.doors.largest_list + _ROOM_FOR_FIELDS)
        sent = Upload(request.headers.get("content-type", ""), pieces)
        path = self._importing.spool / f"{secrets.token_hex(8)}.part"
        taken = False
        try:
            file = await spool(sent.file(), path)
            if not sent.filename or not file.size:
                return await self._again(request, sent.form, {"file": "Choose a file that holds something."})
            brought = self._brought(request, sent)
            one, taken = await self._importing.begin(brought, file, dry_run=True)
        except FileRefused as refused:
            return await self._again(request, sent.form, {"": _sentence(refused)})
        except InvalidInput as error:
            return await self._again(request, sent.form, {"label": _sentence(error)})
        finally:
            if not taken:
                await asyncio.to_thread(path.unlink, missing_ok=True)
        return pages.redirect(f"{PATH}/{one.id}")

    async def look(self, request: Request, id: str) -> Response:  # noqa: A002 - the path's own word
        one = await self._importing.imports.find(id)
        kept = await self._importing.is_kept(one)
        rows, rejects = await self._importing.samples(one, _SAMPLES) if one.ended else ((), ())
        doors = self._console.doors
        return pages.page(
            request,
            "bulk_list.html",
            one=view.list_view(one, kept=kept),
            samples=view.samples(rows, doors.catalogue(), doors.senders) if one.dry_run else (),
            rejects=view.shortened(rejects),
        )

    async def events(self, id: str) -> Response:  # noqa: A002
        """How far it is, as it goes on (server-sent events)."""
        one = await self._importing.imports.find(id)
        headers = {**pages.HEADERS, "X-Accel-Buffering": "no"}
        return StreamingResponse(self._told(one), media_type="text/event-stream", headers=headers)

    async def start(self, request: Request, id: str) -> Response:  # noqa: A002
        visit = visit_of(request)
        one = await self._importing.start(id, visit.actor)
        log.info("console_list_started", id=one.id, by=visit.agent.name)
        if one.ended:
            said = f"This very list was put in before, by {words.who(one.actor)}: nothing was done again."
            return await pages.done(self._console, request, f"{PATH}/{one.id}", said, kind="attention")
        return pages.redirect(f"{PATH}/{one.id}")

    async def give_up(self, request: Request, id: str) -> Response:  # noqa: A002
        await self._importing.give_up(await self._importing.imports.find(id))
        said = "Given up: the file is deleted, and nothing was changed."
        return await pages.done(self._console, request, PATH, said)

    async def rejects(self, id: str) -> Response:  # noqa: A002
        one = await self._importing.imports.find(id)
        answer = await Streamed.begun(self._importing.rejects(one.id), "text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="rejects-{one.id}.csv"'
        answer.headers.update(pages.HEADERS)
        return answer

    async def ask_undo(self, request: Request, id: str) -> Response:  # noqa: A002
        one = view.list_view(await self._importing.imports.find(id))
        if not one.can_undo:
            raise NothingToTakeBack("nothing to take back")
        return pages.page(request, "bulk_undo.html", one=one)

    async def undo(self, request: Request, id: str) -> Response:  # noqa: A002
        visit = visit_of(request)
        one = await self._importing.undo(id, visit.actor)
        log.info("console_list_taken_back", id=one.id, by=visit.agent.name)
        return pages.redirect(f"{PATH}/{one.id}")

    async def _told(self, one: Import) -> AsyncIterator[bytes]:
        """Each change of it. While the store is away nothing is said; the browser asks again then."""
        told: Mapping[str, object] | None = None
        loop = asyncio.get_running_loop()
        until = loop.time() + _WATCHED
        yield b"retry: 2000\n\n"
        while loop.time() < until:
            if told != (now := view.progress(one)):
                told = now
                yield f"data: {json.dumps(told)}\n\n".encode()
            if one.ended:
                yield b"event: end\ndata: {}\n\n"
                return
            await asyncio.sleep(_LOOK_AGAIN)
            try:
                one = await self._importing.imports.find(one.id)
            except Unavailable:
                return

    def _brought(self, request: Request, sent: Upload) -> Brought:
        form = sent.form
        said = {
            name: form.value(name)[:_LONGEST]
            for name in ("format", "encoding", "purpose", "sender", "reason")
        }
        said |= {
            "channels": " ".join(form.values("channels"))[:_LONGEST],
            "region": form.value("region")[:_LONGEST],
        }
        source = label(form.value("label") or _name_of(sent.filename))
        brought = Brought(Options(**said), source, visit_of(request).actor)
        self._importing.check(brought)
        return brought

    async def _again(self, request: Request, form: Form, problems: Mapping[str, str]) -> Response:
        visit_of(request).came_from = PATH
        return await self._shown(request, form, problems)

    async def _shown(
        self, request: Request, form: Form | None = None, problems: Mapping[str, str] | None = None
    ) -> Response:
        doors = self._console.doors
        typed = forms.shown_again(UPLOAD, form, problems) if form is not None else None
        return pages.page(
            request,
            "bulk.html",
            422 if problems else 200,
            typed=typed,
            lists=[view.list_view(one) for one in await self._importing.imports.latest()],
            formats=[("", "Known by its heading"), *view.FORMAT_TITLES.items()],
            purposes=[
                ("", "Everything"),
                *(one for one in stopping.purposes(doors.catalogue()) if one[0] != ALL),
            ],
            senders=[
                ("", "All senders"),
                *((one.name, one.title) for one in doors.senders.values()),
            ],
            reasons=view.REASONS,
            channels=[(one.value, words.CHANNELS[one].capitalize()) for one in Channel],
            largest=view.size(doors.largest_list),
        )


def _name_of(filename: str) -> str:
    """A label out of a file's name."""
    stem = PurePath(filename.replace("\\", "/")).stem
    return "".join(c if c.isprintable() and c != "|" else "-" for c in stem)[:64].strip() or "list"


def _sentence(error: InvalidInput) -> str:
    said = str(error)
    return f"{said[:1].upper()}{said[1:]}."


def routes(console: Console) -> list[APIRouter]:
    if console.doors.importing is None:
        return []
    bulk = Bulk(console, console.doors.importing)
    own, uploads = router(console, Permission.BULK), router(console, Permission.BULK, upload=True)
    uploads.add_api_route("/bulk/upload", bulk.upload, methods=["POST"])
    own.add_api_route("/bulk", bulk.show, methods=["GET"])
    own.add_api_route("/bulk/{id}", bulk.look, methods=["GET"])
    own.add_api_route("/bulk/{id}/events", bulk.events, methods=["GET"])
    own.add_api_route("/bulk/{id}/rejects", bulk.rejects, methods=["GET"])
    own.add_api_route("/bulk/{id}/start", bulk.start, methods=["POST"])
    own.add_api_route("/bulk/{id}/give-up", bulk.give_up, methods=["POST"])
    own.add_api_route("/bulk/{id}/undo", bulk.ask_undo, methods=["GET"])
    own.add_api_route("/bulk/{id}/undo", bulk.undo, methods=["POST"])
    return [uploads, own]
