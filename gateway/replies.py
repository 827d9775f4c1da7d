"""What somebody writes to a sender's number, and what it does: stops, ends of stops, help, or a person must read it.

Webhook, catching up and sandbox all come here. Everything is done under ids made of the provider's id of the text:
the same text twice has one effect. `take` returns when what it means is stored, and never before (promise 3).
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from channels.sms.wording import help_reply, stop_confirmation
from channels.twilio.keywords import answered_by_twilio
from gateway.changes import Changes
from gateway.pipeline import Ask
from suppression import stop_scopes
from suppression.decision import Reason
from suppression.errors import NotFound
from suppression.model import App, Channel, Recipient, Sender, Suppression, Way, position
from suppression.opt_out_words import Reading, ScopeWord, Verdict, read
from suppression.outbox import Draft
from suppression.purposes import HELP, STOP_CONFIRMATION, Catalogue
from suppression.records import Record, RecordKind
from suppression.rules.access import CONFIRMED_WITHIN
from suppression.store import codec
from suppression.store.apply import SUPPRESSION_HANDLE, Applied
from suppression.store.keys import handle
from suppression.store.reviews import Erased, Reviews, Wrote
from suppression.store.store import Store

APP = "gateway"  # in whose name our own texts go; no app of the settings
KEPT = timedelta(days=8)  # a text is known again for that long: longer than catching up looks back
HELP_EVERY = 60  # seconds: one answer to HELP for each number
_EVIDENCE = 1_000  # characters of a text that are kept, sealed, with the stop that it was
_ENDS = frozenset({Way.SMS, Way.PROVIDER})

log = structlog.get_logger(__name__)

Accept = Callable[[Ask, Draft], Awaitable[object]]
"""`gateway.sending.Sending.accept`."""


@dataclass(frozen=True, slots=True)
class Received:
    """A text that came in. `recipient`: who wrote it, with the address; `to`: our number or service.

    id      the provider's
    sender  whose number it came to; None: of nobody that we know
    took    what the provider says that it took it for, and answered: "STOP", "START", "HELP", "" for nothing
    late    found afterwards: what was said since may be done already
    """

    id: str
    recipient: Recipient
    sender: Sender | None
    to: str
    text: str = field(repr=False)
    at: datetime
    took: str = ""
    late: bool = False

    @property
    def source(self) -> str:
        return source_of(self.sender)

    def change_id(self, *part: object) -> str:
        text = "|".join(("text", self.id, *map(str, part)))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def source_of(sender: Sender | None) -> str:
    """What a stop by text names as its source: a START to the same sender ends it."""
    return f"sms:{sender.name if sender else ''}"[:64]


def meaning(received: Received) -> Reading:
    """What we read in it, or the provider did, whichever stops more: it has words of its own in its settings."""
    language = received.sender.language if received.sender else None
    own = read(received.text, language=language)
    took = _TOOK.get(received.took.upper())
    if took is None or own.verdict in (Verdict.STOP, took):
        return own
    if own.verdict is Verdict.UNCLEAR and took is not Verdict.STOP:
        return own
    return Reading(took, ScopeWord.CHANNEL, "provider", own.language)


_TOOK: Mapping[str, Verdict] = {"STOP": Verdict.STOP, "START": Verdict.START, "HELP": Verdict.HELP}


class Replies:
    """Of all senders, on one store. `accept`: where our own answers are handed in."""

    def __init__(
        self,
        store: Store,
        changes: Changes,
        reviews: Reviews,
        accept: Accept,
        catalogue: Callable[[], Catalogue],
    ) -> None:
        self._store = store
        self._changes = changes
        self._reviews = reviews
        self._accept = accept
        self._catalogue = catalogue

    async def take(self, received: Received, made: set[str] | None = None) -> Verdict:
        """All that it means is stored when this returns. StoreUnavailable: then it is to be handed in again.

        `made`: orders of the stops that texts before it came to, where several are handed in late, one after
        another; those of this one are added.
        """
        made = set() if made is None else made
        reading = meaning(received)
        match reading.verdict:
            case Verdict.STOP:
                made |= await self._stop(received, reading)
            case Verdict.START:
                await self._start(received, reading, made)
            case Verdict.HELP:
                await self._log(received, reading)
                await self._help(received, reading)
            case Verdict.UNCLEAR:
                await self._review(received, reading)
            case Verdict.NONE:
                await self._log(received, reading)
        return reading.verdict

    async def _stop(self, received: Received, reading: Reading) -> set[str]:
        scopes = stop_scopes.written(reading.scope, Channel.SMS)
        done = [
            await self._changes.suppress(
                received.recipient,
                scope,
                reason=Reason.UNSUBSCRIBED,
                way=Way.SMS,
                source=received.source,
                actor="recipient",
                note=f"text {received.id}: {received.text[:_EVIDENCE]}",
                change_id=received.change_id("stop", place),
                kept=KEPT,
            )
            for place, scope in enumerate(scopes)
        ]
        if reading.scope is ScopeWord.DELETE:
            await self._review(received, reading)  # who erases must be sure that it was they who wrote
        await self._confirm(received, reading, done)
        return {applied.entry.order for applied in done}

    async def _confirm(self, received: Received, reading: Reading, done: list[Applied]) -> None:
        """The one text after a stop. RULES 2.1, (a)(12): once, within five minutes or not at all."""
        new = next((applied.entry for applied in done if applied.created), None)
        deadline = received.at + CONFIRMED_WITHIN
        sender = received.sender
        if new is None or sender is None or self._answered(received) or deadline <= self._store.now():
            return
        text = stop_confirmation(reading.language, sender.title, sender.support_phone)
        number = received.change_id("confirmation")
        await self._answer(received, STOP_CONFIRMATION, text, number, new.id, deadline)

    async def _help(self, received: Received, reading: Reading) -> None:
        deadline = received.at + CONFIRMED_WITHIN
        sender = received.sender
        if sender is None or self._answered(received) or deadline <= self._store.now():
            return
        text = help_reply(reading.language, sender.title, sender.support_phone)
        turn = int(received.at.timestamp()) // HELP_EVERY
        number = hashlib.sha256(f"help|{sender.name}|{turn}".encode()).hexdigest()
        await self._answer(received, HELP, text, number, received.id, deadline)

    def _answered(self, received: Received) -> bool:
        """By the provider; or nobody can, since the sender sends no texts. What it said is not told afterwards."""
        settings = received.sender.texts if received.sender else None
        if settings is None or (received.late and settings.opt_out == "advanced"):
            return True
        return answered_by_twilio(received.text, settings.opt_out, received.took)

    async def _answer(
        self, received: Received, purpose: str, text: str, number: str, answers: str, deadline: datetime
    ) -> None:
        if received.sender is None or received.recipient.address is None:
            return
        ask = Ask(
            App(APP, received.sender.name),
            Channel.SMS,
            self._catalogue().find(purpose),
            received.recipient.address,
            system=True,
            answers=answers,
        )
        draft = Draft(
            number=bytes.fromhex(number[:16]),
            content={"body": text, **self._from(received)},
            deadline=deadline,
            answers=answers,
        )
        await self._accept(ask, draft)

    def _from(self, received: Received) -> dict[str, str]:
        """The number that was written to answers, where it is known."""
        settings = received.sender.texts if received.sender else None
        known = settings is not None and received.to in settings.numbers
        return {"from": received.to} if known else {}

    async def _start(self, received: Received, reading: Reading, made: set[str]) -> None:
        """Ends the stops that came by text to this sender, and no others; it is no consent."""
        facts = await self._store.facts(received.recipient, self._store.client.stops)
        ended = [entry for entry in facts.suppressions if _ended_by(entry, received, made)]
        for entry in ended:
            try:
                await self._changes.lift(
                    handle(SUPPRESSION_HANDLE, received.recipient.key, entry.id),
                    actor="recipient",
                    reason="START by text",
                    evidence={"text": received.id},
                    order=entry.order,
                    change_id=received.change_id("start", entry.id),
                )
            except NotFound:
                continue  # ended, or said anew since it was read: the later word holds
        await self._log(received, reading)

    async def _review(self, received: Received, reading: Reading) -> None:
        wrote = Wrote(
            channel=Channel.SMS,
            sender=received.sender.name if received.sender else "",
            text=received.text,
            at=received.at,
            way=Way.SMS,
            source=received.source,
            message=received.id,
            to=received.to,
            suggestion=_told(reading),
            paused=stop_scopes.paused(Channel.SMS),
        )
        try:
            review = await self._reviews.open(
                received.recipient, wrote, received.change_id("review"), KEPT.total_seconds()
            )
        except Erased:
            review = None
        kind = RecordKind.REVIEW_OPENED if review else RecordKind.RECEIVED
        await self._log(received, reading, kind, {"review": review} if review else {})

    async def _log(
        self,
        received: Received,
        reading: Reading,
        kind: RecordKind = RecordKind.RECEIVED,
        more: Mapping[str, str] | None = None,
    ) -> None:
        """That it came and what it was taken for; never its words."""
        record = Record(
            kind,
            at=codec.milliseconds(self._store.now()),
            recipient=received.recipient.key.hex(),
            exact=received.recipient.exact,
            channel=Channel.SMS.value,
            sender=received.sender.name if received.sender else "",
            way=Way.SMS.value,
            source=received.source,
            actor="recipient",
            details={**_told(reading), "message": received.id, **(more or {})},
        )
        seen = received.change_id("log")
        await self._store.log_record(received.recipient.key, record, self._store.client.stops, seen=seen)


def _ended_by(entry: Suppression, received: Received, made: set[str]) -> bool:
    """A START that comes late ends nothing that was stored after it was said, but what came late itself before it."""
    before = position(entry.order)[0] < codec.milliseconds(received.at) or entry.order in made
    return (
        entry.reason is Reason.UNSUBSCRIBED
        and entry.way in _ENDS
        and received.sender is not None
        and entry.source == received.source
        and (before or not received.late)
    )


def _told(reading: Reading) -> dict[str, str]:
    told = {
        "verdict": reading.verdict.value,
        "scope": reading.scope.value,
        "rule": reading.rule,
        "language": reading.language,
    }
    return {name: value for name, value in told.items() if value}
