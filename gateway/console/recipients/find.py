"""`/console/find`: one box for anybody and anything. What is unclear is told, with what was tried."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.console import forms, pages
from gateway.console.access import router
from gateway.console.doors import Console
from gateway.console.recipients import handles, spelled
from gateway.console.recipients.recognising import LONGEST, Kind, Reading, readings
from gateway.console.roles import Permission
from gateway.console.visit import Visit, form_of, visit_of
from gateway.roads.help_desk import HelpDesk
from suppression import phone_number
from suppression.errors import InvalidToken, NotFound
from suppression.model import ALL, Recipient, Sender
from suppression.outbox import HANDLE
from suppression.store.keys import parse_handle

PATH = "/console/find"
_NUMBER = 8  # bytes of an outbox entry's number


@dataclass(frozen=True, slots=True)
class Hit:
    """A page that a reading leads to. `shown`: how the recipient is written on a page to choose from."""

    path: str
    kind: Kind
    shown: str
    recipient: Recipient | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """A reading that leads nowhere, and why."""

    kind: Kind
    why: str


def regions(senders: Iterable[Sender]) -> list[str]:
    """Countries of the senders' own numbers: of theirs is a number that is written without one."""
    numbers: list[str] = []
    for sender in senders:
        numbers += sender.texts.numbers if sender.texts else ()
        numbers += sender.calls.numbers if sender.calls else ()
        numbers += [sender.support_phone] if sender.support_phone.startswith("+") else []
    return [found for number in dict.fromkeys(numbers) if (found := phone_number.main_country(number))]


class Finder:
    """Looks up what was pasted."""

    def __init__(self, console: Console, desk: HelpDesk) -> None:
        self._console = console
        self._desk = desk

    async def find(self, text: str, country: str) -> tuple[list[Hit], list[Tried]]:
        own = [country] if country else regions(self._console.doors.senders.values())
        found = await asyncio.gather(*(self._look(one) for one in readings(text, own)))
        hits = [hit for one in found if not isinstance(one, Tried) for hit in one]
        return _apart(hits), [one for one in found if isinstance(one, Tried)]

    async def _look(self, reading: Reading) -> Sequence[Hit] | Tried:
        match reading.kind:
            case Kind.EMAIL | Kind.PHONE:
                return [self._address(reading)]
            case Kind.LINK:
                return self._link(reading)
            case Kind.RECORD:
                return await self._record(reading)
            case Kind.PERSON:
                return await self._person(reading)
            case _:
                return self._handle(reading)

    def _address(self, reading: Reading) -> Hit:
        assert reading.address is not None  # noqa: S101 - these readings have one
        recipient = self._console.doors.recipient(reading.address)
        return Hit(handles.page(recipient), reading.kind, reading.value, recipient)

    def _link(self, reading: Reading) -> Sequence[Hit] | Tried:
        try:
            recipient = self._desk.whose(reading.value)
        except InvalidToken:
            return Tried(reading.kind, "It looks like one, but it was altered, cut off, or made elsewhere.")
        return [Hit(handles.page(recipient), reading.kind, "whose link it is")]

    def _handle(self, reading: Reading) -> Sequence[Hit] | Tried:
        """Entries and messages lead to their recipient, whatever became of them."""
        try:
            match reading.kind:
                case Kind.RECIPIENT:
                    recipient, mark = handles.parse(reading.value), ""
                case Kind.MESSAGE:
                    parse_handle(HANDLE, reading.value, _NUMBER)
                    return [Hit(handles.why_message(reading.value), reading.kind, "what became of it")]
                case _:
                    key, _ = parse_handle(reading.value[:4], reading.value)
                    recipient, mark = Recipient(key, ""), f"#{reading.value}"
        except NotFound:
            return Tried(reading.kind, "It looks like one, but it is not whole: copy all of it.")
        return [Hit(handles.page(recipient) + mark, reading.kind, "whose it is")]

    async def _record(self, reading: Reading) -> Sequence[Hit] | Tried:
        message = await self._console.doors.reading.message(reading.value)
        if message is None:
            return Tried(reading.kind, "There is no decision or mail of this id, or not any more.")
        many = len({line.recipient for line in message.history}) > 1
        to = handles.why_message if many else handles.why_decision
        return [Hit(to(reading.value), reading.kind, "what was decided")]

    async def _person(self, reading: Reading) -> Sequence[Hit] | Tried:
        subjects = self._console.doors.subjects
        members = await subjects.roster.members(reading.value, ALL) if subjects else ()
        if not members:
            return Tried(reading.kind, "No app told of a person with this id.")
        known = await asyncio.gather(*(self._console.doors.address(one.key) for one in members))
        return [
            Hit(handles.page(one), reading.kind, "an address that is not kept" if at is None else at.text)
            for one, at in zip(members, known, strict=True)
        ]


def _apart(hits: Sequence[Hit]) -> list[Hit]:
    """Each page once. An address that is its own person's id, as with many apps, is the address."""
    typed = {hit.path for hit in hits if hit.recipient is not None}
    persons = {hit.path for hit in hits if hit.kind is Kind.PERSON}
    if typed & persons:
        hits = [hit for hit in hits if hit.kind is not Kind.PERSON]
    return list({hit.path: hit for hit in hits}.values())


def routes(console: Console) -> list[APIRouter]:
    desk = console.doors.help_desk
    if desk is None:
        return []
    finder, own = Finder(console, desk), router(console, Permission.FIND)

    @own.get("/find")
    async def ask(request: Request) -> Response:
        return _page(request, 200)

    @own.post("/find")
    async def find(request: Request) -> Response:
        """What is clear is a page at once, by a redirect whose URL holds no address."""
        form, visit = form_of(request), visit_of(request)
        text, country = form.typed("q"), form.value("country").upper()[:2]
        hits, tried = await finder.find(text[:LONGEST], country)
        meant = hits[0] if len(hits) == 1 else None
        await _remember(console, visit, [meant] if meant else hits)
        if meant is not None:
            return pages.redirect(meant.path)
        return _page(request, 200 if hits else 404, hits=hits, tried=tried, asked=bool(text.strip()))

    return [own]


async def _remember(console: Console, visit: Visit, hits: Sequence[Hit]) -> None:
    for hit in hits:
        if hit.recipient is not None:
            await spelled.remember(console, visit, hit.recipient)


def _page(
    request: Request,
    status: int,
    hits: Sequence[Hit] = (),
    tried: Sequence[Tried] = (),
    *,
    asked: bool = False,
) -> Response:
    form = form_of(request)
    typed = forms.shown_again(PATH, form) if form.fields else None
    return pages.page(request, "find.html", status, typed=typed, hits=hits, tried=tried, asked=asked)
