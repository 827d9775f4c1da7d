"""Which addresses are one human's: link another, or take one away."""

import secrets
from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.console.access import router
from gateway.console.doors import Console
from gateway.console.recipients import find, handles
from gateway.console.recipients.acts import Checked, Seat
from gateway.console.recipients.recognising import readings
from gateway.console.roles import Permission
from gateway.console.visit import form_of, visit_of
from suppression.errors import Conflict, NotFound
from suppression.model import Recipient

_ANOTHERS = "One of the two addresses is another person's already: unlink it there first."


class Linking:
    """One process's pages for it."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    async def show(self, request: Request, handle: str) -> Response:
        return await self._page(request, handle)

    async def link(self, request: Request, handle: str) -> Response:
        """POST: from now on a stop of everything, said at either, holds for both."""
        recipient = await self._seat.whom(request, handle)
        checked = Checked(form_of(request))
        other = self._other(checked, recipient)
        person = checked.text("person", most=200)
        if other is None or checked.problems:
            return await self._page(request, handle, checked.problems)
        person, joining = await self._joined(person, recipient, other)
        try:
            await self._seat.desk.join(person, [recipient, other], actor=visit_of(request).actor)
        except Conflict:
            return await self._page(request, handle, {"address": _ANOTHERS})
        undo = self._seat.undo(
            request, "part", recipient, {"recipients": [handles.of(one) for one in joining]}
        )
        said = "Linked: what was stopped of everything at one of them holds for all."
        return await self._seat.done(request, recipient, said, undo=undo if joining else "")

    def _other(self, checked: Checked, recipient: Recipient) -> Recipient | None:
        text = checked.text("address", "Name the other address.")
        console = self._seat.console
        regions = find.regions(console.doors.senders.values())
        found = [one.address for one in readings(text, regions) if one.address is not None]
        if text and not found:
            checked.problems["address"] = "This is no e-mail address or phone number that can be used."
        if not found:
            return None
        other = console.doors.recipient(found[0])
        if other.key == recipient.key:
            checked.problems["address"] = "This is the address that you are looking at."
        return other

    async def _joined(
        self, person: str, recipient: Recipient, other: Recipient
    ) -> tuple[str, list[Recipient]]:
        """The person's id: as given, else the one that either has, else a new one; and who is new to it."""
        dossiers = [await self._seat.desk.dossier(one) for one in (recipient, other)]
        known = [dossier.person.id for dossier in dossiers if dossier.person and dossier.person.id]
        joining = [dossier.recipient for dossier in dossiers if dossier.facts.person is None]
        return person or (known[0] if known else f"console-{secrets.token_hex(6)}"), joining

    async def unlink(self, request: Request, handle: str) -> Response:
        """POST: one address is nobody's any more; what was stopped stays stopped."""
        recipient = await self._seat.whom(request, handle)
        other = handles.parse(form_of(request).value("other"))
        dossier = await self._seat.desk.dossier(other)
        try:
            await self._seat.desk.part(other, actor=visit_of(request).actor)
        except NotFound:
            said = "It was unlinked already: nothing was changed."
            return await self._seat.done(request, recipient, said, kind="attention")
        undo = ""
        if dossier.person is not None and dossier.person.id:
            fields = {"recipients": [handles.of(other)], "person": dossier.person.id}
            undo = self._seat.undo(request, "join", recipient, fields)
        return await self._seat.done(
            request, recipient, "Unlinked. What was stopped stays stopped, at every address.", undo=undo
        )

    async def _page(
        self, request: Request, handle: str, problems: Mapping[str, str] | None = None
    ) -> Response:
        action = f"{handles.page(handles.parse(handle))}/person"
        return await self._seat.page(request, "person.html", handle, problems=problems, action=action)


def routes(console: Console) -> list[APIRouter]:
    if console.doors.help_desk is None:
        return []
    pages = Linking(Seat(console, console.doors.help_desk))
    own = router(console, Permission.LINK)
    own.add_api_route("/recipients/{handle}/person", pages.show, methods=["GET"])
    own.add_api_route("/recipients/{handle}/person", pages.link, methods=["POST"])
    own.add_api_route("/recipients/{handle}/unlink", pages.unlink, methods=["POST"])
    return [own]
