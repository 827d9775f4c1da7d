"""Stop, block and cancel, for one recipient."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.console.access import router
from gateway.console.doors import Console
from gateway.console.recipients import handles, words
from gateway.console.recipients.acts import SOURCE, Checked, Seat, change_id, with_reference
from gateway.console.roles import Permission
from gateway.console.visit import form_of, visit_of
from suppression.decision import Reason
from suppression.errors import Conflict, NotFound
from suppression.model import ALL, Channel, Scope, Sender, Suppression, Way
from suppression.purposes import WILDCARD, Catalogue, paths_above

_KINDS = {
    "stop": (Reason.UNSUBSCRIBED, "The recipient's wish (what is required still goes)"),
    "block": (Reason.BLOCKED, "Our own block (a consent does not end it)"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A stop as the form asks for it."""

    scope: Scope
    reason: Reason
    note: str
    until: datetime | None


def purposes(catalogue: Catalogue) -> list[tuple[str, str]]:
    """Every node that a stop may be at, with its name: whole classes first, then what is below each."""
    leaves = [leaf.path.removesuffix(WILDCARD) for leaf in catalogue.purposes.values()]
    nodes = dict.fromkeys(above for path in leaves for above in paths_above(path))
    first = ["marketing", "service", "transactional"]
    classes = sorted((node for node in nodes if "/" not in node), key=lambda node: (node not in first, node))
    found = [("marketing", _capital(words.purpose("marketing", catalogue)))] if "marketing" in nodes else []
    found.append((ALL, "Everything (but for what is required)"))
    found += [(node, _capital(words.purpose(node, catalogue))) for node in classes if node != "marketing"]
    inner = sorted({*leaves, *(node for node in nodes if "/" in node)})
    return found + [(path, _capital(words.purpose(path, catalogue))) for path in inner]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def senders(known: Mapping[str, Sender]) -> list[tuple[str, str]]:
    return [(ALL, "All senders"), *((one.name, one.title) for one in known.values())]


def asked(checked: Checked, console: Console) -> Asked:
    """What is wrong with it is in `checked`."""
    doors = console.doors
    path = checked.one_of("what", [path for path, _ in purposes(doors.catalogue())])
    channels = frozenset(checked.channels("channel"))
    sender = checked.one_of("sender", [name for name, _ in senders(doors.senders)], ALL)
    kind = checked.one_of("kind", list(_KINDS), "stop")
    reason = checked.text("reason", "Say why: the next agent will want to know.")
    reference = checked.text("reference", most=200)
    until = checked.day("until")
    if until is not None and until <= console.clock():
        checked.problems["until"] = "A pause ends in the future."
    scope = Scope(channels, path or ALL, sender, ALL)
    why = _KINDS.get(kind, _KINDS["stop"])[0]
    return Asked(scope, why, with_reference(reason, reference), until)


class Stopping:
    """One process's pages for it."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    async def show(self, request: Request, handle: str, what: str = "") -> Response:
        return await self._page(request, handle, what=what)

    async def stop(self, request: Request, handle: str) -> Response:
        """POST: at once, but for a stop of everything, which is asked about once more."""
        recipient = await self._seat.whom(request, handle)
        form = form_of(request)
        checked = Checked(form)
        what = asked(checked, self._seat.console)
        if checked.problems:
            return await self._page(request, handle, problems=checked.problems)
        if what.scope == Scope() and form.value("confirmed") != "yes":
            return await self._seat.page(
                request, "stop_everything.html", handle, fields=_fields(form.fields), until=what.until
            )
        visit, changes = visit_of(request), self._seat.console.doors.changes
        applied = await changes.suppress(
            recipient,
            what.scope,
            reason=what.reason,
            way=Way.AGENT,
            source=SOURCE,
            actor=visit.actor,
            note=what.note,
            until=what.until,
            change_id=change_id(request),
        )
        undo = ""
        if applied.created:
            undo = self._seat.undo(
                request, "lift", recipient, {"handle": applied.handle, "order": applied.entry.order}
            )
        said = self._said(applied.entry, created=applied.created)
        return await self._seat.done(request, recipient, said, own=applied.record_id, undo=undo)

    def _said(self, entry: object, *, created: bool) -> str:
        assert isinstance(entry, Suppression)  # noqa: S101 - a stop makes one
        doors = self._seat.console.doors
        scope = words.scope(entry.scope, doors.catalogue(), doors.senders)
        if not created:
            return f"That was stopped already, since {words.day(entry.at)}: {scope}. It stays so."
        ends = f" until {words.minute(entry.until)}" if entry.until else ""
        return f"Stopped{ends}: {scope}."

    async def cancel(self, request: Request, handle: str) -> Response:
        """POST: a message that has not left."""
        recipient = await self._seat.whom(request, handle)
        sends, message = self._seat.console.doors.sends, form_of(request).value("message")
        if sends is None:
            raise NotFound("no texts and calls here")
        if (await sends.waiting.entry(message)).recipient.key != recipient.key:
            raise NotFound("a message of somebody else")
        try:
            await sends.waiting.cancel(message, actor=visit_of(request).actor, reason="cancelled")
        except Conflict:
            said = "It had left already, or ended otherwise: nothing was changed."
            return await self._seat.done(request, recipient, said, kind="attention")
        return await self._seat.done(request, recipient, "Cancelled: the message does not leave.")

    async def _page(
        self, request: Request, handle: str, *, what: str = "", problems: Mapping[str, str] | None = None
    ) -> Response:
        doors = self._seat.console.doors
        action = f"{handles.page(handles.parse(handle))}/stop"
        return await self._seat.page(
            request,
            "stop.html",
            handle,
            problems=problems,
            action=action,
            what=what or "marketing",
            purposes=purposes(doors.catalogue()),
            senders=senders(doors.senders),
            kinds=[(name, said) for name, (_, said) in _KINDS.items()],
            channels=[(one.value, words.CHANNELS[one].capitalize()) for one in Channel],
        )


def _fields(fields: object) -> list[tuple[str, str]]:
    """What the second click carries on."""
    assert isinstance(fields, list | tuple)  # noqa: S101 - a form's
    kept = {"what", "channel", "sender", "kind", "reason", "reference", "until", "seen", "once"}
    return [(name, value) for name, value in fields if name in kept]


def routes(console: Console) -> list[APIRouter]:
    if console.doors.help_desk is None:
        return []
    pages = Stopping(Seat(console, console.doors.help_desk))
    stopping, cancelling = router(console, Permission.STOP), router(console, Permission.CANCEL)
    stopping.add_api_route("/recipients/{handle}/stop", pages.show, methods=["GET"])
    stopping.add_api_route("/recipients/{handle}/stop", pages.stop, methods=["POST"])
    cancelling.add_api_route("/recipients/{handle}/cancel", pages.cancel, methods=["POST"])
    return [stopping, cancelling]
