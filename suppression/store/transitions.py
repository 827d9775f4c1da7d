"""Transitions of the outbox's entries: planned on what was read, written only if nobody moved the entry since."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from suppression.decision import Send
from suppression.errors import Conflict, NotFound, StoreUnavailable
from suppression.limits import Cap, counted_as
from suppression.model import Channel, Facts, Request
from suppression.outbox import HELD_FOR_AGENTS, KEPT, Delivery, Entry, State
from suppression.records import Record, RecordKind
from suppression.store import codec
from suppression.store.client import Argument, Lane
from suppression.store.describe import decided
from suppression.store.entries import Entries
from suppression.store.hand_over import Moved
from suppression.store.keys import record_id
from suppression.store.permit import Permit
from suppression.store.step import Step
from suppression.store.store import count_in_caps

SUBMIT_WITHIN = 2.0  # seconds from the commit to the next hop's request (DESIGN "Texts")
REPORTED_WITHIN = timedelta(hours=5)  # of a call, after which no more is heard of it
_KEPT = int(KEPT.total_seconds() * 1000)
_TRIES = 10
_MAY_CANCEL = frozenset({State.WAITING, State.LEASED})


class Lost(Exception):
    """Somebody else moved the entry meanwhile: it is theirs."""


@dataclass(slots=True)
class Move:
    """A transition. `due`: it waits until then; `lease`: it is somebody's for so many seconds; neither: it ended.

    forget   its content goes, and a stop need not look at it any more; its state can still be asked for
    freed    caps that it leaves
    claims   the next hop's id, where that had to be found out: one entry has it
    """

    state: State
    record: Record | None = None
    fields: Mapping[str, Argument] = field(default_factory=dict)
    due: datetime | None = None
    lease: float | None = None
    forget: bool = False
    freed: Sequence[Cap] = ()
    claims: str = ""


class Transitions(Entries):
    """What may happen to an entry after it was accepted."""

    async def move(self, entry: Entry, move: Move, lane: Lane | None = None) -> None:
        """Lost when somebody else moved it since it was read, or a stop came for it."""
        step, mark = self._step(entry, move)
        lane = lane or self._store.client.sends
        answer = await self._store.steps.run(step, lane, self._store.client.timeout)
        if answer.word == "lost" and not await self._was_ours(entry, mark, lane):
            raise Lost(entry.id)

    async def _was_ours(self, entry: Entry, mark: str, lane: Lane) -> bool:
        """The step's first answer was lost, and it was done."""
        found = await self._read(entry.recipient.key, [entry.number], lane)
        return bool(found) and found[0].mark == mark

    def _step(self, entry: Entry, move: Move) -> tuple[Step, str]:
        shard = self._store.shards.of(entry.recipient.key)
        key, mark = shard.entry(entry.recipient.key, entry.number), secrets.token_hex(4)
        step = Step(shard, entry.recipient.key, move.record)
        step.hold(key, "n", entry.revision)
        step.hold(key, "k", "1" if entry.cancel else "")
        if move.claims:
            step.hold(shard.claimed(move.claims), "e", "")
            hset(step, shard.claimed(move.claims), {"e": entry.number})
            step.write_key("expire", shard.claimed(move.claims), _KEPT)
        hset(step, key, {"state": move.state.value, "n": entry.revision + 1, "m": mark, **move.fields})
        if move.record is not None:
            step.write_key("trace", key)
        self._place(step, entry, move)
        for cap in move.freed:
            step.write_key("uncount", shard.cap(entry.recipient.key, cap.name), counted_as(entry.id))
        return step, mark

    def _place(self, step: Step, entry: Entry, move: Move) -> None:
        """Where it is listed from now on."""
        shard, member = step.shard, entry.recipient.key + entry.number
        key = shard.entry(entry.recipient.key, entry.number)
        if move.due is not None:
            step.write_key("at", shard.due, codec.milliseconds(move.due), member)
        else:
            step.write_key("undue", shard.due, member)
        if move.lease is not None:
            step.write_key("due", shard.leased, int(move.lease * 1000), member)
        else:
            step.write_key("undue", shard.leased, member)
        if move.state in HELD_FOR_AGENTS:
            step.write_key("due", shard.held, 0, member)
        elif entry.state in HELD_FOR_AGENTS:
            step.write_key("undue", shard.held, member)
            step.write_key("persist", key)
        if move.forget:
            step.write_key("hdel", key, "b")
            step.write("unlist", entry.number)
        if move.forget or move.state in HELD_FOR_AGENTS:
            step.write_key("expire", key, _KEPT)

    # By a dispatcher.

    async def submit(
        self,
        request: Request,
        decision: Send,
        facts: Facts,
        entry: Entry,
        *,
        caps: Sequence[Cap] = (),
        lease: float,
    ) -> Permit | Moved:
        """Make a Send a Permit: logged and marked, if neither the recipient nor the entry moved. Lost."""
        self._store.refuse_if_full()
        record = decided(RecordKind.HANDING_OVER, request, decision, facts.generation, message=entry.id)
        fields: dict[str, Argument] = {
            "a": entry.attempts + 1,
            "w": codec.milliseconds(self._store.server_now()),
        }
        step, mark = self._step(entry, Move(State.SUBMITTING, record, fields, lease=lease))
        step.time, step.version, step.generation = (
            codec.milliseconds(request.at),
            facts.version,
            facts.generation,
        )
        step.write_key("stamp", step.shard.entry(entry.recipient.key, entry.number), "h")
        count_in_caps(step, caps, request.recipient, entry.id, request)
        if request.recipient.address is not None:
            sealed = self._store.sealer.address(request.recipient.address, request.recipient.key)
            step.write_key("setnew", step.shard.address(request.recipient.key), sealed)
        born = time.monotonic()
        answer = await self._store.steps.run(step, self._store.client.sends, self._store.client.timeout)
        if answer.word in {"moved", "clock", "full"}:
            return Moved(self._store.moved_facts(answer, facts))
        decision_id = ""
        if answer.word == "done":
            decision_id = record_id(step.shard.number, answer.text(0))
        else:
            (found,) = await self._read(entry.recipient.key, [entry.number], self._store.client.sends) or (
                entry,
            )
            if found.mark != mark:
                raise Lost(entry.id)
            decision_id = found.hand_over
        return Permit(
            decision,
            request.recipient,
            entry.id,
            decision_id,
            born=born,
            caps=tuple(caps),
            lifetime=SUBMIT_WITHIN,
        )

    async def release(self, entry: Entry, due: datetime, record: Record | None = None) -> None:
        """Back to waiting: it is not to be sent now."""
        fields = {"d": codec.milliseconds(due)}
        await self.move(entry, Move(State.WAITING, record, fields, due=due))

    # By those who did not lease it.

    async def cancel(self, message: str, *, actor: str, reason: str) -> Entry:
        """What has not left does not leave; a call that waits at the next hop is cancelled there.

        NotFound, Conflict.
        """

        def plan(entry: Entry) -> Move:
            if entry.event is not None:
                raise NotFound("an event, not a message")
            record = self.record(entry, RecordKind.CANCELLED, reason=reason, actor=actor)
            if entry.state in _MAY_CANCEL:
                return Move(State.CANCELLED, record, {"y": reason}, forget=True)
            if entry.state is State.SENT and entry.channel is Channel.VOICE and not _over(entry):
                return Move(State.CANCELLING, None, {"y": reason}, lease=0)
            raise Conflict(f"a message that is {entry.state} is not cancelled")

        return await self.again(message, plan)

    async def retry(self, message: str, *, actor: str) -> Entry:
        """An agent's word: what was held is sent, if it may be then. NotFound, Conflict."""

        def plan(entry: Entry) -> Move:
            if entry.state not in HELD_FOR_AGENTS or (entry.content is None and entry.event is None):
                raise Conflict(f"a message that is {entry.state} is not sent again")
            due = self._store.now()
            record = None  # of an event: the log is of messages and people
            if entry.event is None:
                record = self.record(entry, RecordKind.QUEUED, reason="retried", actor=actor)
            return Move(State.WAITING, record, {"a": 0, "d": codec.milliseconds(due), "y": ""}, due=due)

        return await self.again(message, plan)

    async def report(
        self, message: str, delivery: Delivery, *, reference: str, text: str = "", code: int = 0
    ) -> Entry | None:
        """What the next hop says of it. None: late or repeated, nothing changed. NotFound, Conflict.

        Whatever we believed of an entry that it says it has: it was sent.
        """

        def plan(entry: Entry) -> Move | None:
            if not entry.attempts or names_another(entry, reference):
                raise Conflict("a report of another message")
            known = entry.delivery if entry.reference in ("", reference) else None
            if known is not None and delivery.rank <= known.rank:
                return None
            fields: dict[str, Argument] = {"i": reference, "p": delivery.value}
            if entry.found:
                fields["u"] = ""
            state = _after_report(entry, delivery)
            record = self._reported(entry, delivery, reference, text, code)
            over = delivery.final or (entry.channel is not Channel.VOICE)
            if state is State.CANCELLING:
                return Move(state, record, fields, lease=60)
            return Move(
                state,
                record,
                fields,
                forget=over,
                lease=None if over else REPORTED_WITHIN.total_seconds(),
            )

        return await self.again(message, plan)

    def _reported(
        self, entry: Entry, delivery: Delivery, reference: str, text: str, code: int
    ) -> Record | None:
        """Only what ends it is logged, and that it was sent after all."""
        known = entry.state is State.SENT and entry.reference == reference
        kind = None if known else RecordKind.SENT
        if delivery.final:
            kind = RecordKind.DELIVERED if delivery in _ARRIVED else RecordKind.UNDELIVERED
            if entry.state is State.CANCELLING and delivery is Delivery.CANCELED:
                kind = RecordKind.CANCELLED
        if kind is None or (entry.state is State.CANCELLING and not delivery.final):
            return None
        return replace(
            self.record(entry, kind, text=text, code=code),
            details={"delivery": delivery.value, "reference": reference},
        )

    async def again(
        self, message: str, plan: Callable[[Entry], "Move | None"], lane: Lane | None = None
    ) -> Entry:
        """Read, plan, write, again while others move it; the entry as it then is."""
        lane = lane or self._store.client.stops
        for _ in range(_TRIES):
            entry = await self.entry(message, lane)
            move = plan(entry)
            if move is None:
                return entry
            try:
                await self.move(entry, move, lane)
            except Lost:
                continue
            return await self.entry(message, lane)
        raise StoreUnavailable("an entry kept moving")

    def record(
        self,
        entry: Entry,
        kind: RecordKind,
        *,
        reason: str = "",
        actor: str = "",
        text: str = "",
        code: int = 0,
    ) -> Record:
        """A record about an entry; without its recipient's address."""
        return Record(
            kind,
            codec.milliseconds(self._store.now()),
            recipient=entry.recipient.key.hex(),
            channel=entry.channel.value,
            purpose=entry.purpose,
            sender=entry.sender,
            app=entry.app,
            message=entry.id,
            decision=entry.hand_over if kind is not RecordKind.QUEUED else "",
            reason=reason,
            actor=actor,
            text=text,
            code=code,
        )


_ARRIVED = frozenset({Delivery.DELIVERED, Delivery.READ, Delivery.COMPLETED})


def names_another(entry: Entry, reference: str) -> bool:
    """Whether a report's id is not the entry's. Its own callback knows better than a look-up did."""
    return bool(entry.reference) and not entry.found and entry.reference != reference


def _over(entry: Entry) -> bool:
    return entry.delivery is not None and entry.delivery.final


def _after_report(entry: Entry, delivery: Delivery) -> State:
    if entry.state is State.CANCELLING or entry.cancel:
        if delivery is Delivery.CANCELED:
            return State.CANCELLED
        if not delivery.final and entry.channel is Channel.VOICE:
            return State.CANCELLING
    return State.SENT


def hset(step: Step, key: bytes, fields: Mapping[str, Argument]) -> None:
    """Set these fields of a hash."""
    step.write_key("hset", key, len(fields), *(part for item in fields.items() for part in item))
