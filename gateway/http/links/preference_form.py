"""`POST /u/{token}/preferences`: what a recipient chose. Tightening holds at once; loosening asks their own address.

Whoever holds the link may stop things with it. To get more, to see data or have it deleted takes the page itself,
opened within the hour (its form token), and the recipient's word from the mail that this sends.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from starlette.requests import Request
from starlette.responses import Response

from gateway import phrases
from gateway.confirmations.confirming import AskedAlready, Barred
from gateway.confirmations.wishes import Kind, Wish
from gateway.http.doors import Doors, Link
from gateway.http.links import evidence, form_token, undo
from gateway.http.links.click import Fields, value_of, whole_form
from gateway.http.links.preferences import (
    PAUSE,
    Difference,
    Known,
    Preferences,
    all_marketing,
    difference,
    preferences,
    reachable,
)
from gateway.http.pages import page, reader
from gateway.languages import Words, marked
from suppression.decision import Reason
from suppression.errors import InvalidToken, Unavailable
from suppression.model import Channel, Scope, Sender, Way

log = structlog.get_logger(__name__)

SOURCE = "preferences"
ACTOR = "recipient"
PAUSES = {"pause-30": 30, "pause-90": 90}
_REQUESTS = {"export": Kind.EXPORT, "erase": Kind.ERASURE}
_REPEATED = ("do", "form", "row", "on")  # of the fields: what a page that did not work sends again


_NOT_ASKED = {
    Barred: (409, marked("What is recorded about your address stands against it. Please ask {sender}.")),
    AskedAlready: (
        409,
        marked(
            "We sent a question to your address a short time ago. "
            "Please use the link in that mail, or try again in a week."
        ),
    ),
    Unavailable: (
        503,
        marked("We could not send the mail that we need for it just now. Please try again later."),
    ),
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One request to a link's page."""

    request: Request
    token: str
    link: Link
    sender: Sender
    words: Words
    known: Known
    shown: Preferences


@dataclass(slots=True)
class Outcome:
    """What came of a form, in sentences."""

    stopped: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    undos: list[undo.Undo] = field(default_factory=list)
    status: int = 200


class Form:
    """One process's handler of the form."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def visit(self, request: Request, token: str, link: Link, words: Words | None = None) -> Visit:
        """What the page shows now. StoreUnavailable."""
        sender = self._doors.senders[link.sender]
        known = await self._known(link)
        words = words or reader(request, sender, known.facts.language)
        apps = self._doors.apps.values()
        shown = preferences(words, link, sender, apps, self._doors.catalogue(), known)
        return Visit(request, token, link, sender, words, known, shown)

    async def _known(self, link: Link) -> Known:
        facts = await self._doors.reading.facts(link.recipient)
        address = await self._doors.address(link.recipient.key)
        exacts = {consent.exact for consent in facts.consents}
        if address is not None:
            exacts.add(self._doors.recipient(address).exact)
        return Known(facts, link.recipient.key, address, frozenset(exacts), self._doors.clock())

    def form_value(self, token: str) -> str:
        return form_token.sign(self._doors.form_key, token, self._doors.clock())

    async def save(self, request: Request, token: str, link: Link) -> Response:
        """Stops first: they hold even where what was asked for beside them cannot be had."""
        fields = await whole_form(request, self._doors.patience)
        try:
            visit = await self.visit(request, token, link)
            outcome = self._not_whole(visit) if fields is None else await self._done(visit, fields)
        except Unavailable as error:
            return self._not_saved(error, request, token, link, fields or [])
        value = (
            undo.sign(self._doors.form_key, token, outcome.undos, self._doors.clock())
            if outcome.undos
            else None
        )
        return page(
            "saved.html",
            outcome.status,
            words=visit.words,
            sender=visit.sender,
            token=token,
            outcome=outcome,
            masked=visit.shown.masked,
            by_text=visit.link.channel in (Channel.SMS, Channel.VOICE),
            undo=value,
        )

    async def _done(self, visit: Visit, fields: Fields) -> Outcome:
        outcome, what = Outcome(), value_of(fields, "do") or "save"
        if what == "save":
            listed = [value for name, value in fields if name == "row"]
            ticked = [value for name, value in fields if name == "on"]
            await self._save(visit, difference(visit.shown, listed, ticked), fields, outcome)
        elif what in PAUSES:
            await self._pause(visit, PAUSES[what], outcome)
        elif what in _REQUESTS:
            await self._ask(visit, _REQUESTS[what], (), fields, outcome)
        else:
            await self._stop_more(visit, what, outcome)
        return outcome

    def _not_whole(self, visit: Visit) -> Outcome:
        """What its end would have stopped, nobody knows: that all is as it was chosen would be a false success."""
        outcome, words = Outcome(), visit.words
        self._problem(
            outcome,
            400,
            words("Your choice did not reach us whole. Open the page again and choose once more."),
        )
        return outcome

    async def _save(self, visit: Visit, change: Difference, fields: Fields, outcome: Outcome) -> None:
        for row in change.stop:
            [said] = phrases.scopes(visit.words, self._doors.catalogue(), [row.scope], visit.sender.title)
            await self._suppress(visit, row.scope, SOURCE, said, outcome)
        if change.ask:
            await self._ask(visit, Kind.CONSENT, [row.scope for row in change.ask], fields, outcome)

    async def _pause(self, visit: Visit, days: int, outcome: Outcome) -> None:
        until = self._doors.clock() + timedelta(days=days)
        what = phrases.all_marketing(visit.words, None, visit.sender.title)
        said = visit.words("{what}, until {day}", what=what, day=visit.words.date(until.date()))
        await self._suppress(
            visit, all_marketing(visit.link, reachable(visit.link)), PAUSE, said, outcome, days
        )

    async def _stop_more(self, visit: Visit, what: str, outcome: Outcome) -> None:
        if what == "stop-everything":
            await self._suppress(
                visit, Scope(), SOURCE, visit.words("all messages that come by this service"), outcome
            )
        elif what == "stop-marketing":
            said = phrases.all_marketing(visit.words, None, visit.sender.title)
            await self._suppress(visit, all_marketing(visit.link), SOURCE, said, outcome)

    async def _suppress(
        self, visit: Visit, scope: Scope, source: str, said: str, outcome: Outcome, days: int = 0
    ) -> None:
        applied = await self._doors.changes.suppress(
            visit.link.recipient,
            scope,
            reason=Reason.UNSUBSCRIBED,
            way=Way.PREFERENCES,
            source=source,
            actor=ACTOR,
            until=self._doors.clock() + timedelta(days=days) if days else None,
        )
        outcome.stopped.append(said)
        if applied.created:
            outcome.undos.append(undo.Undo(applied.handle, applied.entry.order))

    async def _ask(
        self, visit: Visit, kind: Kind, scopes: Sequence[Scope], fields: Fields, outcome: Outcome
    ) -> None:
        """A question to the recipient's own address; in the outcome what came of it."""
        words, address = visit.words, visit.known.address
        try:
            form_token.verify(
                self._doors.form_key, visit.token, value_of(fields, "form"), self._doors.clock()
            )
        except InvalidToken:
            self._problem(
                outcome, 409, words("This page was opened too long ago. Open it again and choose once more.")
            )
            return
        if address is None or not visit.shown.can_ask:
            self._problem(outcome, 409, _no_address(visit))
            return
        wish = Wish(
            kind=kind,
            sender=visit.sender.name,
            source=SOURCE,
            actor=ACTOR,
            asked=self._doors.clock(),
            evidence=evidence.of(visit.request, self._doors.clock(), "asked"),
            scopes=tuple(scopes),
            language=words.language,
        )
        await self._put(visit, wish, outcome)

    async def _put(self, visit: Visit, wish: Wish, outcome: Outcome) -> None:
        words, address = visit.words, visit.known.address
        if address is None:
            raise ValueError("a question goes to an address")
        try:
            await self._doors.confirmations.ask(self._doors.recipient(address), wish, visit.link.app)
        except (Barred, AskedAlready, Unavailable) as error:
            log.info("question_not_sent", error=type(error).__name__)
            status, said = next(told for kind, told in _NOT_ASKED.items() if isinstance(error, kind))
            self._problem(outcome, status, words(said, sender=visit.sender.title))
        else:
            lines = phrases.scopes(words, self._doors.catalogue(), wish.scopes, visit.sender.title)
            outcome.asked += lines or [_asked_for(words, wish.kind)]

    def _problem(self, outcome: Outcome, status: int, said: str) -> None:
        outcome.problems.append(said)
        outcome.status = outcome.status if outcome.stopped else status

    def _not_saved(
        self, error: Unavailable, request: Request, token: str, link: Link, fields: Fields
    ) -> Response:
        """Never a false success: this page says that it did not work, and sends the same once more."""
        log.warning("preferences_not_stored", error=type(error).__name__)
        sender = self._doors.senders[link.sender]
        return page(
            "not_saved.html",
            503,
            words=reader(request, sender),
            headers={"Retry-After": str(error.retry_after)},
            sender=sender,
            token=token,
            fields=[(name, value) for name, value in fields if name in _REPEATED],
        )


def _no_address(visit: Visit) -> str:
    if visit.known.address is None:
        return visit.words(
            "We keep no address that we could send a question to. Please sign up with {sender} again, or ask them.",
            sender=visit.sender.title,
        )
    return visit.words(
        "For phone numbers this is not possible here. Please ask {sender}.", sender=visit.sender.title
    )


def _asked_for(words: Words, kind: Kind) -> str:
    return words("A copy of your data") if kind is Kind.EXPORT else words("Deletion of your data")
