"""Deciding what a recipient meant: the queue of what nobody understood for sure, and what each decision does.

A decision is claimed first, then carried out under ids made of the review's, then the pause ends and the review
goes. Whoever is killed between, says the same again and it is finished; nobody else's word counts any more.
"""

import hashlib
from collections.abc import Awaitable, Callable
from enum import StrEnum

from gateway.roads.changes import Changes
from suppression import stop_scopes
from suppression.decision import Reason
from suppression.errors import Conflict, NotFound
from suppression.opt_out_words import ScopeWord
from suppression.records import Record, RecordKind
from suppression.store import codec
from suppression.store.reviews import Review, Reviews
from suppression.store.store import Store


class Decision(StrEnum):
    STOP = "stop"  # what the plain word does on that channel
    STOP_MARKETING = "stop_marketing"
    STOP_EVERYTHING = "stop_everything"
    DELETE = "delete"  # everything stops now; the recipient must confirm that all shall be erased
    NO_STOP = "no_stop"
    CHANGE = "change"  # no stop: data is to be changed, and apps are told to see to it


AskErasure = Callable[[Review, str], Awaitable[bool]]
"""Asks the recipient whether all shall be erased; the second is the agent's name. False: they cannot be asked."""

WORDS = {  # what each comes to, as if it had been written clearly
    Decision.STOP: ScopeWord.CHANNEL,
    Decision.STOP_MARKETING: ScopeWord.MARKETING,
    Decision.STOP_EVERYTHING: ScopeWord.EVERYTHING,
    Decision.DELETE: ScopeWord.DELETE,
    Decision.NO_STOP: ScopeWord.CHANGE,
    Decision.CHANGE: ScopeWord.CHANGE,
}


class Decided(Conflict):
    peer_text = "this review was decided already"


class Reviewing:
    """The queue of one store. `ask_erasure`: of those who can be asked; for the others agents are told to see to it."""

    def __init__(
        self, store: Store, reviews: Reviews, changes: Changes, ask_erasure: AskErasure | None = None
    ) -> None:
        self._store = store
        self._reviews = reviews
        self._changes = changes
        self._ask_erasure = ask_erasure

    async def waiting(self, limit: int, after: str = "") -> tuple[list[Review], str]:
        """Oldest first, and where to go on, "" at the end. NotFound for a place that is none."""
        return await self._reviews.waiting(limit, after)

    async def decide(
        self, review_id: str, decision: Decision, *, note: str, actor: str, change_id: str | None
    ) -> None:
        """All that it means is stored when this returns. Decided, NotFound.

        `change_id`: of the call; a repeat of it is answered the same.
        """
        attempt = hashlib.sha256(f"{change_id or actor}|{note}".encode()).hexdigest()[:16]
        try:
            review = await self._reviews.claim(review_id, decision.value, attempt, actor)
        except Conflict:
            raise Decided("another decision") from None
        if review is None and change_id is None:
            raise Decided("a second decision")
        if review is not None:
            await self._carry_out(review, decision, note, actor)

    async def _carry_out(self, review: Review, decision: Decision, note: str, actor: str) -> None:
        wrote = review.wrote
        for place, scope in enumerate(stop_scopes.written(WORDS[decision], wrote.channel)):
            await self._changes.suppress(
                review.recipient,
                scope,
                reason=Reason.UNSUBSCRIBED,
                way=wrote.way,
                source=wrote.source,
                actor=actor,
                note=note or wrote.text,
                change_id=_id(review, place),
            )
        if decision is Decision.DELETE:
            await self._delete(review, actor)
        if decision is Decision.CHANGE:
            await self._request(review, "change", actor)
        pause = await self._reviews.pause(review)
        if pause is not None:
            await self._end_pause(review, pause, actor)
        await self._reviews.close(review)

    async def _end_pause(self, review: Review, pause: str, actor: str) -> None:
        try:
            await self._changes.end_pause(
                review.recipient, pause, actor=actor, change_id=_id(review, "pause")
            )
        except NotFound:
            return  # an erasure took it

    async def _delete(self, review: Review, actor: str) -> None:
        if self._ask_erasure is not None and await self._ask_erasure(review, actor):
            return
        await self._request(review, "erasure", actor)

    async def _request(self, review: Review, what: str, actor: str) -> None:
        """Logged, and so told to the apps that want to hear of it."""
        record = Record(
            RecordKind.REQUESTED,
            at=codec.milliseconds(self._store.now()),
            recipient=review.recipient.key.hex(),
            exact=review.recipient.exact,
            channel=review.wrote.channel.value,
            sender=review.wrote.sender,
            source=review.wrote.source,
            actor=actor,
            details={"what": what, "review": review.id},
        )
        key = review.recipient.key
        await self._store.log_record(key, record, self._store.client.stops, seen=_id(review, "requested"))


def _id(review: Review, part: object) -> str:
    return hashlib.sha256(f"decided|{review.id}|{part}".encode()).hexdigest()[:32]
