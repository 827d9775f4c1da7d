"""A model of the outbox, run against a real server that is killed and whose answers get lost.

Promise 2 for what waits: a stop that was acknowledged before an entry is submitted keeps it from being sent.
Promise 4: nothing is lost, and nothing is handed over again once the next hop took it or may have taken it.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    consumes,
    invariant,
    multiple,
    rule,
)

from channels.carrier import Outcome, Postponed, Rejected, Sent, Unknown
from gateway.phones.sending import Sending
from gateway.roads.pipeline import Ask, Pipeline
from suppression.address import parse_phone
from suppression.changes import Lift, Suppress
from suppression.decision import Reason
from suppression.errors import Conflict, StoreUnavailable
from suppression.model import App, Channel, Recipient, Scope, Sender, Way
from suppression.outbox import Delivery, Draft, Entry, State
from suppression.records import RecordKind
from suppression.store.apply import apply
from suppression.store.outbox import Outbox
from suppression.store.permit import Permit
from tests.model.shaken_store import CATALOGUE, KilledStore, explored

APP = App("shop", "brand")
NAMES = st.sampled_from(["+12025550101", "+12025550102"])
ORDERS, NOTICES, SECURITY = "transactional/orders", "service/notifications", "transactional/security"
PURPOSES = st.sampled_from([ORDERS, NOTICES, SECURITY])
SCOPES = st.sampled_from(["*", "service", ORDERS])
OUTCOMES: st.SearchStrategy[Outcome] = st.sampled_from(
    [Sent("queued", ""), Rejected(21211, "", "no"), Postponed(429, "", "later"), Unknown("lost")]
)


@dataclass
class Text:
    """What the model knows of one text. `permits`: hand-overs begun; `taken`: the next hop has, or may have, it."""

    name: str
    purpose: str
    permits: int = 0
    taken: bool = False
    stopped: bool = False
    expected: set[State] = field(default_factory=lambda: {State.WAITING, State.LEASED})


@dataclass(frozen=True)
class UnderWay:
    entry: Entry
    permit: Permit


class Waiting(KilledStore):
    """One store, two recipients, any number of dispatchers."""

    claimed: Bundle[Entry] = Bundle("claimed")
    under_way: Bundle[UnderWay] = Bundle("under_way")

    shards = 2

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, Text] = {}
        self.stops: dict[str, dict[str, str]] = {}
        self.count = 0

    async def opened(self) -> None:
        pipeline = Pipeline(self.store, CATALOGUE, {"brand": Sender("brand", "The Brand")})
        self.outbox = Outbox(self.store)
        self.sending = Sending(pipeline, self.outbox, {"shop": APP})

    def recipient(self, name: str) -> Recipient:
        return self.store.keyring.recipient(parse_phone(name))

    def allows(self, name: str, purpose: str) -> bool:
        scopes = self.stops.get(name, {}).values()
        return purpose == SECURITY or not any(_covers(scope, purpose) for scope in scopes)

    @rule(name=NAMES, purpose=PURPOSES)
    def accept(self, name: str, purpose: str) -> None:
        self.count += 1
        ask = Ask(APP, Channel.SMS, CATALOGUE.find(purpose), parse_phone(name))
        draft = Draft(self.count.to_bytes(8, "big"), {"body": "Hello"})
        accepted = self.run(self.sending.accept(ask, draft))
        assert (accepted.outcome == "accepted") == self.allows(name, purpose)
        if accepted.outcome == "accepted":
            self.texts[accepted.id] = Text(name, purpose)

    @rule(name=NAMES, scope=SCOPES)
    def stop(self, name: str, scope: str) -> None:
        change = Suppress(Scope(purpose=scope), Reason.UNSUBSCRIBED, Way.SMS, "model", "me", self.store.now())
        applied = self.run(apply(self.store, self.recipient(name), change))
        self.stops.setdefault(name, {})[applied.entry.id] = scope
        for text in self.texts.values():
            if text.name == name and text.purpose != SECURITY and _covers(scope, text.purpose):
                text.stopped = True
                if text.expected == {State.WAITING, State.LEASED}:
                    text.expected = {State.CANCELLED}

    @rule(name=NAMES, data=st.data())
    def lift(self, name: str, data: st.DataObject) -> None:
        if stops := self.stops.get(name):
            entry_id = data.draw(st.sampled_from(sorted(stops)))
            self.run(apply(self.store, self.recipient(name), Lift(entry_id, "agent", self.store.now())))
            del stops[entry_id]

    @rule(target=claimed, lease=st.sampled_from([0, 30]))
    def claim(self, lease: float) -> MultipleResults[Entry]:
        """Entries of an earlier claim whose lease has ended come again: to another."""
        found: list[Entry] = []
        for shard in self.store.shards.all:
            try:
                entries = self.run(self.outbox.claim(shard.number, 5, lease))
            except StoreUnavailable:  # its answer was lost: leased to nobody until the lease ends
                continue
            for entry in entries:
                text = self.texts[entry.id]
                assert entry.state in text.expected
                if entry.state is State.LEASED:
                    found.append(entry)
        return multiple(*found)

    @rule(target=under_way, entry=consumes(claimed), lease=st.sampled_from([0, 30]))
    def submit(self, entry: Entry, lease: float) -> UnderWay | MultipleResults[UnderWay]:
        text = self.texts[entry.id]
        permit = self.run(self.sending.submit(entry, lease))
        if permit is None:
            return multiple()
        assert not text.stopped
        assert not text.taken
        assert self.allows(text.name, text.purpose)
        text.permits += 1
        text.taken = True
        text.expected = {State.SUBMITTING}
        return UnderWay(entry, permit)

    @rule(one=consumes(under_way), outcome=OUTCOMES)
    def settle(self, one: UnderWay, outcome: Outcome) -> None:
        text = self.texts[one.entry.id]
        if isinstance(outcome, Sent):
            outcome = Sent("queued", f"SM{one.entry.number.hex()}")
        after = self.run(self.sending.settle(one.entry, one.permit, outcome))
        if text.expected != {State.SUBMITTING}:
            return  # a report came before
        match outcome:
            case Sent():
                text.expected = {State.SENT}
            case Rejected():
                text.expected = {State.FAILED}
            case Postponed() if text.stopped:
                text.expected, text.taken = {State.CANCELLED}, False
            case Postponed():
                text.expected, text.taken = {State.WAITING, State.LEASED}, False
        assert after.state in text.expected

    @rule(one=under_way, delivery=st.sampled_from(list(Delivery)))
    def report(self, one: UnderWay, delivery: Delivery) -> None:
        text = self.texts[one.entry.id]
        try:
            after = self.run(
                self.outbox.report(one.entry.id, delivery, reference=f"SM{one.entry.number.hex()}")
            )
        except Conflict:
            return
        if after is not None:
            text.taken, text.expected = True, {after.state}
            assert after.state in {State.SENT, State.CANCELLED}

    @rule(ahead=st.sampled_from([0, 1, 20]))
    def clock_jumps(self, ahead: int) -> None:
        """Minutes: what was postponed becomes due."""
        moment = self.store.server_now() + timedelta(minutes=ahead) if ahead else None
        self.run(self.store.set_clock(moment))

    @invariant()
    def nothing_is_lost_and_nothing_is_where_it_may_not_be(self) -> None:
        for message, text in self.texts.items():
            entry = self.run(self.outbox.entry(message))
            assert entry.state in text.expected
            keeps = entry.state in {State.WAITING, State.LEASED, State.SUBMITTING}
            assert (entry.content is not None) == keeps

    @invariant()
    def the_log_balances(self) -> None:
        for message, text in self.texts.items():
            entry = self.run(self.outbox.entry(message))
            kinds = Counter(record.kind for record in self.run(self.outbox.history(entry)))
            if sum(kinds.values()) < 32:
                assert kinds[RecordKind.QUEUED] == 1
                assert kinds[RecordKind.HANDING_OVER] == text.permits
                assert kinds[RecordKind.CANCELLED] == (entry.state is State.CANCELLED)


def _covers(scope: str, purpose: str) -> bool:
    return scope in {"*", purpose} or purpose.startswith(scope + "/")


TestWaiting = Waiting.TestCase
TestWaiting.settings = explored(40)
