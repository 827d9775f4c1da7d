"""A model of the promises, run against a real server that is killed and whose answers get lost.

The model knows what each recipient said, in the order in which the store acknowledged it, and nothing of how
the store works. Whatever happens in between: a Permit is given only for what the model allows (promises 1, 2),
an acknowledged change is there afterwards (promise 3), and the log balances: one record per effect (promise 4).
"""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from channels.carrier import Outcome, Postponed, Rejected, Sent, Unknown
from gateway.embedded import EmbeddedServer
from gateway.pipeline import Ask, Decided, Pipeline, Refused
from suppression.address import parse_email
from suppression.changes import GiveConsent, Lift, Suppress
from suppression.decision import Reason, Send
from suppression.model import App, Basis, Channel, Recipient, Scope, Sender, Suppression, Way
from suppression.purposes import Catalogue
from suppression.records import OUTCOMES, RecordKind
from suppression.store.apply import apply
from suppression.store.hand_over import HandOver, InProgress, Settled
from suppression.store.opening import StoreSettings, open_store, prepare
from suppression.store.permit import Permit
from suppression.store.sweep import sweep
from tests.conftest import SECRETS, empty, url_of
from tests.faults.reply_dropper import ReplyDropper

T = TypeVar("T")
CATALOGUE = Catalogue.shipped()
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


class Promises(RuleBasedStateMachine):
    """One store, three recipients, any order of events."""

    begun: Bundle[Begun] = Bundle("begun")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = TemporaryDirectory()
        self.server = EmbeddedServer(Path(self.folder.name)).start()
        self.people = {name: Person() for name in ("ann", "bob", "cem")}
        self.count = 0

    @initialize()
    def begin(self) -> None:
        self.dropper = ReplyDropper(self.server.socket)
        self.dropper.active = False
        self.run(self.open())

    async def open(self) -> None:
        url = url_of(self.server)
        await empty(url)
        await prepare(StoreSettings(url), SECRETS, CATALOGUE)
        proxy = Path(self.folder.name) / "proxy"
        self.listener = await asyncio.start_unix_server(self.dropper.serve, proxy)
        self.store = await open_store(StoreSettings(f"unix://{proxy}"), SECRETS)
        self.pipeline = Pipeline(self.store, CATALOGUE, {"brand": Sender("brand", "The Brand")})

    def run(self, what: Awaitable[T]) -> T:
        async def bounded() -> T:
            return await asyncio.wait_for(what, 20)

        return self.loop.run_until_complete(bounded())

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

    @rule()
    def kill_the_server(self) -> None:
        self.server.kill()
        assert self.server.revive()
        self.run(self._until_it_answers())

    async def _until_it_answers(self) -> None:
        while True:
            try:
                await self.store.client.stops.execute("PING")
                await self.store.client.sends.execute("PING")
            except Exception:  # noqa: BLE001 - any fault of a store that is starting
                await asyncio.sleep(0.01)
            else:
                return

    @rule(lossy=st.booleans())
    def lose_answers(self, lossy: bool) -> None:  # noqa: FBT001 - drawn
        self.dropper.active = lossy

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

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.run(self.store.close())
            self.listener.close()
        self.loop.run_until_complete(asyncio.sleep(0))
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()
        self.server.stop()
        self.folder.cleanup()


TestPromises = Promises.TestCase
TestPromises.settings = settings(
    max_examples=int(os.environ.get("MODEL_EXAMPLES", "15")),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
