"""From an app's request to a Permit or a refusal: the one road that all fronts and the dispatcher take.

facts -> decide -> commit, and again while the recipient moves. The caller hands over on the Permit and settles.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from channels.carrier import Outcome, Postponed, Rejected, Sent, Unknown
from gateway.archive.history import History
from gateway.metrics import observed
from suppression import policy
from suppression.address import Address
from suppression.decision import Decision, Defer, Reason, Refuse, RuleVerdict, Send
from suppression.errors import StoreUnavailable
from suppression.limits import Cap, Limits, counted_as
from suppression.model import MINIMUM_AGE, App, Channel, Facts, Recipient, Request, Sender
from suppression.purposes import Catalogue, Purpose
from suppression.records import Record, RecordKind, without_addresses
from suppression.rules.caps import capping
from suppression.store import codec
from suppression.store.hand_over import REMEMBERED_LONG, HandOver, InProgress, Moved, Settled
from suppression.store.permit import Permit
from suppression.store.store import Store

_TRIES = 20  # decisions on a recipient that keeps moving, before we say "we cannot now"
_WAITABLE = timedelta(hours=4)  # DESIGN "Mail": a sender may be told to try again for that long


@dataclass(frozen=True, slots=True)
class Ask:
    """What a front asks: one app wanting to reach one address. `system`: the gateway itself asks (a DSN).

    answers  of the gateway's own text: id of the entry (of a stop), or of the message, that it answers
    """

    app: App
    channel: Channel
    purpose: Purpose
    address: Address
    legal_notice: str = ""
    system: bool = False
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Not now, or not at all; logged under `decision_id`."""

    decision: Refuse | Defer
    decision_id: str
    at: datetime

    @property
    def waitable(self) -> bool:
        """Whether it opens so soon that a mail's sender may simply try again."""
        return isinstance(self.decision, Defer) and self.decision.until - self.at <= _WAITABLE


class Decided(NamedTuple):
    """A decision with the id and time of its record."""

    decision: Decision
    decision_id: str
    at: datetime


class Pipeline:
    """One process's road from requests to Permits, on one store. `history`: of its log."""

    def __init__(
        self,
        store: Store,
        catalogue: Catalogue,
        senders: Mapping[str, Sender],
        history: History | None = None,
    ) -> None:
        self.store = store
        self.history = history or History(store.log)
        self.catalogue = catalogue
        self._senders = dict(senders)

    def recipient(self, address: Address) -> Recipient:
        return self.store.keyring.recipient(address)

    async def peek(self, ask: Ask) -> Refused | None:
        """What would be decided now: a refusal is logged, a Send is nothing yet (None). No Permit comes of it."""
        decision, request, facts = await self.decide(ask, message=None)
        if isinstance(decision, Send):
            return None
        return await self._refused(request, decision, facts)

    async def refuse(self, ask: Ask, refusal: Refuse, details: Mapping[str, str]) -> Refused:
        """For what only a front can see to be not permitted: logged like any refusal."""
        request = self._request(ask, self.recipient(ask.address))
        record_id = await self.store.record(request, refusal, self.catalogue.generation, details)
        return Refused(refusal, record_id, request.at)

    async def permit(self, ask: Ask, hand_over: HandOver) -> Permit | Refused | InProgress | Settled:
        """Decide, and commit a Send; decide again when something changed in between."""
        with observed.deciding(ask.channel.value):
            return await self._permit(ask, hand_over)

    async def _permit(self, ask: Ask, hand_over: HandOver) -> Permit | Refused | InProgress | Settled:
        facts: Facts | None = None
        for _ in range(_TRIES):
            decision, request, facts = await self.decide(ask, facts, message=counted_as(hand_over.id))
            if not isinstance(decision, Send):
                return await self._refused(request, decision, facts)
            answer = await self.store.commit(request, decision, facts, hand_over, self.caps(request))
            if not isinstance(answer, Moved):
                return answer
            facts = answer.facts
        raise StoreUnavailable("a recipient kept changing")

    async def settle(self, ask: Ask, permit: Permit, hand_over: HandOver, outcome: Outcome) -> None:
        """Log how a hand-over ended. A copy that was sent or rejected is not sent again on a resend."""
        record = self._outcome(ask, hand_over, outcome)
        keep = 0.0 if record.kind is RecordKind.POSTPONED else hand_over.kept
        await self.store.settle(permit, hand_over, record, keep)

    async def remember(self, ask: Ask, hand_over: HandOver) -> None:
        """The message as a whole will come again: this settled copy must be recognised then, for 7 days."""
        if hand_over.remembers:
            await self.store.remember(self.recipient(ask.address), hand_over, REMEMBERED_LONG)

    async def forget(self, ask: Ask, hand_over: HandOver) -> None:
        """The app was told for good that this copy was rejected: sending it again is a new message."""
        await self.store.remember(self.recipient(ask.address), hand_over, 0)

    async def list_message(self, message: str, decision_ids: Iterable[str]) -> None:
        """Let a message of several copies be found by its own id."""
        await self.store.log.list_message(message, list(decision_ids), REMEMBERED_LONG)

    async def decide_and_record(self, ask: Ask, *, change_id: str | None = None) -> Decided:
        """For an app that sends elsewhere. A `change_id` seen before gets the decision that was made then."""
        with observed.deciding(ask.channel.value):
            return await self._decide_and_record(ask, change_id)

    async def _decide_and_record(self, ask: Ask, change_id: str | None) -> Decided:
        facts: Facts | None = None
        message = counted_as(change_id) if change_id else ""
        for _ in range(_TRIES):
            decision, request, facts = await self.decide(ask, facts, message=message)
            answer = await self.store.commit_check(request, decision, facts, change_id, self.caps(request))
            if not isinstance(answer, Moved):
                if change_id is None:
                    return Decided(decision, answer, request.at)
                return _as_decided(await self.history.find(answer))
            facts = answer.facts
        raise StoreUnavailable("a recipient kept changing")

    async def would(self, ask: Ask, at: datetime | None = None) -> Decision:
        """What would be decided (at another time): nothing is logged, and it is no permission."""
        decision, _, _ = await self.decide(ask, at=at)
        return decision

    async def would_each(
        self, app: App, channel: Channel, purpose: Purpose, recipients: Sequence[Recipient]
    ) -> list[Decision]:
        """What would be decided of each, read in one round trip: nothing is logged, and it is no permission."""
        known = await self.facts_of_many(recipients)
        at, purpose = self.store.now(), self.catalogue.find(purpose.path)
        asking = partial(Request, app, channel, purpose, at=at, minimum_age=self._minimum_age(app))
        return [
            policy.decide(asking(recipient), facts, self.catalogue)
            for recipient, facts in zip(recipients, known, strict=True)
        ]

    async def explain(self, ask: Ask, at: datetime | None = None) -> tuple[Decision, tuple[RuleVerdict, ...]]:
        """The decision with every rule's verdict."""
        recipient = self.recipient(ask.address)
        facts = await self._facts(recipient)
        return policy.explain(self._request(ask, recipient, at), facts, self.catalogue)

    async def decide(
        self,
        ask: Ask,
        facts: Facts | None = None,
        at: datetime | None = None,
        message: str | None = "",
        recipient: Recipient | None = None,
    ) -> tuple[Decision, Request, Facts]:
        """The decision alone, on these facts if they are still by the catalogue in force."""
        recipient = recipient or self.recipient(ask.address)
        if facts is None or facts.generation != self.catalogue.generation:
            facts = await self._facts(recipient)
        request = self._request(ask, recipient, at, message)
        return policy.decide(request, facts, self.catalogue), request, facts

    async def _facts(self, recipient: Recipient) -> Facts:
        async def read(limits: Limits) -> list[Facts]:
            return [await self.store.facts(recipient, limits=limits)]

        (facts,) = await self._following(read)
        return facts

    async def facts(self, recipient: Recipient) -> Facts:
        """As they would be decided on now; in the lane of stops, for somebody who looks."""

        async def read(limits: Limits) -> list[Facts]:
            return [await self.store.facts(recipient, self.store.client.stops, limits)]

        (facts,) = await self._following(read)
        return facts

    async def _following(self, read: Callable[[Limits], Awaitable[list[Facts]]]) -> list[Facts]:
        """Another process may have put a newer catalogue in force: facts are read, and decided, by that.

        One of another version may have: what it ships is not known here, so nothing is decided here any more.
        """
        facts = await read(self.catalogue.limits)
        if any(one.generation != self.catalogue.generation for one in facts):
            self.catalogue = await self.store.catalogue()
            facts = await read(self.catalogue.limits)
        if any(one.generation != self.catalogue.generation for one in facts):
            raise StoreUnavailable("the catalogue is being changed, or another version put its own in force")
        return facts

    async def facts_of_many(self, recipients: Sequence[Recipient]) -> list[Facts]:
        """Read in one round trip."""
        return await self._following(partial(self.store.facts_of_many, recipients))

    def caps(self, request: Request) -> tuple[Cap, ...]:
        """Those that count this message."""
        return capping(request, self.catalogue.limits)

    def _request(
        self, ask: Ask, recipient: Recipient, at: datetime | None = None, message: str | None = ""
    ) -> Request:
        return Request(
            app=ask.app,
            channel=ask.channel,
            purpose=ask.purpose if ask.system else self.catalogue.find(ask.purpose.path),
            recipient=recipient,
            at=at or self.store.now(),
            legal_notice=ask.legal_notice,
            minimum_age=self._minimum_age(ask.app),
            system=ask.system,
            message=message,
            answers=ask.answers,
        )

    def _minimum_age(self, app: App) -> int:
        sender = self._senders.get(app.sender)
        return MINIMUM_AGE if sender is None else sender.minimum_age

    async def _refused(self, request: Request, decision: Refuse | Defer, facts: Facts) -> Refused:
        record_id = await self.store.record(request, decision, facts.generation)
        return Refused(decision, record_id, request.at)

    def _outcome(self, ask: Ask, hand_over: HandOver, outcome: Outcome) -> Record:
        record = Record(
            kind=_KINDS[type(outcome)],
            at=codec.milliseconds(self.store.now()),
            channel=ask.channel.value,
            purpose=ask.purpose.path,
            sender=ask.app.sender,
            app=ask.app.name,
            message=hand_over.message if hand_over.copies > 1 else "",
            text=without_addresses(outcome.text),
        )
        if isinstance(outcome, Rejected | Postponed):
            record = replace(record, code=outcome.code, status=outcome.status)
        return record


def _as_decided(record: Record) -> Decided:
    """A logged decision, as it was answered."""
    reason, fact = Reason(record.reason), record.fact or None
    decision: Decision
    match record.outcome:
        case "send":
            decision = Send(reason, record.rule, fact)
        case "defer":
            decision = Defer(reason, codec.moment(record.until), record.rule, fact)
        case _:
            decision = Refuse(reason, record.rule, fact)
    return Decided(decision, record.id, record.time)


_KINDS = {
    Sent: RecordKind.SENT,
    Rejected: RecordKind.REJECTED,
    Postponed: RecordKind.POSTPONED,
    Unknown: RecordKind.UNKNOWN,
}
