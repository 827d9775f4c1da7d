"""End a stop, or withdraw a consent: one entry, as it was shown, with a reason and what shows it."""

from collections.abc import Mapping
from typing import TypeVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.console.access import router
from gateway.console.doors import Console
from gateway.console.recipients import handles, words
from gateway.console.recipients.acts import Checked, Seat, change_id
from gateway.console.recipients.entries import Told, stop_view
from gateway.console.recipients.lifting_rules import why_not
from gateway.console.recipients.page import names
from gateway.console.recipients.timeline import Names
from gateway.console.roles import Permission
from gateway.console.visit import form_of, visit_of
from gateway.http.doors import Applied
from gateway.roads.help_desk import Dossier
from suppression.decision import Reason
from suppression.errors import Conflict, NotFound
from suppression.model import Consent, Recipient, Suppression

Held = TypeVar("Held", Suppression, Consent)

_GONE = "It is not as it was shown any more: somebody lifted it, or said it again. Nothing was changed."


class Lifting:
    """One process's pages for it."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    async def _held(self, handle: str, entry: str, kind: type[Held]) -> Held:
        held = await self._seat.console.doors.reading.entry(entry)
        if held is None or not isinstance(held.entry, kind):
            raise NotFound("no such entry")
        if held.recipient.key != handles.parse(handle).key:
            raise NotFound("an entry of somebody else")
        return held.entry

    async def show(self, request: Request, handle: str, entry: str) -> Response:
        """Also of one that may not be lifted: it says why."""
        stop = await self._held(handle, entry, Suppression)
        return await self._page(request, handle, entry, stop)

    async def lift(self, request: Request, handle: str, entry: str) -> Response:
        """POST: the entry as it was shown; what was said again since stays."""
        recipient = await self._seat.whom(request, handle)
        try:
            stop = await self._held(handle, entry, Suppression)
        except NotFound:
            return await self._seat.done(request, recipient, _GONE, kind="attention")
        checked = Checked(form_of(request))
        reason = checked.text("reason", "Say why: it can be asked for later.")
        shown = checked.text("evidence", "Say what shows it: a call, a letter, a ticket.")
        if why_not(stop, complaints=visit_of(request).may(Permission.LIFT_COMPLAINT)):
            raise Conflict("not lifted here, or not by this agent")
        if checked.problems:
            return await self._page(request, handle, entry, stop, checked.problems)
        try:
            applied = await self._lift(request, entry, stop, reason, shown)
        except NotFound:
            return await self._seat.done(request, recipient, _GONE, kind="attention")
        return await self._lifted(request, recipient, applied)

    async def _lift(
        self, request: Request, entry: str, stop: Suppression, reason: str, shown: str
    ) -> Applied:
        doors, desk = self._seat.console.doors, self._seat.desk
        lift = desk.lift_complaint if stop.reason is Reason.COMPLAINED else doors.changes.lift
        return await lift(
            entry,
            actor=visit_of(request).actor,
            reason=reason,
            evidence={"evidence": shown},
            order=form_of(request).value("order") or stop.order,
            change_id=change_id(request),
        )

    async def _lifted(self, request: Request, recipient: Recipient, applied: Applied) -> Response:
        stop = applied.entry
        assert isinstance(stop, Suppression)  # noqa: S101 - it was one
        told = names(self._seat.console)
        undo = ""
        if not stop.batch and not stop.exact:
            fields = {
                "channels": sorted(stop.scope.channels),
                "scope": [stop.scope.purpose, stop.scope.sender, stop.scope.app],
                "reason": stop.reason.value,
                "way": stop.way.value,
                "source": stop.source,
                "until": stop.until.isoformat() if stop.until else "",
            }
            undo = self._seat.undo(request, "stop", recipient, fields)
        said = f"Lifted: {_of(stop, told)}. Other stops, if there are any, go on."
        return await self._seat.done(request, recipient, said, own=applied.record_id, undo=undo)

    async def _page(
        self,
        request: Request,
        handle: str,
        entry: str,
        stop: Suppression,
        problems: Mapping[str, str] | None = None,
    ) -> Response:
        recipient = handles.parse(handle)
        told = Told(
            names(self._seat.console),
            {},
            self._seat.console.clock(),
            complaints=visit_of(request).may(Permission.LIFT_COMPLAINT),
        )
        evidence = {stop.id: await self._seat.desk.evidence(recipient, stop)}
        facts = await self._seat.desk.facts(recipient)
        return await self._seat.page(
            request,
            "lift.html",
            handle,
            problems=problems,
            action=f"{handles.page(recipient)}/lift/{entry}",
            stop=stop_view(recipient, stop, Dossier(recipient, facts, evidence=evidence), told),
            order=stop.order,
            complaint=stop.reason is Reason.COMPLAINED,
        )

    # Consents.

    async def ask(self, request: Request, handle: str, entry: str) -> Response:
        consent = await self._held(handle, entry, Consent)
        told = names(self._seat.console)
        return await self._seat.page(
            request, "withdraw.html", handle, entry=entry, scope=_of(consent, told), given=consent.at
        )

    async def withdraw(self, request: Request, handle: str, entry: str) -> Response:
        """POST. There is no way back but another consent: what was said in between must not be overridden."""
        recipient = await self._seat.whom(request, handle)
        consent = await self._held(handle, entry, Consent)
        applied = await self._seat.console.doors.changes.withdraw(
            entry, actor=visit_of(request).actor, change_id=change_id(request)
        )
        said = f"Withdrawn: {_of(consent, names(self._seat.console))}. It allows nothing any more."
        return await self._seat.done(request, recipient, said, own=applied.record_id)


def _of(entry: Suppression | Consent, told: Names) -> str:
    return words.scope(entry.scope, told.catalogue, told.senders)


def routes(console: Console) -> list[APIRouter]:
    if console.doors.help_desk is None:
        return []
    pages = Lifting(Seat(console, console.doors.help_desk))
    lifting, withdrawing = router(console, Permission.LIFT), router(console, Permission.CONSENT)
    lifting.add_api_route("/recipients/{handle}/lift/{entry}", pages.show, methods=["GET"])
    lifting.add_api_route("/recipients/{handle}/lift/{entry}", pages.lift, methods=["POST"])
    withdrawing.add_api_route("/recipients/{handle}/withdraw/{entry}", pages.ask, methods=["GET"])
    withdrawing.add_api_route("/recipients/{handle}/withdraw/{entry}", pages.withdraw, methods=["POST"])
    return [lifting, withdrawing]
