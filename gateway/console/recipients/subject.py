"""What a recipient may ask for about the own data: all that is held, and that it goes; and coming back after that."""

import json
from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.console import pages as frame
from gateway.console.access import router
from gateway.console.doors import Console
from gateway.console.recipients import find, handles, spelled
from gateway.console.recipients.acts import SOURCE, Checked, Seat, change_id
from gateway.console.recipients.recognising import readings
from gateway.console.roles import Permission
from gateway.console.visit import form_of, visit_of
from gateway.http.data_requests import all_held
from gateway.http.doors import Subjects
from gateway.http.pages import page as page_to_give
from suppression.errors import NotFound
from suppression.model import Recipient, Way


class Subject:
    """One process's pages for it."""

    def __init__(self, seat: Seat, subjects: Subjects) -> None:
        self._seat = seat
        self._subjects = subjects

    async def data(self, request: Request, handle: str) -> Response:
        return await self._seat.page(request, "data.html", handle)

    async def export(self, request: Request, handle: str) -> Response:
        """POST: all that is held, as a page to give away or as a file. It is logged that it was given out."""
        recipient = await self._seat.whom(request, handle)
        held = await self._subjects.exporting.export(recipient, actor=visit_of(request).actor)
        shown = all_held(self._seat.console.doors, recipient, held)
        if form_of(request).value("as") != "file":
            return page_to_give("export.html", sender=None, shown=shown)
        headers = dict(frame.HEADERS) | {
            "Content-Disposition": 'attachment; filename="all-that-is-held.json"'
        }
        text = json.dumps(shown, indent=2, ensure_ascii=False)
        return Response(text, media_type="application/json", headers=headers)

    async def ask(self, request: Request, handle: str) -> Response:
        return await self._erasing(request, handle)

    async def erase(self, request: Request, handle: str) -> Response:
        """POST: with the address typed once more, so that nobody is erased by a slip."""
        recipient = await self._seat.whom(request, handle)
        checked = Checked(form_of(request))
        typed = checked.text("address", "Type the address or number.")
        if not checked.problems and not self._is(typed, recipient):
            checked.problems["address"] = "This is not the address of this page."
        if checked.problems:
            return await self._erasing(request, handle, checked.problems)
        visit = visit_of(request)
        applied = await self._subjects.erase(
            recipient, way=Way.AGENT, source=SOURCE, actor=visit.actor, change_id=change_id(request)
        )
        await spelled.forget(self._seat.console, visit, recipient)
        said = "Erased: all that was known is gone, and nothing is sent there any more."
        return await self._seat.done(request, recipient, said, own=applied.record_id)

    def _is(self, typed: str, recipient: Recipient) -> bool:
        doors = self._seat.console.doors
        found = readings(typed, find.regions(doors.senders.values()))
        return any(one.address and doors.recipient(one.address).key == recipient.key for one in found)

    async def _erasing(
        self, request: Request, handle: str, problems: Mapping[str, str] | None = None
    ) -> Response:
        action = f"{handles.page(handles.parse(handle))}/erase"
        return await self._seat.page(request, "erase.html", handle, problems=problems, action=action)

    async def back(self, request: Request, handle: str) -> Response:
        return await self._seat.page(request, "return.html", handle)

    async def come_back(self, request: Request, handle: str) -> Response:
        """POST: an erased recipient is a customer again; marketing stays stopped until a yes."""
        recipient = await self._seat.whom(request, handle)
        try:
            applied = await self._seat.desk.come_back(
                recipient, actor=visit_of(request).actor, change_id=change_id(request)
            )
        except NotFound:
            said = "Nothing was erased here (any more): nothing was changed."
            return await self._seat.done(request, recipient, said, kind="attention")
        said = "A customer again: what is required is sent. All else stays stopped until they agree to it."
        return await self._seat.done(request, recipient, said, own=applied.record_id)


def routes(console: Console) -> list[APIRouter]:
    doors = console.doors
    if doors.help_desk is None or doors.subjects is None:
        return []
    pages = Subject(Seat(console, doors.help_desk), doors.subjects)
    giving, erasing = router(console, Permission.DATA_REQUEST), router(console, Permission.ERASE)
    giving.add_api_route("/recipients/{handle}/data", pages.data, methods=["GET"])
    giving.add_api_route("/recipients/{handle}/data", pages.export, methods=["POST"])
    erasing.add_api_route("/recipients/{handle}/erase", pages.ask, methods=["GET"])
    erasing.add_api_route("/recipients/{handle}/erase", pages.erase, methods=["POST"])
    erasing.add_api_route("/recipients/{handle}/return", pages.back, methods=["GET"])
    erasing.add_api_route("/recipients/{handle}/return", pages.come_back, methods=["POST"])
    return [giving, erasing]
