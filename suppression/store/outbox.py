"""The outbox: what waits to be sent, in the recipient's shard; every transition is one atomic step.

An entry is read, its next state planned, and written only if nobody moved it since (its revision): a stop, a
report of the next hop and two dispatchers may meet at one entry, and one of them is first.
"""

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime
from importlib import resources
from typing import Any

from suppression.decision import Decision, Defer, Refuse, Send
from suppression.errors import IdempotencyMismatch, StoreUnavailable
from suppression.model import Facts, Request
from suppression.outbox import KEPT, Accepted, Draft, Entry, State
from suppression.records import RecordKind
from suppression.store import codec
from suppression.store.client import Argument, ScriptMissing
from suppression.store.describe import decided
from suppression.store.entries import KEY
from suppression.store.entry_codec import decode_answer, encode_answer, entry_id, flags, new_fields, seal
from suppression.store.hand_over import Moved
from suppression.store.keys import record_id
from suppression.store.step import Answer, Step
from suppression.store.store import IDEMPOTENT
from suppression.store.transitions import Transitions, hset

_KEPT = int(KEPT.total_seconds() * 1000)
_CLAIM = resources.files("suppression.store").joinpath("claim.lua").read_bytes()
_CLAIM_SHA = hashlib.sha1(_CLAIM, usedforsecurity=False).hexdigest()


def _ignore(_: str) -> None:
    """For whoever needs not know."""


class Outbox(Transitions):
    """The outbox of one store."""

    async def put(
        self, request: Request, decision: Send | Defer, facts: Facts, draft: Draft, message: str
    ) -> Accepted | Moved:
        """Keep it durably, logged, if nothing changed since the facts were read. A repeat gets the first answer.

        `message`: its id, `entry_id` of recipient and number.
        """
        self._store.refuse_if_full()
        recipient, now = request.recipient, self._store.now()
        due = max(when for when in (_until(decision), draft.due, now) if when is not None)
        accepted = Accepted(
            message,
            "accepted" if due <= now else "deferred",
            decision.reason.value,
            "",
            due if due > now else None,
        )
        step = self._begin(request, decision, facts, draft, message, RecordKind.QUEUED)
        step.version, step.generation = facts.version, facts.generation
        entry, shard = step.seen_key or b"", step.shard
        step.hold(entry, "state", "")
        fields = new_fields(
            draft,
            _about(request),
            codec.milliseconds(due),
            seal(self._store.sealer, recipient, draft.content),
            encode_answer(accepted),
        )
        hset(step, entry, fields)
        step.write_key("stamp", entry, "record")
        step.write_key("trace", entry)
        step.write("enlist", draft.number)
        step.write_key("at", shard.due, codec.milliseconds(due), recipient.key + draft.number)
        answer = await self._store.steps.run(step, self._store.client.sends, self._store.client.timeout)
        return self._answered(answer, step, accepted, facts)

    async def refuse(
        self, request: Request, decision: Refuse, facts: Facts, draft: Draft, message: str
    ) -> Accepted | Moved:
        """Log the refusal; where the app may repeat itself, the answer is kept as an entry's would be."""
        accepted = Accepted("", "refused", decision.reason.value, "")
        if not draft.repeats:
            found = await self._store.record(request, decision, facts.generation, draft.details)
            return replace(accepted, id=found, decision_id=found)
        step = self._begin(request, decision, facts, draft, message, RecordKind.DECIDED)
        entry = step.seen_key or b""
        kept: dict[str, Argument] = {
            "try": draft.body,
            "state": State.REFUSED.value,
            "text": encode_answer(accepted),
            "c": _about(request),
            "y": decision.reason.value,
        }
        hset(step, entry, kept)
        step.write_key("stamp", entry, "record")
        step.write_key("trace", entry)
        step.write_key("expire", entry, IDEMPOTENT)
        answer = await self._store.steps.run(step, self._store.client.sends, self._store.client.timeout)
        return self._answered(answer, step, accepted, facts)

    def _begin(
        self, request: Request, decision: Decision, facts: Facts, draft: Draft, message: str, kind: RecordKind
    ) -> Step:
        recipient = request.recipient
        shard = self._store.shards.of(recipient.key)
        record = decided(kind, request, decision, facts.generation, message=message, details=draft.details)
        return Step(
            shard,
            recipient.key,
            record,
            attempt=draft.body,
            seen_key=shard.entry(recipient.key, draft.number),
        )

    def _answered(self, answer: Answer, step: Step, accepted: Accepted, facts: Facts) -> Accepted | Moved:
        if answer.word == "moved":
            return Moved(self._store.moved_facts(answer, facts))
        if answer.word in {"settled", "busy", "lost"}:
            raise IdempotencyMismatch("this number was used with another body")
        decision_id = record_id(step.shard.number, answer.text(0))
        if answer.word == "seen" and answer.text(2):
            return decode_answer(answer.text(2), step.record.message if step.record else "", decision_id)
        message = accepted.id or decision_id
        return replace(accepted, id=message, decision_id=decision_id)

    # Out.

    async def claim(
        self, shard: int, limit: int, lease: float, unreadable: Callable[[str], None] = _ignore
    ) -> list[Entry]:
        """What is due, leased to us for so many seconds; its state tells what is to do (claim.lua).

        A claim whose answer is lost leases all the same: they come back when the lease ends.
        `unreadable` is told the ids of those that no key at hand opens: they must not keep the others.
        """
        keys = self._store.shards.numbered(shard)
        asked: list[Argument] = [
            *(5, keys.meta, keys.due, keys.leased, keys.entry(b"", b""), keys.recipient(b"")),
            *(self._store.steps.epoch, limit, int(lease * 1000), _KEPT),
        ]
        reply = await self._claim(asked)
        if reply == b"foreign":
            raise StoreUnavailable("the store is not the one that was opened")
        claimed = []
        for member, flat in reply:
            try:
                claimed.append(self._reader.read(shard, member[:KEY], member[KEY:], flat))
            except StoreUnavailable:
                unreadable(entry_id(member[:KEY], member[KEY:]))
        return claimed

    async def _claim(self, asked: list[Argument]) -> Any:
        lane = self._store.client.sends
        try:
            return await lane.execute("EVALSHA", _CLAIM_SHA, *asked)
        except ScriptMissing:
            await lane.execute("SCRIPT", "LOAD", _CLAIM)
            return await lane.execute("EVALSHA", _CLAIM_SHA, *asked)

    async def wakes(self) -> AsyncIterator[int]:
        """Numbers of shards in which an entry became the earliest: hints. StoreUnavailable ends it."""
        channels = {
            key: shard.number for shard in self._store.shards.all for key in (shard.due, shard.leased)
        }
        async for channel in self._store.client.listen(list(channels)):
            yield channels[channel]


def _until(decision: Send | Defer) -> datetime | None:
    return decision.until if isinstance(decision, Defer) else None


def _about(request: Request) -> str:
    purpose = request.purpose
    return "|".join(
        (
            codec.channel_code(request.channel),
            purpose.path,
            request.app.sender,
            request.app.name,
            flags(required=purpose.required, system=request.system),
        )
    )
