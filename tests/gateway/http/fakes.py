"""Hand-written doors in memory. What a change comes to is the domain's own pure code; nothing here decides more
than the tests need. The real doors run the same tests.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from gateway.archive.questions import Question, matches
from gateway.confirmations.confirming import Asked
from gateway.confirmations.wishes import Pending, Wish
from gateway.http.doors import Entry, Link
from gateway.links import ConfirmLink
from gateway.roads.pipeline import Ask
from gateway.state.api_keys import ApiKey
from suppression.address import Address
from suppression.changes import Change, GiveConsent, Lift, Suppress, Withdraw, plan
from suppression.decision import Decision, Reason, Refuse, RuleVerdict, Send, Verdict
from suppression.errors import IdempotencyMismatch, NotFound, StoreUnavailable
from suppression.model import Basis, Consent, Facts, Recipient, Scope, Suppression, Way
from suppression.purposes import ConsentNeed
from suppression.records import Record, RecordKind
from suppression.store.keys import handle, parse_handle, parse_record_id, record_id
from suppression.store.newest import Part

START = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)


Decided = tuple[Decision, str, datetime]


@dataclass
class Applied:
    handle: str
    entry: Entry
    created: bool
    record_id: str
    facts: Facts


@dataclass
class Held:
    recipient: Recipient
    entry: Entry


@dataclass
class History:
    id: str
    channel: str
    to: str | None
    history: tuple[Record, ...]


@dataclass
class Memory:
    """All state; `away` makes every door raise StoreUnavailable, `broken` a defect's error."""

    facts: dict[bytes, Facts] = field(default_factory=dict)
    log: list[Record] = field(default_factory=list)
    seen: dict[str, Applied | Decided] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)
    addresses: dict[bytes, Address] = field(default_factory=dict)
    messages: dict[str, History] = field(default_factory=dict)
    away: bool = False
    broken: bool = False
    delay: float = 0.0
    offset: timedelta = timedelta()
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def now(self) -> datetime:
        return START + self.offset

    def answer(self) -> None:
        if self.away:
            raise StoreUnavailable("stopped")
        if self.broken:
            raise RuntimeError("secret detail of ann@example.net")

    def of(self, recipient: Recipient) -> Facts:
        return self.facts.get(recipient.key, Facts())

    async def address(self, key: bytes) -> Address | None:
        self.answer()
        return self.addresses.get(key)

    def write(self, record: Record) -> Record:
        numbered = replace(record, id=record_id(0, f"{record.at}-{next(self.numbers)}"))
        self.log.append(numbered)
        return numbered


class FakeKeys:
    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.keys: dict[str, ApiKey] = {}

    def add(self, secret: str, app: str | None, *scopes: str) -> str:
        self.keys[secret] = ApiKey(f"id-{len(self.keys)}", app, frozenset(scopes), "", START, secret[-4:])
        return secret

    async def find(self, secret: str) -> ApiKey | None:
        self.memory.answer()
        return self.keys.get(secret)


class FakeDeciding:
    """Two rules: a stop that covers it, and consent where the purpose needs one."""

    def __init__(self, memory: Memory, recipient: Callable[[Address], Recipient]) -> None:
        self.memory = memory
        self._of = recipient

    async def decide_and_record(self, ask: Ask, *, change_id: str | None = None) -> Decided:
        self.memory.answer()
        if change_id is not None and change_id in self.memory.seen:
            former = self.memory.seen[change_id]
            assert isinstance(former, tuple)
            return former
        decision = await self.would(ask)
        record = self.memory.write(
            Record(
                RecordKind.DECIDED,
                at=int(self.memory.now().timestamp() * 1000),
                recipient=self._recipient(ask).key.hex(),
                channel=ask.channel.value,
                purpose=ask.purpose.path,
                sender=ask.app.sender,
                app=ask.app.name,
                outcome="send" if isinstance(decision, Send) else "refuse",
                reason=decision.reason.value,
            )
        )
        decided = (decision, record.id, self.memory.now())
        if change_id is not None:
            self.memory.seen[change_id] = decided
        return decided

    async def would(self, ask: Ask, at: datetime | None = None) -> Decision:
        self.memory.answer()
        now = at or self.memory.now()
        facts = self.memory.of(self._recipient(ask))
        about = (ask.channel, ask.purpose.path, ask.app.sender, ask.app.name)
        for stop in facts.suppressions:
            if stop.in_force(now) and stop.scope.covers(*about) and not ask.purpose.required:
                return Refuse(stop.reason, "stops", stop.id)
        if ask.purpose.channels.get(ask.channel.value) is not ConsentNeed.OPT_IN:
            return Send(Reason.NO_CONSENT_NEEDED, "consent")
        for yes in facts.consents:
            if yes.in_force(now) and yes.scope.covers(*about):
                return Send(Reason.CONSENTED, "consent", yes.id)
        return Refuse(Reason.NO_CONSENT, "consent")

    async def explain(self, ask: Ask) -> tuple[Decision, list[RuleVerdict]]:
        decision = await self.would(ask)
        verdict = Verdict.PASS if isinstance(decision, Send) else Verdict.REFUSE
        return decision, [RuleVerdict(decision.rule, verdict, decision.reason, decision.fact)]

    def _recipient(self, ask: Ask) -> Recipient:
        return self._of(ask.address)


class FakeChanges:
    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    async def suppress(
        self,
        recipient: Recipient,
        scope: Scope,
        *,
        reason: Reason,
        way: Way,
        source: str,
        actor: str,
        note: str = "",
        until: datetime | None = None,
        change_id: str | None = None,
    ) -> Applied:
        evidence = {"note": note} if note else {}
        change = Suppress(scope, reason, way, source, actor, self.memory.now(), until, evidence=evidence)
        await asyncio.sleep(self.memory.delay)
        return self._apply(recipient, change, change_id)

    async def lift(
        self,
        handle: str,
        *,
        actor: str,
        reason: str,
        evidence: Mapping[str, str],
        order: str | None = None,
        change_id: str | None = None,
    ) -> Applied:
        key, entry_id = parse_handle("sup_", handle)
        change = Lift(entry_id, actor, self.memory.now(), order, {"reason": reason, **evidence})
        return self._apply(Recipient(key, ""), change, change_id)

    async def consent(
        self,
        recipient: Recipient,
        scope: Scope,
        *,
        basis: Basis,
        source: str,
        actor: str,
        at: datetime,
        evidence: Mapping[str, str],
        expires: datetime | None = None,
        overrides: Iterable[str] = (),
        direct: bool = False,
        change_id: str | None = None,
    ) -> Applied:
        named = [parse_handle("sup_", handle) for handle in overrides]
        if any(key != recipient.key for key, _ in named):
            raise NotFound("an entry of another recipient")
        change = GiveConsent(
            scope,
            basis,
            source,
            actor,
            at,
            recipient.exact,
            expires,
            direct,
            frozenset(entry for _, entry in named),
            evidence,
        )
        return self._apply(recipient, change, change_id)

    async def withdraw(self, handle: str, *, actor: str, change_id: str | None = None) -> Applied:
        key, entry_id = parse_handle("con_", handle)
        return self._apply(Recipient(key, ""), Withdraw(entry_id, actor, self.memory.now()), change_id)

    async def blocked_by(self, recipient: Recipient, consent: Consent) -> list[Suppression]:
        stops = self.memory.of(recipient).suppressions
        return [stop for stop in stops if stop.id not in consent.overrides]

    async def claim(self, key: str, body_hash: str) -> None:
        self.memory.answer()
        if self.memory.claims.setdefault(key, body_hash) != body_hash:
            raise IdempotencyMismatch("another body")

    async def claimed(self, key: str, body_hash: str) -> bool:
        self.memory.answer()
        if self.memory.claims.get(key, body_hash) != body_hash:
            raise IdempotencyMismatch("another body")
        return key in self.memory.claims

    def _apply(self, recipient: Recipient, change: Change, change_id: str | None) -> Applied:
        self.memory.answer()
        if change_id is not None and change_id in self.memory.seen:
            former = self.memory.seen[change_id]
            assert isinstance(former, Applied)
            return former
        facts = self.memory.of(recipient)
        if recipient.address is not None:
            self.memory.addresses.setdefault(recipient.key, recipient.address)
        planned = plan(facts, change)
        record = self._record(recipient, change, planned.entry)
        entry = replace(planned.entry, order=parse_record_id(record.id)[1])
        self.memory.facts[recipient.key] = _with(facts, entry, gone=planned.put is None)
        prefix = "sup_" if isinstance(entry, Suppression) else "con_"
        name = handle(prefix, recipient.key, entry.id)
        applied = Applied(name, entry, planned.created, record.id, facts)
        if change_id is not None:
            self.memory.seen[change_id] = applied
        return applied

    def _record(self, recipient: Recipient, change: Change, entry: Entry) -> Record:
        kinds = {Suppress: RecordKind.SUPPRESSED, Lift: RecordKind.LIFTED, GiveConsent: RecordKind.CONSENTED}
        scope = entry.scope
        return self.memory.write(
            Record(
                kinds.get(type(change), RecordKind.WITHDRAWN),
                at=int(self.memory.now().timestamp() * 1000),
                recipient=recipient.key.hex(),
                entry=entry.id,
                scope="|".join(
                    (",".join(sorted(scope.channels)) or "*", scope.purpose, scope.sender, scope.app)
                ),
            )
        )


def _with(facts: Facts, entry: Entry, *, gone: bool) -> Facts:
    stops = [known for known in facts.suppressions if known.id != entry.id]
    consents = [known for known in facts.consents if known.id != entry.id]
    if isinstance(entry, Suppression) and not gone:
        stops.append(entry)
    elif isinstance(entry, Consent):
        consents.append(entry)
    return replace(facts, suppressions=tuple(stops), consents=tuple(consents))


class FakeReading:
    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    async def facts(self, recipient: Recipient) -> Facts:
        self.memory.answer()
        return self.memory.of(recipient)

    async def records(self, recipient: Recipient) -> list[Record]:
        self.memory.answer()
        return [line for line in self.memory.log if line.recipient == recipient.key.hex()]

    async def log(self, question: Question, limit: int) -> Part:
        """In one part: the real reader's tests are about more."""
        self.memory.answer()
        found = [line for line in self.memory.log if matches(question, line)]
        return Part(found[: -limit - 1 : -1], None)

    async def decision(self, record_id: str) -> list[Record]:
        self.memory.answer()
        return [line for line in self.memory.log if record_id in (line.id, line.decision)]

    async def entry(self, handle: str) -> Held | None:
        self.memory.answer()
        key, entry_id = parse_handle(handle[:4] if handle[:4] in {"sup_", "con_"} else "sup_", handle)
        facts = self.memory.of(Recipient(key, ""))
        known: list[Entry] = [*facts.suppressions, *facts.consents]
        return next((Held(Recipient(key, ""), entry) for entry in known if entry.id == entry_id), None)

    async def message(self, message_id: str) -> History | None:
        self.memory.answer()
        return self.memory.messages.get(message_id)

    async def ready(self) -> None:
        self.memory.answer()


class FakeConfirming:
    """Remembers what was asked; there is no mail."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.asked: list[tuple[Recipient, Wish]] = []
        self.raises: Exception | None = None

    async def ask(
        self,
        recipient: Recipient,
        wish: Wish,
        app: str,  # noqa: ARG002
        *,
        change_id: str | None = None,  # noqa: ARG002
    ) -> Asked:
        self.memory.answer()
        if self.raises is not None:
            raise self.raises
        self.asked.append((recipient, wish))
        return Asked(handle("con_", recipient.key, "00" * 6), sent=True)

    async def cancel(self, handle: str, actor: str, sees: Callable[[str], bool]) -> Consent | None:  # noqa: ARG002
        self.memory.answer()
        parse_handle("con_", handle)
        return None

    async def look(self, link: ConfirmLink) -> Pending | None:  # noqa: ARG002
        self.memory.answer()
        return None

    async def confirm(self, link: ConfirmLink, click: Mapping[str, str]) -> Pending:  # noqa: ARG002
        self.memory.answer()
        raise NotFound("nothing waits here")


def viewer(memory: Memory) -> Callable[[Link, str], Awaitable[None]]:
    async def record_view(link: Link, method: str) -> None:
        memory.answer()
        recipient = link.recipient.key.hex()
        memory.write(
            Record(
                RecordKind.VIEWED, at=0, recipient=recipient, sender=link.sender, details={"method": method}
            )
        )

    return record_view
