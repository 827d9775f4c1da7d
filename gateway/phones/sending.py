"""The road of texts and calls: accepted durably, decided again when they are due, and how they ended.

It knows neither HTTP nor any carrier: fronts put drafts in, dispatchers take Permits out.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from channels.carrier import Outcome, Postponed, Rejected, Sent, Unknown
from channels.twilio.outcomes import Effect
from gateway import logs
from gateway.metrics import observed
from gateway.roads.pipeline import Ask, Pipeline
from suppression.decision import Defer, Reason, Refuse, Send
from suppression.errors import StoreUnavailable, UnknownPurpose
from suppression.limits import counted_as
from suppression.model import App, Channel, Facts, Recipient, Request
from suppression.outbox import MOST_WAITING, Accepted, Draft, Entry, State
from suppression.records import Record, RecordKind, without_addresses
from suppression.rules.hours import NAME as HOURS
from suppression.rules.hours import open_until
from suppression.store import codec
from suppression.store.describe import decided
from suppression.store.each import each
from suppression.store.entry_codec import entry_id
from suppression.store.hand_over import Moved
from suppression.store.outbox import Outbox
from suppression.store.permit import Permit
from suppression.store.transitions import REPORTED_WITHIN, Lost, Move

MOST_ATTEMPTS = 10
GIVEN_UP_AFTER = timedelta(minutes=15)  # DESIGN "Texts": what was submitted and never answered for
_TRIES = 20
_ON_ITS_WAY = timedelta(seconds=60)  # what is submitted with less left would arrive when the hours are over
_LONGEST_ON_ITS_WAY = timedelta(hours=10)  # Twilio keeps nothing for longer
_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 900.0  # seconds before a next attempt
_SOFT_PAUSE = 900.0  # RULES 2.3: a recipient who cannot be reached now is tried once more, later


class Sending:
    """Texts and calls on one pipeline and its store. `apps`: those of the settings, by name."""

    def __init__(self, pipeline: Pipeline, outbox: Outbox, apps: Mapping[str, App]) -> None:
        self.pipeline = pipeline
        self.outbox = outbox
        self._apps = dict(apps)

    # In.

    async def accept(
        self, ask: Ask, draft: Draft, facts: Facts | None = None, recipient: Recipient | None = None
    ) -> Accepted:
        """Decide for when it is due; keep it durably, or log the refusal. The same answer to every repeat."""
        with observed.deciding(ask.channel.value):
            accepted = await self._accept(
                ask, draft, facts, recipient or self.pipeline.recipient(ask.address)
            )
        logs.access("message_accepted", message=accepted.id, outcome=accepted.outcome)
        return accepted

    async def _accept(self, ask: Ask, draft: Draft, facts: Facts | None, recipient: Recipient) -> Accepted:
        message = entry_id(recipient.key, draft.number)
        counted = counted_as(message)
        for _ in range(_TRIES):
            decision, request, facts = await self.pipeline.decide(
                ask, facts, at=draft.due, message=counted, recipient=recipient
            )
            if isinstance(decision, Send | Defer) and facts.waiting >= MOST_WAITING:
                decision = Refuse(Reason.CAPPED, "outbox")
            if isinstance(decision, Refuse):
                answer = await self.outbox.refuse(request, decision, facts, draft, message)
            else:
                answer = await self.outbox.put(request, decision, facts, draft, message)
            if not isinstance(answer, Moved):
                return answer
            facts = answer.facts
        raise StoreUnavailable("a recipient kept changing")

    async def accept_many(self, asked: Sequence[tuple[Ask, Draft]]) -> list[Accepted]:
        """Each as `accept`, in order; facts are read together, and a recipient's own drafts go one by one."""
        recipients = [self.pipeline.recipient(ask.address) for ask, _ in asked]
        known = await self.pipeline.facts_of_many(recipients)
        of_recipient: dict[bytes, list[int]] = {}
        for place, recipient in enumerate(recipients):
            of_recipient.setdefault(recipient.key, []).append(place)
        answers: dict[int, Accepted] = {}

        async def in_order(places: Sequence[int]) -> None:
            for place in places:
                answers[place] = await self.accept(*asked[place], known[place], recipients[place])

        await each(of_recipient.values(), in_order)
        return [answers[place] for place in range(len(asked))]

    # Out.

    async def submit(self, entry: Entry, lease: float) -> Permit | None:
        """Decide again, and commit. None: it is not to be sent now (refused, deferred, too late, or another's)."""
        try:
            with observed.deciding(entry.channel.value):
                return await self._submit(entry, lease)
        except Lost:
            return None

    async def _submit(self, entry: Entry, lease: float) -> Permit | None:
        if entry.deadline is not None and self.pipeline.store.now() > entry.deadline:
            await self._end(entry, State.CANCELLED, RecordKind.CANCELLED, "too_late")
            return None
        ask = self._ask(entry)
        if ask is None:
            await self._end(entry, State.REFUSED, RecordKind.CANCELLED, Reason.NOT_PERMITTED.value)
            return None
        facts: Facts | None = None
        for _ in range(_TRIES):
            decision, request, facts = await self.pipeline.decide(
                ask, facts, message=counted_as(entry.id), recipient=entry.recipient
            )
            if not isinstance(decision, Send):
                await self._put_off(entry, request, decision, facts)
                return None
            closes = open_until(request, facts, self.pipeline.catalogue, _LONGEST_ON_ITS_WAY)
            if closes is not None and closes - request.at < _ON_ITS_WAY:
                late = Defer(Reason.OUTSIDE_HOURS, closes, HOURS)
                await self._put_off(entry, request, late, facts)
                return None
            caps = self.pipeline.caps(request)
            answer = await self.outbox.submit(request, decision, facts, entry, caps=caps, lease=lease)
            if not isinstance(answer, Moved):
                answer.open_until = closes
                return answer
            facts = answer.facts
        raise StoreUnavailable("a recipient kept changing")

    async def _put_off(self, entry: Entry, request: Request, decision: Refuse | Defer, facts: Facts) -> None:
        record = decided(RecordKind.DECIDED, request, decision, facts.generation, message=entry.id)
        if isinstance(decision, Defer):
            await self.outbox.release(entry, decision.until, record)
        else:
            reason = {"y": decision.reason.value}
            await self.outbox.move(entry, Move(State.REFUSED, record, reason, forget=True))

    def _ask(self, entry: Entry) -> Ask | None:
        """What the app asked. None when settings have its app no more, or its purpose."""
        address = entry.recipient.address
        app = App(entry.app, entry.sender) if entry.system else self._apps.get(entry.app)
        if address is None or app is None or app.sender != entry.sender:
            return None
        try:
            purpose = self.pipeline.catalogue.find(entry.purpose)
        except UnknownPurpose:
            return None
        return Ask(app, entry.channel, purpose, address, system=entry.system, answers=entry.answers)

    async def _end(self, entry: Entry, state: State, kind: RecordKind, reason: str) -> None:
        record = self.outbox.record(entry, kind, reason=reason)
        await self.outbox.move(entry, Move(state, record, {"y": reason}, forget=True))

    # How it ended.

    async def settle(self, entry: Entry, permit: Permit, outcome: Outcome) -> Entry:
        """Log what the next hop said. What it may have taken stays `submitting`, to be found out."""
        submitted = replace(
            entry,
            state=State.SUBMITTING,
            revision=entry.revision + 1,
            attempts=entry.attempts + 1,
            hand_over=permit.decision_id,
        )
        move = self._settled(submitted, permit, outcome)
        if move is None:
            return submitted
        try:
            await self.outbox.move(submitted, move)  # without reading it: most are as they were submitted
        except Lost:
            return await self._settle_moved(entry, permit, outcome)
        return replace(
            submitted,
            state=move.state,
            revision=submitted.revision + 1,
            due=move.due or entry.due,
            content=None if move.forget else entry.content,
            reason=str(move.fields.get("y", entry.reason)),
        )

    async def _settle_moved(self, entry: Entry, permit: Permit, outcome: Outcome) -> Entry:
        def plan(now: Entry) -> Move | None:
            if now.hand_over != permit.decision_id or now.state is not State.SUBMITTING:
                return None  # a report came first, or it was found
            return self._settled(now, permit, outcome)

        return await self.outbox.again(entry.id, plan, self.pipeline.store.client.sends)

    def _settled(self, entry: Entry, permit: Permit, outcome: Outcome) -> Move | None:
        match outcome:
            case Sent():
                return self._sent(entry, outcome.reference, without_addresses(outcome.text))
            case Unknown():
                return None
            case Rejected():
                return self._rejected(entry, permit, outcome)
            case Postponed():
                return self._postponed(entry, permit, outcome)

    def _rejected(self, entry: Entry, permit: Permit, outcome: Rejected | Postponed) -> Move:
        record = self._said(entry, RecordKind.REJECTED, outcome)
        return Move(State.FAILED, record, {"y": str(outcome.code)}, forget=True, freed=permit.caps)

    def _sent(self, entry: Entry, reference: str, text: str, claims: str = "") -> Move:
        record = replace(
            self.outbox.record(entry, RecordKind.SENT, text=text), details={"reference": reference}
        )
        fields = {"i": reference} | ({"u": "1"} if claims else {})
        if entry.channel is not Channel.VOICE:
            return Move(State.SENT, record, fields, forget=True, claims=claims)
        if entry.cancel:
            return Move(State.CANCELLING, record, fields, lease=0, claims=claims)
        return Move(State.SENT, record, fields, lease=REPORTED_WITHIN.total_seconds(), claims=claims)

    def _postponed(self, entry: Entry, permit: Permit, outcome: Postponed) -> Move:
        if entry.cancel:
            record = self._said(entry, RecordKind.CANCELLED, outcome)
            return Move(State.CANCELLED, record, {"y": "stopped"}, forget=True, freed=permit.caps)
        soft = outcome.status == Effect.SOFT
        if soft and entry.attempts > 1:
            return self._rejected(entry, permit, outcome)
        if entry.attempts >= MOST_ATTEMPTS:
            record = self._said(entry, RecordKind.DEAD, outcome)
            return Move(State.DEAD, record, {"y": str(outcome.code)}, freed=permit.caps)
        record = self._said(entry, RecordKind.POSTPONED, outcome)
        pause = _SOFT_PAUSE if soft else _pause(entry.attempts)
        due = self.pipeline.store.now() + timedelta(seconds=pause)
        fields = {"d": codec.milliseconds(due)}
        return Move(State.WAITING, record, fields, due=due, freed=permit.caps)

    def _said(self, entry: Entry, kind: RecordKind, outcome: Rejected | Postponed) -> Record:
        text = without_addresses(outcome.text)
        return replace(self.outbox.record(entry, kind, text=text, code=outcome.code), status=outcome.status)

    async def found(self, entry: Entry, reference: str) -> bool:
        """A look-up found the lost answer. False when that is another entry's, or this one was settled meanwhile."""
        move = self._sent(entry, reference, "found at the next hop", claims=reference)
        try:
            await self.outbox.move(entry, move)
        except Lost:
            return False
        return True

    async def give_up(self, entry: Entry) -> bool:
        """It may have been sent and nobody can say: for agents, never again by itself. False: settled meanwhile.

        What a stop or an erasure came for meanwhile leaves nothing that could be sent.
        """
        record = self.outbox.record(entry, RecordKind.UNKNOWN, text="its answer was lost and was not found")
        try:
            await self.outbox.move(entry, Move(State.UNKNOWN, record, forget=entry.cancel))
        except Lost:
            return False
        return True

    async def cancelled_at_hop(self, entry: Entry, *, done: bool, text: str = "") -> None:
        """A call that a stop came for: the next hop cancelled it, or it was too late for that: then it was sent,
        as its log says already.
        """
        text = without_addresses(text)
        cancelled = self.outbox.record(entry, RecordKind.CANCELLED, text=text, reason="stopped")
        record = cancelled if done else None
        try:
            await self.outbox.move(entry, Move(State.CANCELLED if done else State.SENT, record, forget=True))
        except Lost:
            return


def _pause(attempts: int) -> float:
    """Exponential, with jitter: many that failed together do not come back together."""
    pause: float = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** max(0, attempts - 1))
    return pause * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
