"""Record a recipient's yes, with what shows it, and the stops that he took back with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.console.access import router
from gateway.console.doors import Console
from gateway.console.recipients import handles, words
from gateway.console.recipients.acts import Checked, Seat, change_id
from gateway.console.recipients.grid import channels_of
from gateway.console.recipients.lifting_rules import overridable
from gateway.console.recipients.page import names
from gateway.console.recipients.stopping import purposes
from gateway.console.roles import Permission
from gateway.console.visit import form_of, visit_of
from gateway.http.doors import Applied
from gateway.roads.changes import ExpiredAlready
from suppression.errors import NotFound
from suppression.model import ALL, Basis, Consent, Recipient, Scope
from suppression.store.apply import SUPPRESSION_HANDLE
from suppression.store.keys import handle as entry_handle


@dataclass(frozen=True, slots=True)
class Asked:
    """A consent as the form has it."""

    scope: Scope
    basis: Basis
    source: str
    at: datetime
    expires: datetime | None
    evidence: Mapping[str, str]
    overrides: list[str]


def asked(checked: Checked, recipient: Recipient, console: Console) -> Asked:
    """What is wrong with it is in `checked`."""
    doors, now = console.doors, console.clock()
    path = checked.one_of("what", [path for path, _ in purposes(doors.catalogue()) if path != ALL])
    channels = frozenset(checked.channels("channel"))
    if not channels:
        checked.problems["channel"] = "Say for which channels it was given."
    elif not channels <= set(channels_of(recipient.address)):
        checked.problems["channel"] = "This address cannot be reached on these channels."
    sender = checked.one_of("sender", list(doors.senders), next(iter(doors.senders)))
    basis = checked.one_of("basis", list(Basis))
    given, expires = checked.day("at"), checked.day("expires")
    if given is not None and given > now:
        checked.problems["at"] = "A consent is recorded after it was given."
    if expires is not None and expires <= now:
        checked.problems["expires"] = "It has ended already."
    shown = checked.text("evidence", "Say what shows it: a form, a call, a signature.")
    evidence = {"evidence": shown, "reference": checked.text("reference", most=200)}
    return Asked(
        Scope(channels, path or ALL, sender),
        Basis(basis) if basis in list(Basis) else Basis.OPT_IN,
        checked.text("source", "Say where it was given: a shop, a call, a form.", most=64),
        given or now,
        expires,
        {name: said for name, said in evidence.items() if said},
        checked.form.values("override"),
    )


class Consenting:
    """One process's pages for it."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    async def show(self, request: Request, handle: str) -> Response:
        return await self._page(request, await self._seat.whom(request, handle), handle)

    async def record(self, request: Request, handle: str) -> Response:
        """POST. What it does not stand above is said."""
        recipient = await self._seat.whom(request, handle)
        if recipient.address is None:
            raise NotFound("no address that a consent could be of")
        checked = Checked(form_of(request))
        yes = asked(checked, recipient, self._seat.console)
        if not checked.problems:
            try:
                applied = await self._give(request, recipient, yes)
            except ExpiredAlready as error:
                checked.problems["expires"] = error.peer_text.capitalize() + "."
            except NotFound:
                checked.problems[""] = "One of the stops to take back is gone: look at them again."
        if checked.problems:
            return await self._page(request, recipient, handle, checked.problems)
        return await self._recorded(request, recipient, applied)

    async def _give(self, request: Request, recipient: Recipient, yes: Asked) -> Applied:
        return await self._seat.console.doors.changes.consent(
            recipient,
            yes.scope,
            basis=yes.basis,
            source=yes.source,
            actor=visit_of(request).actor,
            at=yes.at,
            evidence=yes.evidence,
            expires=yes.expires,
            overrides=yes.overrides,
            change_id=change_id(request),
        )

    async def _recorded(self, request: Request, recipient: Recipient, applied: Applied) -> Response:
        consent, told = applied.entry, names(self._seat.console)
        assert isinstance(consent, Consent)  # noqa: S101 - it was given
        stops = await self._seat.console.doors.changes.blocked_by(recipient, consent)
        said, kind = f"Recorded: {words.scope(consent.scope, told.catalogue, told.senders)}.", "done"
        if stops:
            against = words.listing(words.scope(stop.scope, told.catalogue, told.senders) for stop in stops)
            said, kind = (
                f"{said} It has no effect yet, or not on all: this still stands: {against}.",
                "attention",
            )
        undo = ""
        if applied.created:
            undo = self._seat.undo(
                request, "withdraw", recipient, {"handle": applied.handle, "order": consent.order}
            )
        return await self._seat.done(request, recipient, said, own=applied.record_id, undo=undo, kind=kind)

    async def _page(
        self,
        request: Request,
        recipient: Recipient,
        handle: str,
        problems: Mapping[str, str] | None = None,
    ) -> Response:
        doors, told = self._seat.console.doors, names(self._seat.console)
        facts = await self._seat.desk.facts(recipient)
        own = [stop for stop in overridable(facts) if stop.in_force(self._seat.console.clock())]
        stops = [
            (
                entry_handle(SUPPRESSION_HANDLE, recipient.key, stop.id),
                f"{words.scope(stop.scope, told.catalogue, told.senders)} (since {words.day(stop.at)})",
            )
            for stop in own
        ]
        return await self._seat.page(
            request,
            "consent.html",
            handle,
            problems=problems,
            action=f"{handles.page(recipient)}/consent",
            purposes=[one for one in purposes(doors.catalogue()) if one[0] != ALL],
            senders=[(one.name, one.title) for one in doors.senders.values()],
            channels=[
                (one.value, words.CHANNELS[one].capitalize()) for one in channels_of(recipient.address)
            ],
            bases=[(basis.value, said.capitalize()) for basis, said in words.BASES.items()],
            stops=stops,
            known=recipient.address is not None,
        )


def routes(console: Console) -> list[APIRouter]:
    if console.doors.help_desk is None:
        return []
    pages = Consenting(Seat(console, console.doors.help_desk))
    own = router(console, Permission.CONSENT)
    own.add_api_route("/recipients/{handle}/consent", pages.show, methods=["GET"])
    own.add_api_route("/recipients/{handle}/consent", pages.record, methods=["POST"])
    return [own]
