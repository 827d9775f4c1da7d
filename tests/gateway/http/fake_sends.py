"""A hand-written outbox in memory, and the road into it. What is due never leaves: nobody dispatches here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from gateway.roads.pipeline import Ask
from suppression.address import Address
from suppression.decision import Refuse
from suppression.errors import Conflict, IdempotencyMismatch, NotFound
from suppression.model import Recipient
from suppression.outbox import HANDLE, HELD_FOR_AGENTS, Accepted, Draft, Entry, State
from suppression.records import Record, RecordKind
from suppression.store.keys import handle, parse_handle
from tests.gateway.http.fakes import FakeDeciding, Memory


@dataclass
class FakeOutbox:
    memory: Memory
    deciding: FakeDeciding
    recipient: Callable[[Address], Recipient]
    entries: dict[str, Entry] = field(default_factory=dict)
    answers: dict[str, tuple[str, Accepted]] = field(default_factory=dict)
    people: dict[str, frozenset[bytes]] = field(default_factory=dict)
    dies_after: int | None = None

    async def accept(self, ask: Ask, draft: Draft) -> Accepted:
        self.memory.answer()
        recipient = self.recipient(ask.address)
        message = handle(HANDLE, recipient.key, draft.number.hex())
        if message in self.answers:
            body, answer = self.answers[message]
            if body != draft.body:
                raise IdempotencyMismatch("another body")
            return replace(answer, repeated=True)
        if self.dies_after is not None and len(self.answers) >= self.dies_after:
            raise RuntimeError("killed")
        answer = await self._accept(ask, draft, recipient, message)
        if draft.repeats or answer.outcome != "refused":
            self.answers[message] = (draft.body, answer)
        return answer

    async def _accept(self, ask: Ask, draft: Draft, recipient: Recipient, message: str) -> Accepted:
        decision = await self.deciding.would(ask, draft.due)
        refused = isinstance(decision, Refuse)
        record = self._write(message, ask, recipient, RecordKind.DECIDED if refused else RecordKind.QUEUED)
        if refused:
            return Accepted(record.id, "refused", decision.reason.value, record.id)
        self.entries[message] = Entry(
            message,
            draft.number,
            recipient,
            ask.channel,
            ask.purpose.path,
            ask.app.sender,
            ask.app.name,
            State.WAITING,
            due=draft.due or self.memory.now(),
            content=draft.content,
            campaign=draft.details.get("campaign", ""),
            records=(record.id,),
        )
        outcome = "deferred" if draft.due else "accepted"
        return Accepted(message, outcome, decision.reason.value, record.id, draft.due)

    def _write(self, message: str, ask: Ask, recipient: Recipient, kind: RecordKind) -> Record:
        return self.memory.write(
            Record(
                kind,
                at=int(self.memory.now().timestamp() * 1000),
                recipient=recipient.key.hex(),
                channel=ask.channel.value,
                purpose=ask.purpose.path,
                sender=ask.app.sender,
                message=message,
            )
        )

    async def accept_many(self, asks: Sequence[tuple[Ask, Draft]]) -> list[Accepted]:
        return [await self.accept(ask, draft) for ask, draft in asks]

    async def entry(self, message: str) -> Entry:
        self.memory.answer()
        parse_handle(HANDLE, message, 8)
        if message not in self.entries:
            raise NotFound("no such entry")
        return self.entries[message]

    async def history(self, entry: Entry) -> list[Record]:
        self.memory.answer()
        return [line for line in self.memory.log if line.message == entry.id]

    async def cancel(self, message: str, *, actor: str, reason: str) -> Entry:  # noqa: ARG002
        entry = await self.entry(message)
        if entry.state not in {State.WAITING, State.LEASED}:
            raise Conflict("has left")
        return self.put(replace(_ended(entry, State.CANCELLED), reason=reason))

    async def retry(self, message: str, *, actor: str) -> Entry:  # noqa: ARG002
        entry = await self.entry(message)
        if entry.state not in HELD_FOR_AGENTS:
            raise Conflict("not held")
        return self.put(replace(entry, state=State.WAITING))

    async def held(self, limit: int, after: str) -> list[Entry]:
        self.memory.answer()
        if after:
            parse_handle(HANDLE, after, 8)
        held = sorted(
            (entry for entry in self.entries.values() if entry.state in HELD_FOR_AGENTS), key=lambda e: e.id
        )
        return [entry for entry in held if entry.id > after][:limit]

    async def strangers(
        self,
        person_id: str,
        recipients: Sequence[Recipient],
        owner: str,  # noqa: ARG002
    ) -> Sequence[Recipient]:
        self.memory.answer()
        members = self.people.get(person_id)
        return () if members is None else [one for one in recipients if one.key not in members]

    def put(self, entry: Entry) -> Entry:
        self.entries[entry.id] = entry
        return entry


def _ended(entry: Entry, state: State) -> Entry:
    return replace(entry, state=state, content=None, recipient=replace(entry.recipient, address=None))
