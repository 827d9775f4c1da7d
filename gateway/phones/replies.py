"""What somebody writes to a sender's number, and what it does: stops, ends of stops, help, or a person must read it.

Webhook, catching up and sandbox all come here. Everything is done under ids made of the provider's id of the text:
the same text twice has one effect. `take` returns when what it means is stored, and never before (promise 3).
"""

from collections.abc import Mapping
from datetime import timedelta

import structlog

from gateway.phones.text_answers import Received, TextAnswers
from gateway.roads.changes import Changes
from suppression import stop_scopes
from suppression.decision import Reason
from suppression.errors import NotFound
from suppression.model import Channel, Suppression, Way, position
from suppression.opt_out_words import Reading, ScopeWord, Verdict, read
from suppression.records import Record, RecordKind
from suppression.store import codec
from suppression.store.apply import SUPPRESSION_HANDLE
from suppression.store.keys import handle
from suppression.store.reviews import Erased, Reviews, Wrote
from suppression.store.store import Store

KEPT = timedelta(days=8)  # a text is known again for that long: longer than catching up looks back
_EVIDENCE = 1_000  # characters of a text that are kept, sealed, with the stop that it was
_ENDS = frozenset({Way.SMS, Way.PROVIDER})

log = structlog.get_logger(__name__)


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
    """Of all senders, on one store. `answers`: our own texts."""

    def __init__(self, store: Store, changes: Changes, reviews: Reviews, answers: TextAnswers) -> None:
        self._store = store
        self._changes = changes
        self._reviews = reviews
        self._answers = answers

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
                await self._answers.help(received, reading.language)
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
        await self._answers.confirm(received, reading.language, done)
        return {applied.entry.order for applied in done}

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
            suggestion=reading.told,
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
            details={**reading.told, "message": received.id, **(more or {})},
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
