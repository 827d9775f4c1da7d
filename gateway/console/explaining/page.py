"""`/console/explain`: why did, or didn't, this message go; and would it now. Nothing is logged or counted."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.archive.questions import Question, place_of
from gateway.console import pages
from gateway.console.access import router
from gateway.console.doors import Console
from gateway.console.explaining.now import Asked, now
from gateway.console.explaining.shown import DecisionView
from gateway.console.explaining.view import DECISIONS, Known, of_decision, words_of_message
from gateway.console.recipients import handles, spelled, words
from gateway.console.recipients.page import names
from gateway.console.recipients.timeline import CHANGES, line
from gateway.console.recipients.view import name_of
from gateway.console.roles import Permission
from gateway.console.visit import Visit, visit_of
from gateway.roads.help_desk import HelpDesk
from suppression.errors import NotFound, UnknownPurpose
from suppression.model import App, Channel, Facts, Recipient, position
from suppression.outbox import HANDLE
from suppression.purposes import WILDCARD
from suppression.records import Record
from suppression.store.keys import parse_record_id

_CHANGES_SHOWN = 20
_PART = 1000  # of a recipient's changes: how many are read to find what came after


class NoSuchMessage(NotFound):
    peer_text = "there is no such decision or message, or not any more"


@dataclass(frozen=True, slots=True)
class Explaining:
    """One process's pages for it."""

    console: Console
    desk: HelpDesk

    async def show(
        self,
        request: Request,
        decision: str = "",
        message: str = "",
        recipient: str = "",
        channel: str = "",
        purpose: str = "",
        app: str = "",
    ) -> Response:
        """Of a decision, of a message, or of a kind of message to a recipient as it would be now."""
        visit = visit_of(request)
        decision, message = decision.strip(), message.strip()
        if decision.startswith(HANDLE):  # people paste what they have
            decision, message = "", decision
        if message:
            return await self._of_message(request, visit, message)
        if decision:
            return await self._of_record(request, visit, decision)
        if recipient:
            return await self._would(request, visit, recipient, (channel, purpose, app))
        return pages.page(request, "explain.html")

    async def _of_message(self, request: Request, visit: Visit, message: str) -> Response:
        """A text or call has a history of its own; a mail may have gone to several."""
        if message.startswith(HANDLE):
            return await self._decided(request, visit, await self._history_of(message))
        found = await self.console.doors.reading.message(message)
        if found is None:
            raise NoSuchMessage("unknown")
        copies = [one for one in found.history if one.kind in DECISIONS]
        if len({one.recipient for one in copies}) <= 1:
            return await self._decided(request, visit, found.history)
        return await self._copies(request, visit, found.id, found.history)

    async def _history_of(self, message: str) -> Sequence[Record]:
        sends = self.console.doors.sends
        if sends is None:
            raise NoSuchMessage("no texts and calls here")
        return await sends.waiting.history(await sends.waiting.entry(message))

    async def _copies(
        self, request: Request, visit: Visit, message: str, history: Sequence[Record]
    ) -> Response:
        known = names(self.console)
        shown = []
        for record in [one for one in history if one.kind in DECISIONS]:
            whom, _ = await spelled.named(self.console, visit, handles.of(_whose(record)))
            facts = await self.desk.facts(whom)
            lines = [line(one, known) for one in history if record.id in (one.id, one.decision)]
            shown.append((name_of(whom.address, facts), handles.why_decision(record.id), lines))
        about = words_of_message(history[0], known)
        return pages.page(request, "explain_copies.html", id=message, about=about, copies=shown)

    async def _of_record(self, request: Request, visit: Visit, record_id: str) -> Response:
        history = await self.console.doors.reading.decision(record_id)
        if not history:
            raise NoSuchMessage("unknown")
        first = history[0]
        if first.kind not in DECISIONS and first.decision:
            history = await self.console.doors.reading.decision(first.decision) or history
        elif first.kind in DECISIONS and first.message.startswith(HANDLE):
            history = await self._all_of(first, history)
        return await self._decided(request, visit, history, record_id)

    async def _all_of(self, first: Record, history: Sequence[Record]) -> Sequence[Record]:
        """What came before and after of a text or call, while that is kept."""
        try:
            found = await self._history_of(first.message)
        except NotFound:
            return history
        return found if any(one.id == first.id for one in found) else history

    async def _decided(
        self, request: Request, visit: Visit, history: Sequence[Record], record_id: str = ""
    ) -> Response:
        """Of several decisions the one that is asked for, else the last one."""
        decisions = [one for one in history if one.kind in DECISIONS]
        meant = [one for one in decisions if one.id == record_id] or decisions
        if not meant:
            return await self._no_decision(request, visit, history)
        known = await self._known(visit, meant[-1], history)
        one: DecisionView = of_decision(known, name_of(known.recipient.address, known.facts))
        return pages.page(request, "explain_decision.html", one=one, most=_CHANGES_SHOWN)

    async def _no_decision(self, request: Request, visit: Visit, history: Sequence[Record]) -> Response:
        """A record of something else: a change, a look at a link."""
        if not history or not history[0].recipient:
            raise NoSuchMessage("of nobody")
        whom, _ = await spelled.named(self.console, visit, handles.of(_whose(history[0])))
        facts, known = await self.desk.facts(whom), names(self.console)
        return pages.page(
            request,
            "explain_record.html",
            lines=[line(one, known) for one in history],
            name=name_of(whom.address, facts),
            home=handles.page(whom),
        )

    async def _known(self, visit: Visit, record: Record, history: Sequence[Record]) -> Known:
        whom, _ = await spelled.named(self.console, visit, handles.of(_whose(record)))
        facts = await self.desk.facts(whom)
        since, whole = await self._since(whom, facts, record)
        doors = self.console.doors
        sender = doors.senders.get(record.sender)
        return Known(
            record=record,
            history=history,
            recipient=whom,
            facts=facts,
            names=names(self.console),
            app=doors.apps.get(record.app),
            written=await self._written(whom, record),
            since=since[:_CHANGES_SHOWN],
            whole=whole and len(since) <= _CHANGES_SHOWN,
            minimum_age=sender.minimum_age if sender else 13,
            at=self.console.clock(),
        )

    async def _since(self, whom: Recipient, facts: Facts, record: Record) -> tuple[list[Record], bool]:
        """Changes after it, newest first, and whether these are all."""
        if position(facts.version) <= position(parse_record_id(record.id)[1]):
            return [], True
        changes = Question(recipient=whom.key.hex(), kinds=CHANGES, since=place_of(record.id).ms)
        part = await self.console.doors.reading.log(changes, _PART)
        found = [one for one in part.records if one.id > record.id]
        return found, part.before is None

    async def _written(self, whom: Recipient, record: Record) -> Record | None:
        """The last record before the decision that wrote the entry it went by."""
        if not record.fact:
            return None
        wrote = Question(recipient=whom.key.hex(), kinds=CHANGES, entry=record.fact, before=record.id)
        part = await self.console.doors.reading.log(wrote, 1)
        return part.records[0] if part.records else None

    async def _would(
        self, request: Request, visit: Visit, handle: str, asked: tuple[str, str, str]
    ) -> Response:
        whom, _ = await spelled.named(self.console, visit, handle)
        facts, about = await self.desk.facts(whom), self._asked(*asked)
        made = None
        if about is not None:
            catalogue = self.console.doors.catalogue()
            made = now(about, whom, facts, catalogue, self.console.clock())
        return pages.page(
            request,
            "explain_now.html",
            one=made,
            about=self._about(about) if about else "",
            handle=handles.of(whom),
            name=name_of(whom.address, facts),
            home=handles.page(whom),
            chosen=dict(zip(("channel", "purpose", "app"), asked, strict=True)),
            asked=any(asked),
            channels=[(one.value, words.CHANNELS[one].capitalize()) for one in Channel],
            purposes=self._purposes(asked[1]),
            apps=[(one.name, f"{one.name} ({self._title(one)})") for one in self.console.doors.apps.values()],
        )

    def _asked(self, channel: str, purpose: str, app: str) -> Asked | None:
        """None for what there is not."""
        doors = self.console.doors
        asking = doors.apps.get(app)
        try:
            path = doors.catalogue().find(purpose).path
            of = Channel(channel)
        except (UnknownPurpose, ValueError):
            return None
        if asking is None:
            return None
        sender = doors.senders.get(asking.sender)
        return Asked(asking, of, path, minimum_age=sender.minimum_age if sender else 13)

    def _about(self, asked: Asked) -> str:
        title = words.leaf_title(
            self.console.doors.catalogue().find(asked.purpose), self.console.doors.catalogue()
        )
        return f"{title} by {words.CHANNELS[asked.channel]}, from {self._title(asked.app)} (app {asked.app.name})"

    def _purposes(self, chosen: str) -> list[tuple[str, str]]:
        catalogue = self.console.doors.catalogue()
        found = {
            path: f"{words.leaf_title(catalogue.find(path), catalogue)} ({path})"
            for path in catalogue.purposes
            if not path.endswith(WILDCARD) and not path.startswith("system/")
        }
        if chosen and chosen not in found:
            found[chosen] = chosen
        return list(found.items())

    def _title(self, app: App) -> str:
        sender = self.console.doors.senders.get(app.sender)
        return sender.title if sender else app.sender


def _whose(record: Record) -> Recipient:
    return Recipient(bytes.fromhex(record.recipient), "")


def routes(console: Console) -> list[APIRouter]:
    desk = console.doors.help_desk
    if desk is None:
        return []
    own = router(console, Permission.EXPLAIN)
    own.add_api_route("/explain", Explaining(console, desk).show, methods=["GET"])
    return [own]
