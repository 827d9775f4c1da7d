"""A model of the promises, run against a real server that is killed and whose answers get lost.

The model knows what each recipient said, in the order in which the store acknowledged it, and nothing of how
the store works. Whatever happens in between: a Permit is given only for what the model allows (promises 1, 2),
an acknowledged change is there afterwards (promise 3), and the log balances: one record per effect (promise 4).
"""

from collections import Counter
from dataclasses import dataclass, field

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
from gateway.roads.pipeline import Ask, Decided, Pipeline, Refused
from suppression.address import parse_email
from suppression.changes import GiveConsent, Lift, Suppress
from suppression.decision import Reason, Send
from suppression.model import App, Basis, Channel, Recipient, Scope, Sender, Suppression, Way
from suppression.records import OUTCOMES, RecordKind
from suppression.store.apply import apply
from suppression.store.hand_over import HandOver, InProgress, Settled
from suppression.store.permit import Permit
from suppression.store.sweep import sweep
from tests.model.shaken_store import CATALOGUE, KilledStore, explored

APP = App("shop", "brand")
NAMES = st.sampled_from(["ann", "bob", "cem"])
PURPOSES = st.sampled_from(["marketing/promotions", "marketing/surveys", "transactional/orders"])
SCOPES = st.sampled_from(["*", "marketing", "marketing/promotions"])
OUTCOMES_GIVEN: st.SearchStrategy[Outcome] = st.sampled_from(
    [Sent("ok"), Rejected(550, "5.1.1", "no"), Postponed(451, "4.3.0", "later"), Unknown("lost")]
)


@dataclass
class Person:
    """What the model knows of one recipient. Stops and consents carry the number of their acknowledgement."""

    stops: dict[str, tuple[str, int]] = field(default_factory=dict)
    consents: list[tuple[int, bool]] = field(default_factory=list)
    permits: int = 0
    outcomes: int = 0
    refusals: int = 0
    changes: int = 0

    def allows(self, purpose: str) -> bool:
        """The promise in the words of a recipient: marketing needs my yes, and my no stands until a later yes."""
        last_yes = max((number for number, direct in self.consents if direct), default=-1)
        stopped = any(
            (scope in {"*", purpose} or purpose.startswith(scope + "/"))
            and not (purpose.startswith("marketing/") and number < last_yes)
            for scope, number in self.stops.values()
        )
        return not stopped and (bool(self.consents) or purpose.startswith("transactional/"))


@dataclass(frozen=True)
class Begun:
    """A hand-over that has a Permit and no outcome yet."""

    name: str
    ask: Ask
    permit: Permit
    hand_over: HandOver


class Promises(KilledStore):
    """One store, three recipients, any order of events."""

    begun: Bundle[Begun] = Bundle("begun")

    def __init__(self) -> None:
        super().__init__()
        self.people = {name: Person() for name in ("ann", "bob", "cem")}
        self.count = 0

    async def opened(self) -> None:
        self.pipeline = Pipeline(self.store, CATALOGUE, {"brand": Sender("brand", "The Brand")})

    def number(self) -> int:
        self.count += 1
        return self.count

    def recipient(self, name: str) -> Recipient:
        return self.store.keyring.recipient(parse_email(f"{name}@example.net"))

    def ask(self, name: str, purpose: str) -> Ask:
        return Ask(APP, Channel.EMAIL, CATALOGUE.find(purpose), parse_email(f"{name}@example.net"))

    @rule(name=NAMES, scope=SCOPES)
    def stop(self, name: str, scope: str) -> None:
        change = Suppress(
            Scope(purpose=scope), Reason.UNSUBSCRIBED, Way.LINK, "model", "recipient", self.store.now()
        )
        applied = self.run(apply(self.store, self.recipient(name), change))
        self.people[name].stops[applied.entry.id] = (scope, self.number())
        self.people[name].changes += 1

    @rule(name=NAMES, direct=st.booleans())
    def consent(self, name: str, direct: bool) -> None:  # noqa: FBT001 - drawn
        recipient, source = self.recipient(name), "page" if direct else "app"
        change = GiveConsent(
            Scope(purpose="marketing", sender="brand"),
            Basis.OPT_IN,
            source,
            "recipient",
            self.store.now(),
            recipient.exact,
            direct=direct,
        )
        self.run(apply(self.store, recipient, change))
        self.people[name].consents.append((self.number(), direct))
        self.people[name].changes += 1

    @rule(name=NAMES, data=st.data())
    def lift(self, name: str, data: st.DataObject) -> None:
        person = self.people[name]
        if person.stops:
            entry_id = data.draw(st.sampled_from(sorted(person.stops)))
            self.run(apply(self.store, self.recipient(name), Lift(entry_id, "agent", self.store.now())))
            del person.stops[entry_id]
            person.changes += 1

    @rule(target=begun, name=NAMES, purpose=PURPOSES)
    def send(self, name: str, purpose: str) -> Begun | MultipleResults[Begun]:
        person, hand_over = self.people[name], HandOver(f"m{self.number()}", "message")
        answer = self.run(self.pipeline.permit(self.ask(name, purpose), hand_over))
        assert isinstance(answer, Permit) == person.allows(purpose)
        if isinstance(answer, Refused):
            person.refusals += 1
            return multiple()
        assert isinstance(answer, Permit)
        person.permits += 1
        return Begun(name, self.ask(name, purpose), answer, hand_over)

    @rule(name=NAMES, purpose=PURPOSES, scope=SCOPES)
    def stop_between_decision_and_commit(self, name: str, purpose: str, scope: str) -> None:
        """Facts are read, then the stop is acknowledged, then the commit comes: it must not allow."""
        person, ask = self.people[name], self.ask(name, purpose)
        decision, request, facts = self.run(self.pipeline.decide(ask))
        self.stop(name, scope)
        if isinstance(decision, Send):
            answer = self.run(self.store.commit(request, decision, facts, HandOver(f"m{self.number()}", "x")))
            assert not isinstance(answer, Permit)
        assert not person.allows(purpose) or not CATALOGUE.find(purpose).path.startswith(scope)

    @rule(one=consumes(begun), outcome=OUTCOMES_GIVEN)
    def settle(self, one: Begun, outcome: Outcome) -> None:
        self.run(self.pipeline.settle(one.ask, one.permit, one.hand_over, outcome))
        self.people[one.name].outcomes += 1
        if isinstance(outcome, Sent | Rejected):
            self._resend_is_recognised(one)

    def _resend_is_recognised(self, one: Begun) -> None:
        again = HandOver(one.hand_over.id, "message")
        if self.people[one.name].allows(one.ask.purpose.path):
            assert isinstance(self.run(self.pipeline.permit(one.ask, again)), Settled)

    @rule(one=begun)
    def resend_while_under_way(self, one: Begun) -> None:
        if self.people[one.name].allows(one.ask.purpose.path):
            answer = self.run(self.pipeline.permit(one.ask, HandOver(one.hand_over.id, "message")))
            assert isinstance(answer, InProgress)

    @rule(name=NAMES, purpose=PURPOSES)
    def hand_over_without_outcome(self, name: str, purpose: str) -> None:
        """The process dies in mid-hand-over: the sweeper says unknown, once."""
        person = self.people[name]
        hand_over = HandOver(f"m{self.number()}", "message", deadline=-1)
        answer = self.run(self.pipeline.permit(self.ask(name, purpose), hand_over))
        if isinstance(answer, Permit):
            person.permits += 1
            self.run(sweep(self.store))
            self.run(sweep(self.store))
            person.outcomes += 1
        else:
            person.refusals += 1

    @rule(name=NAMES, purpose=PURPOSES)
    def check(self, name: str, purpose: str) -> None:
        answer: Decided = self.run(self.pipeline.decide_and_record(self.ask(name, purpose)))
        assert isinstance(answer.decision, Send) == self.people[name].allows(purpose)
        self.people[name].refusals += 1  # a record of kind `decided`, whatever it says

    @invariant()
    def the_log_balances(self) -> None:
        if not hasattr(self, "store"):
            return
        for name, person in self.people.items():
            records = self.run(self.store.log.of(self.recipient(name).key, 10_000))
            kinds = Counter(record.kind for record in records)
            assert kinds[RecordKind.HANDING_OVER] == person.permits
            assert sum(kinds[kind] for kind in OUTCOMES) == person.outcomes
            assert kinds[RecordKind.DECIDED] == person.refusals
            changes = sum(kinds[k] for k in (RecordKind.SUPPRESSED, RecordKind.CONSENTED, RecordKind.LIFTED))
            assert changes == person.changes

    @invariant()
    def acknowledged_stops_are_there(self) -> None:
        if hasattr(self, "store"):
            for name, person in self.people.items():
                entries: tuple[Suppression, ...] = self.run(
                    self.store.facts(self.recipient(name))
                ).suppressions
                assert {entry.id for entry in entries} == set(person.stops)


TestPromises = Promises.TestCase
TestPromises.settings = explored(30)
