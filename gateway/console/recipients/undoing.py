"""`/console/undo`: takes back exactly one act of one's own, for a minute."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.console import pages
from gateway.console.access import router
from gateway.console.doors import Console
from gateway.console.recipients import handles
from gateway.console.recipients.acts import Seat, Undo, change_id
from gateway.console.roles import Permission
from gateway.console.visit import visit_of
from suppression.decision import Reason
from suppression.errors import Conflict, NotFound, NotPermitted
from suppression.model import Channel, Consent, Scope, Suppression, Way

_NEEDS = {
    "lift": Permission.STOP,
    "stop": Permission.LIFT,
    "withdraw": Permission.CONSENT,
    "part": Permission.LINK,
    "join": Permission.LINK,
}
_REASON = "undone at once by the agent"


class Undoing:
    """One process's handler of it."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._roads: Mapping[str, Callable[[Request, Undo], Awaitable[None]]] = {
            "lift": self._lift,
            "stop": self._stop,
            "withdraw": self._withdraw,
            "part": self._part,
            "join": self._join,
        }

    async def undo(self, request: Request) -> Response:
        undo = self._seat.read_undo(request)
        if undo is None:
            said = "It is too late to undo that with one click: do it by hand, below."
            return await pages.done(
                self._seat.console, request, visit_of(request).came_from, said, kind="attention"
            )
        if not visit_of(request).may(_NEEDS[undo.act]):
            raise NotPermitted("not in this role")
        recipient = await self._seat.whom(request, undo.recipient)
        try:
            await self._roads[undo.act](request, undo)
        except (NotFound, Conflict):
            said = "Nothing was undone: somebody changed it meanwhile, or said it again."
            return await self._seat.done(request, recipient, said, kind="attention")
        return await self._seat.done(request, recipient, "Undone.")

    async def _lift(self, request: Request, undo: Undo) -> None:
        """Ends what was made, as it was made: what was said again since stays."""
        held = await self._seat.console.doors.reading.entry(undo.fields["handle"])
        if held is not None and isinstance(held.entry, Suppression) and held.entry.scope == Scope():
            made = replace(held.entry, order=undo.fields["order"])
            await self._seat.desk.unsay(held.recipient, made, actor=visit_of(request).actor)
            return
        await self._seat.console.doors.changes.lift(
            undo.fields["handle"],
            actor=visit_of(request).actor,
            reason=_REASON,
            evidence={"undo": "within a minute"},
            order=undo.fields["order"],
            change_id=change_id(request),
        )

    async def _stop(self, request: Request, undo: Undo) -> None:
        """The same stop again, as the newest word."""
        fields = undo.fields
        channels = frozenset(Channel(name) for name in fields["channels"])
        await self._seat.console.doors.changes.suppress(
            await self._seat.whom(request, undo.recipient),
            Scope(channels, *fields["scope"]),
            reason=Reason(fields["reason"]),
            way=Way(fields["way"]),
            source=fields["source"],
            actor=visit_of(request).actor,
            note="a lift was undone",
            until=datetime.fromisoformat(fields["until"]) if fields["until"] else None,
            change_id=change_id(request),
        )

    async def _withdraw(self, request: Request, undo: Undo) -> None:
        held = await self._seat.console.doors.reading.entry(undo.fields["handle"])
        if held is None or not isinstance(held.entry, Consent) or held.entry.order != undo.fields["order"]:
            raise NotFound("given again, or gone")
        await self._seat.console.doors.changes.withdraw(
            undo.fields["handle"], actor=visit_of(request).actor, change_id=change_id(request)
        )

    async def _part(self, request: Request, undo: Undo) -> None:
        for handle in undo.fields["recipients"]:
            await self._seat.desk.part(handles.parse(handle), actor=visit_of(request).actor)

    async def _join(self, request: Request, undo: Undo) -> None:
        joining = [await self._seat.whom(request, handle) for handle in undo.fields["recipients"]]
        await self._seat.desk.join(undo.fields["person"], joining, actor=visit_of(request).actor)


def routes(console: Console) -> list[APIRouter]:
    if console.doors.help_desk is None:
        return []
    own = router(console, Permission.STOP)
    own.add_api_route("/undo", Undoing(Seat(console, console.doors.help_desk)).undo, methods=["POST"])
    return [own]
