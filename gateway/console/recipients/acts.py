"""What all acts on a recipient share: who it is, how often a form counts, what is said afterwards, and the way back.

Nothing here locks: each act is one atomic change, and two agents' acts stand side by side. Who acts is told what
others did since his page was made.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.console import carrying, forms, pages
from gateway.console.doors import Console
from gateway.console.forms import Form
from gateway.console.recipients import handles, page, spelled, words
from gateway.console.recipients.timeline import Line, line, since
from gateway.console.visit import Visit, form_of, visit_of
from gateway.roads.help_desk import HelpDesk
from suppression.errors import StoreUnavailable
from suppression.model import Channel, Recipient

SOURCE = "console"
LONGEST = 2000
_UNDO_WITHIN = timedelta(minutes=1)
_BOUND_TO = b"console|undo|"


@dataclass(frozen=True, slots=True)
class Undo:
    """What takes back exactly one act. `fields`: of the act; `until`: when it is too late."""

    act: str
    recipient: str
    fields: Mapping[str, Any]
    until: str


@dataclass(frozen=True, slots=True)
class Seat:
    """Where an agent sits: the console, and the desk behind it."""

    console: Console
    desk: HelpDesk

    async def whom(self, request: Request, handle: str) -> Recipient:
        """With the address that is acted on, where it is known. NotFound."""
        recipient, _ = await spelled.named(self.console, visit_of(request), handle)
        return recipient

    async def page(
        self,
        request: Request,
        template: str,
        handle: str,
        *,
        problems: Mapping[str, str] | None = None,
        action: str = "",
        status: int = 200,
        **shown: Any,
    ) -> Response:
        """An act's own page, with the recipient; with what was typed, where there are `problems`."""
        one = await page.shown(self.console, self.desk, visit_of(request), handle)
        typed = forms.shown_again(action, form_of(request), problems) if problems else None
        once = secrets.token_hex(8)
        status = 422 if problems else status
        return pages.page(request, template, status, typed=typed, one=one, once=once, **shown)

    def undo(self, request: Request, act: str, recipient: Recipient, fields: Mapping[str, Any]) -> str:
        """Sealed, for this agent and a minute."""
        until = (self.console.clock() + _UNDO_WITHIN).isoformat()
        undo = Undo(act, handles.of(recipient), fields, until)
        sealed = self.console.sealer.evidence({"undo": json.dumps(asdict(undo))}, _bound(visit_of(request)))
        return carrying.to_field(sealed)

    def read_undo(self, request: Request) -> Undo | None:
        """None for what is not this agent's, or too late."""
        value = carrying.from_field(form_of(request).value("undo"))
        try:
            told = self.console.sealer.open_evidence(value, _bound(visit_of(request)))
            undo = Undo(**json.loads(told["undo"]))
        except (StoreUnavailable, ValueError, KeyError, TypeError):
            return None
        return undo if self.console.clock() <= datetime.fromisoformat(undo.until) else None

    async def done(
        self,
        request: Request,
        recipient: Recipient,
        message: str,
        *,
        own: str = "",
        undo: str = "",
        kind: str = "done",
    ) -> Response:
        """Back to the recipient's page. `own`: id of the act's record; what others did meanwhile is told, too."""
        meanwhile = await self._meanwhile(request, recipient, own)
        if meanwhile:
            kind, message = "attention", f"{message} Meanwhile {meanwhile}."
        return await pages.done(self.console, request, handles.page(recipient), message, kind=kind, undo=undo)

    async def _meanwhile(self, request: Request, recipient: Recipient, own: str) -> str:
        seen = form_of(request).value("seen")
        if "seen" not in dict(form_of(request).fields):
            return ""
        records = since(await self.console.doors.reading.records(recipient) or (), seen, own=own)
        names = page.names(self.console)
        return "; ".join(_told(line(one, names)) for one in records)


def _told(one: Line) -> str:
    """Bob noted “Stopped: all marketing, by mail” at 3 May 2026, 14:05 UTC."""
    detail = f": {one.detail}" if one.detail else ""
    return f"{one.by or 'the gateway'} noted “{one.title}{detail}” at {words.minute(one.at)}"


def _bound(visit: Visit) -> bytes:
    return _BOUND_TO + visit.agent.name.encode()


def change_id(request: Request) -> str:
    """Of one form, as it was filled in: sent twice, it counts once."""
    form, visit = form_of(request), visit_of(request)
    typed = json.dumps(sorted(forms.typed_by_hand(form.fields)))
    stem = f"console|{visit.agent.name}|{request.url.path}|{form.value('once')}|{typed}"
    return hashlib.sha256(stem.encode("utf-8", "replace")).hexdigest()[:32]


@dataclass
class Checked:
    """What was filled in, and what is wrong with it."""

    form: Form
    problems: dict[str, str] = field(default_factory=dict)

    def text(self, name: str, missing: str = "", most: int = LONGEST) -> str:
        """`missing`: what is said where nothing was filled in; "" where nothing need be."""
        value = self.form.value(name)
        if not value and missing:
            self.problems[name] = missing
        elif len(value) > most:
            self.problems[name] = f"At most {most} characters."
        elif any(not char.isprintable() and char not in "\r\n\t" for char in value):
            self.problems[name] = "There are characters in it that nobody can see: type it anew."
        return value

    def one_of(self, name: str, allowed: Sequence[str], default: str = "") -> str:
        value = self.form.value(name) or default
        if value not in allowed:
            self.problems[name] = "Choose one of these."
        return value

    def channels(self, name: str) -> list[Channel]:
        try:
            return [Channel(value) for value in self.form.values(name)]
        except ValueError:
            self.problems[name] = "Choose among these."
            return []

    def day(self, name: str) -> datetime | None:
        """The beginning of a day, UTC. None where nothing was filled in."""
        value = self.form.value(name)
        if not value:
            return None
        try:
            day = date.fromisoformat(value)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        except ValueError:
            self.problems[name] = "A day is written like 2026-12-31."
            return None


def with_reference(reason: str, reference: str) -> str:
    """As a stop keeps it."""
    return f"{reason} (reference {reference})" if reference else reason
