"""`/console/reviews`: what recipients wrote and nobody understood for sure; one at a time, decided by a key each.

Nothing is held for who reads it: two agents may read the same one, the first decision counts, and the other is told.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.archive.questions import Question
from gateway.console import forms, pages
from gateway.console.access import router
from gateway.console.doors import Console
from gateway.console.recipients import handles, words
from gateway.console.recipients.acts import Checked, Seat, change_id
from gateway.console.recipients.page import names
from gateway.console.recipients.timeline import Names
from gateway.console.roles import Permission
from gateway.console.visit import form_of, visit_of
from gateway.roads.help_desk import HelpDesk
from gateway.roads.reviews import WORDS, Decided, Decision, Reviewing
from suppression import stop_scopes
from suppression.errors import NotFound
from suppression.model import Channel, Facts, Recipient, Suppression
from suppression.records import Record, RecordKind
from suppression.store.apply import SUPPRESSION_HANDLE
from suppression.store.keys import handle, parse_handle
from suppression.store.reviews import HANDLE, Review

PATH = "/console/reviews"
_SHOWN = 50  # of those that wait
_READ = 100  # decisions of a recipient
_LABELS: Mapping[Decision, str] = {
    Decision.STOP: "Stop",
    Decision.STOP_MARKETING: "Stop all marketing",
    Decision.STOP_EVERYTHING: "Stop everything",
    Decision.DELETE: "Delete my data",
    Decision.NO_STOP: "No stop",
    Decision.CHANGE: "Change my data",
}
_DONE: Mapping[Decision, str] = {
    Decision.STOP: "Stopped",
    Decision.STOP_MARKETING: "Stopped",
    Decision.STOP_EVERYTHING: "Stopped",
    Decision.DELETE: "Stopped, and they are asked whether all shall be erased",
    Decision.NO_STOP: "Noted that it was no stop: the pause is over",
    Decision.CHANGE: "Apps are told that data is to be changed; the pause is over",
}
_VERDICTS = {
    "unclear": "Not clear",
    "stop": "A stop",
    "start": "A wish to get messages again",
    "help": "A question for help",
    "none": "No stop",
}
_READS_AS = {
    "channel": Decision.STOP,
    "marketing": Decision.STOP_MARKETING,
    "service": Decision.STOP,
    "everything": Decision.STOP_EVERYTHING,
    "delete": Decision.DELETE,
    "change": Decision.CHANGE,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What may be decided. `does`: what comes of it, in plain words."""

    key: str
    value: str
    label: str
    does: str
    suggested: bool


@dataclass(frozen=True, slots=True)
class ReviewView:
    """`meanwhile`: what stands still until it is decided; `under_way`: what somebody is just deciding, "" for none."""

    id: str
    name: str
    path: str
    text: str
    at: datetime
    channel: str
    to: str
    sender: str
    suggestion: str
    meanwhile: str
    under_way: str
    choices: Sequence[Choice]


def view(review: Review, known: Names) -> ReviewView:
    wrote, recipient = review.wrote, review.recipient
    return ReviewView(
        id=review.id,
        name=recipient.address.text if recipient.address else "A recipient whose address is not kept",
        path=handles.page(recipient),
        text=wrote.text,
        at=wrote.at,
        channel=words.CHANNELS[wrote.channel],
        to=wrote.to,
        sender=known.sender(wrote.sender) if wrote.sender else "",
        suggestion=suggestion(wrote.suggestion),
        meanwhile=words.scope(wrote.paused, known.catalogue, known.senders),
        under_way=_LABELS[Decision(review.decided)] if review.decided else "",
        choices=choices(wrote.channel, wrote.suggestion, known),
    )


def suggestion(told: Mapping[str, str]) -> str:
    """What the words were taken for, by rules of ours: a help to who reads, no more."""
    said = _VERDICTS.get(told.get("verdict", ""), told.get("verdict", "")) or "Nothing"
    meant = _READS_AS.get(told.get("scope", ""))
    if meant is not None and told.get("verdict") != "none":
        said += f"; it may mean “{_LABELS[meant]}”"
    rule = told.get("rule", "").replace("_", " ")
    return said + (f" (rule: {rule})" if rule else "")


def choices(channel: Channel, told: Mapping[str, str], known: Names) -> list[Choice]:
    meant = _READS_AS.get(told.get("scope", ""))
    return [
        Choice(str(key), one.value, _LABELS[one], _does(one, channel, known), one is meant)
        for key, one in enumerate(Decision, 1)
    ]


def _does(decision: Decision, channel: Channel, known: Names) -> str:
    stopped = [
        words.scope(one, known.catalogue, known.senders)
        for one in stop_scopes.written(WORDS[decision], channel)
    ]
    match decision:
        case Decision.NO_STOP:
            return "Nothing is stopped, and what was paused goes on"
        case Decision.CHANGE:
            return "Nothing is stopped; apps are told that data is to be changed"
        case Decision.DELETE:
            return f"{stopped[0]}; and they are asked to confirm that all shall be erased"
        case _:
            return "; ".join(stopped)


class Queue:
    """One process's pages for it."""

    def __init__(self, console: Console, desk: HelpDesk, reviewing: Reviewing) -> None:
        self._console = console
        self._seat = Seat(console, desk)
        self._desk = desk
        self._reviewing = reviewing

    async def show(self, request: Request, after: str = "") -> Response:
        """The oldest one, or the first behind a place in the queue."""
        return await self._page(request, after)

    async def decide(self, request: Request, review: str) -> Response:
        """POST: then the next one."""
        form, after = form_of(request), form_of(request).value("after")[:100]
        checked = Checked(form)
        note = checked.text("note")
        value = checked.one_of("decision", [one.value for one in Decision])
        if checked.problems:
            return await self._page(request, after, review=review, problems=checked.problems)
        decision, whose = Decision(value), _whose(review)
        before = await self._desk.facts(whose)
        try:
            await self._reviewing.decide(
                review, decision, note=note, actor=visit_of(request).actor, change_id=change_id(request)
            )
        except Decided:
            return await self._second(request, review, after)
        except NotFound:
            said = "There is no such review any more: nothing was done. It ends by itself when somebody is erased."
            return await pages.done(self._console, request, _back(after), said, kind="attention")
        return await self._said(request, review, decision, before, after)

    async def _said(
        self, request: Request, review: str, decision: Decision, before: Facts, after: str
    ) -> Response:
        whose = _whose(review)
        address = await self._console.doors.address(whose.key)
        name = address.text if address else "the recipient"
        made = _made(before, await self._desk.facts(whose), visit_of(request).actor)
        undo = ""
        if len(made) == 1 and decision is not Decision.DELETE:
            (stop,) = made
            fields = {"handle": handle(SUPPRESSION_HANDLE, whose.key, stop.id), "order": stop.order}
            undo = self._seat.undo(request, "lift", whose, fields)
        known = names(self._console)
        scopes = "; ".join(words.scope(one.scope, known.catalogue, known.senders) for one in made)
        said = f"{name}: {_DONE[decision]}{f' ({scopes})' if scopes else ''}."
        return await pages.done(self._console, request, _back(after), said, undo=undo)

    async def _second(self, request: Request, review: str, after: str) -> Response:
        """Somebody was first: what he decided holds."""
        said = "Somebody decided this one before you; what you chose was not done."
        record = await self._decided(review)
        if record is not None:
            label = _LABELS.get(_decision_of(record) or Decision.STOP, "")
            at = words.minute(record.time)
            first = f"{words.who(record.actor)} decided this one before you: “{label}”, at {at}."
            said = f"{first} What you chose was not done."
        return await pages.done(self._console, request, _back(after), said, kind="attention")

    async def _decided(self, review: str) -> Record | None:
        of_it = Question(recipient=_whose(review).key.hex(), kinds=frozenset({RecordKind.REVIEWED}))
        part = await self._console.doors.reading.log(of_it, _READ)
        return next((one for one in part.records if one.details.get("review") == review), None)

    async def _page(
        self, request: Request, after: str, *, review: str = "", problems: Mapping[str, str] | None = None
    ) -> Response:
        """`review`: the one that a form was of which is shown again, if it still waits first."""
        try:
            found, more = await self._reviewing.waiting(_SHOWN, after)
        except NotFound:
            found, more = await self._reviewing.waiting(_SHOWN)
        known = names(self._console)
        shown = [view(one, known) for one in found]
        if review:  # the same again, wherever it stands
            shown.sort(key=lambda one: one.id != review)
        typed = None
        if problems:
            typed = forms.shown_again(f"{PATH}/{review}", form_of(request), problems)
        behind = await self._behind(after) if found else ""
        return pages.page(
            request,
            "reviews.html",
            422 if problems else 200,
            typed=typed,
            one=shown[0] if shown else None,
            waiting=shown[1:],
            more=bool(more),
            after=after,
            behind=f"{PATH}?after={behind}" if behind else "",
            once=secrets.token_hex(8),
        )

    async def _behind(self, after: str) -> str:
        """The place behind the one that is shown: for who leaves it to others."""
        try:
            return (await self._reviewing.waiting(1, after))[1]
        except NotFound:
            return (await self._reviewing.waiting(1))[1]


def _whose(review: str) -> Recipient:
    key, _ = parse_handle(HANDLE, review)
    return Recipient(key, "")


def _made(before: Facts, after: Facts, actor: str) -> list[Suppression]:
    """Stops that were not there before."""
    known = {one.id for one in before.suppressions}
    return [one for one in after.suppressions if one.id not in known and one.actor == actor]


def _decision_of(record: Record) -> Decision | None:
    value = record.details.get("decision", "")
    return Decision(value) if value in set(Decision) else None


def _back(after: str) -> str:
    return PATH + (f"?after={after}" if after.replace(".", "").isalnum() else "")


def routes(console: Console) -> list[APIRouter]:
    desk, reviewing = console.doors.help_desk, console.doors.reviewing
    if desk is None or reviewing is None:
        return []
    queue, own = Queue(console, desk, reviewing), router(console, Permission.REVIEW)
    own.add_api_route("/reviews", queue.show, methods=["GET"])
    own.add_api_route("/reviews/{review}", queue.decide, methods=["POST"])
    return [own]
