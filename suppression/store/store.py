"""The store: facts of a recipient, commits that make Permits, and how hand-overs ended; each one atomic step.

The order of steps in the recipient's shard is the truth. A send costs two round trips: facts, then commit.
"""

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from suppression.address import Address
from suppression.decision import Decision, Send
from suppression.errors import IdempotencyMismatch, StoreUnavailable
from suppression.limits import Cap, Limits, counted_as
from suppression.model import Facts, Recipient, Request
from suppression.purposes import NO_LIMITS, Catalogue
from suppression.records import Record, RecordKind
from suppression.store import codec, meta
from suppression.store.beside import Beside, beside
from suppression.store.client import Argument, Client, Lane
from suppression.store.describe import decided
from suppression.store.hand_over import REMEMBERED, HandOver, InProgress, Moved, Settled
from suppression.store.keys import Keyring, ShardKeys, Shards, parse_record_id, record_id
from suppression.store.log import Log
from suppression.store.permit import Permit
from suppression.store.sealed import Sealer
from suppression.store.step import Answer, Step, Steps

IDEMPOTENT = 25 * 3600 * 1000  # ms that the record of an Idempotency-Key's id is kept: 24 h at least
_NOT_ARRIVED = frozenset({RecordKind.REJECTED, RecordKind.POSTPONED})
_SHORT = 60_000  # ms that a random id's record is kept: longer than anybody still repeats it


@dataclass(frozen=True, slots=True)
class Once:
    """An id under which one thing is done. `body`: of what was asked, to tell another; `text`: what was answered."""

    id: str
    body: str = "-"
    text: str = ""


class Store:
    """One store of one epoch, for one process."""

    def __init__(
        self, client: Client, shards: Shards, keyring: Keyring, sealer: Sealer, opened: meta.Meta
    ) -> None:
        self.client = client
        self.shards = shards
        self.keyring = keyring
        self.sealer = sealer
        self.log = Log(client.stops, client.bulk, shards)
        self.steps = Steps(opened.epoch)
        self._epoch = opened.epoch.encode()
        self._offset = opened.offset
        self.hashed_matching = False  # set by who opens: settings say it
        self.full = False  # set by who watches: sends stop, stops go on into the reserve

    @property
    def epoch(self) -> str:
        return self._epoch.decode()

    def now(self) -> datetime:
        """The time that decisions use: this host's, with the sandbox clock's offset."""
        return codec.moment(round(time.time() * 1000) + self._offset)

    def server_now(self) -> datetime:
        """This host's time alone: what deadlines in the store are compared with."""
        return codec.moment(round(time.time() * 1000))

    async def catalogue(self) -> Catalogue:
        """The purposes in force."""
        return await meta.read_catalogue(self.client.sends, self.shards)

    async def set_clock(self, now: datetime | None) -> None:
        """Sandbox only: from now on all processes decide as if it were `now`; None sets the clock free."""
        ahead = 0 if now is None else codec.milliseconds(now) - codec.milliseconds(self.server_now())
        await meta.set_offset(self.client.stops, self.shards, ahead)
        self._offset = ahead

    async def follow_clock(self) -> None:
        """Sandbox only: know what another process set, also before anything is read of a recipient."""
        offset = await self.client.stops.execute("HGET", self.shards.all[0].meta, "offset")
        self._offset = int(offset or 0)

    async def facts(
        self, recipient: Recipient, lane: Lane | None = None, limits: Limits = NO_LIMITS
    ) -> Facts:
        """All that is known of a recipient, in one round trip. StoreUnavailable if the store is not ours.

        `limits`: of the catalogue that will decide; what they know is read only for them.
        """
        shard = self.shards.of(recipient.key)
        asked = beside(recipient, limits, self.shards, self.keyring)
        *replies, told, fields = await (lane or self.client.sends).read(
            [
                *asked.commands,
                ("HMGET", shard.meta, "epoch", "generation", "offset"),
                ("HGETALL", shard.recipient(recipient.key)),
            ]
        )
        if told[0] != self._epoch:
            raise StoreUnavailable("the store is not the one that was opened")
        self._offset = int(told[2] or 0)
        facts = codec.decode_facts(fields, told[1].decode())
        if not asked.commands:
            return facts
        return replace(facts, listed=asked.listed(replies), counted=asked.counted(replies))

    async def facts_of_many(self, recipients: Sequence[Recipient], limits: Limits = NO_LIMITS) -> list[Facts]:
        """Facts of each, in one round trip on the lane for much at a time."""
        if not recipients:
            return []
        asked = [beside(recipient, limits, self.shards, self.keyring) for recipient in recipients]
        shards = {self.shards.of(recipient.key): None for recipient in recipients}
        commands: list[Sequence[Argument]] = [command for one in asked for command in one.commands]
        told = len(commands)
        commands += [("HMGET", shard.meta, "epoch", "generation", "offset") for shard in shards]
        first = len(commands)
        commands += [
            ("HGETALL", self.shards.of(recipient.key).recipient(recipient.key)) for recipient in recipients
        ]
        replies = await self.client.bulk.read(commands)
        if any(epoch != self._epoch for epoch, _, _ in replies[told:first]):
            raise StoreUnavailable("the store is not the one that was opened")
        generations = {reply[1] for reply in replies[told:first]}
        if len(generations) > 1:
            raise StoreUnavailable("the catalogue is being changed")
        generation = "".join(known.decode() for known in generations)
        return self._decoded(asked, replies, replies[first:], generation)

    def _decoded(
        self, asked: Sequence[Beside], replies: Sequence[Any], hashes: Sequence[Any], generation: str
    ) -> list[Facts]:
        found, place = [], 0
        for one, fields in zip(asked, hashes, strict=True):
            facts = codec.decode_facts(fields, generation)
            if one.commands:
                own = replies[place : place + len(one.commands)]
                facts = replace(facts, listed=one.listed(own), counted=one.counted(own))
                place += len(one.commands)
            found.append(facts)
        return found

    async def commit(
        self,
        request: Request,
        decision: Send,
        facts: Facts,
        hand_over: HandOver,
        caps: tuple[Cap, ...] = (),
    ) -> Permit | Moved | InProgress | Settled:
        """Make a Send a Permit if nothing changed since the facts were read: logged and marked in one step.

        `caps`: those that count the message; Moved when one has no room for it any more.
        """
        self.refuse_if_full()
        recipient, shard = request.recipient, self.shards.of(request.recipient.key)
        step = Step(
            shard,
            recipient.key,
            decided(RecordKind.HANDING_OVER, request, decision, facts.generation, hand_over),
            seen=hand_over.id,
            attempt=hand_over.attempt,
            time=codec.milliseconds(request.at),
            generation=facts.generation,
            version=facts.version,
        )
        deadline = int(hand_over.deadline * 1000)
        step.write("see", "handing_over", "", deadline, max(deadline, 0) + int(REMEMBERED * 1000))
        step.write("handover", deadline, f"|{hand_over.id}|{recipient.key.hex()}")
        if recipient.address is not None:
            sealed = self.sealer.address(recipient.address, recipient.key)
            step.write_key("setnew", shard.address(recipient.key), sealed)
        count_in_caps(step, caps, recipient, hand_over.id, request)
        born = time.monotonic()
        answer = await self.steps.run(step, self.client.sends, self.client.timeout)
        if answer.word in {"moved", "clock", "full"}:
            return Moved(self.moved_facts(answer, facts))
        decision_id = record_id(shard.number, answer.text(0))
        if answer.word == "done" or (answer.word == "seen" and answer.text(1) == RecordKind.HANDING_OVER):
            # "seen": our own try, whose first answer was lost.
            return Permit(
                decision,
                recipient,
                hand_over.message,
                decision_id,
                possible_duplicate=answer.text(1 if answer.word == "done" else 3) == "1",
                born=born,
                caps=caps,
            )
        return InProgress(decision_id) if answer.word == "busy" else _settled(answer, decision_id)

    def moved(self, answer: Answer) -> Facts | None:
        """The facts of a `moved` answer. None when only the sandbox clock was set: read them anew.
        StoreUnavailable when this host's clock and the store's differ by more than 2 s.
        """
        offset, known = int(answer.text(1)), self._offset
        self._offset = offset
        if answer.word == "moved":
            return codec.decode_facts(answer.rest[2:], answer.text(0))
        if offset == known:
            raise StoreUnavailable("this host's clock and the store's differ by more than 2 s")
        return None

    def moved_facts(self, answer: Answer, facts: Facts) -> Facts | None:
        """Also None when a cap was filled: read anew. Lists are as they were if the generation is."""
        after = None if answer.word == "full" else self.moved(answer)
        if after is None or after.generation != facts.generation:
            return after
        return replace(after, listed=facts.listed, counted=facts.counted)

    def refuse_if_full(self) -> None:
        """Sends, and permissions to send elsewhere, are stopped before stops have no room left."""
        if self.full:
            raise StoreUnavailable("the store is nearly full: sends stop, so that stops can go on")

    async def commit_check(
        self,
        request: Request,
        decision: Decision,
        facts: Facts,
        change_id: str | None = None,
        caps: Sequence[Cap] = (),
    ) -> str | Moved:
        """Log a decision for an app that sends elsewhere, if nothing changed since the facts were read.

        The record's id; for a `change_id` seen before, that of the decision made then. A Send counts in `caps`.
        """
        if isinstance(decision, Send):
            self.refuse_if_full()
        shard = self._shard(request.recipient.key)
        step = Step(
            shard,
            request.recipient.key,
            decided(RecordKind.DECIDED, request, decision, facts.generation),
            seen=change_id or secrets.token_hex(8),
            attempt="-",
            time=codec.milliseconds(request.at),
            generation=facts.generation,
            version=facts.version,
        )
        step.write("see", "done", "", 0, IDEMPOTENT if change_id else _SHORT)
        if isinstance(decision, Send):
            count_in_caps(step, caps, request.recipient, step.seen, request)
        answer = await self.steps.run(step, self.client.sends, self.client.timeout)
        if answer.word in {"moved", "clock", "full"}:
            return Moved(self.moved_facts(answer, facts))
        return record_id(shard.number, answer.text(0))

    async def record(
        self, request: Request, decision: Decision, policy: str, details: Mapping[str, str] | None = None
    ) -> str:
        """Log a decision that hands nothing over; its record's id."""
        record = decided(RecordKind.DECIDED, request, decision, policy)
        return await self.log_record(request.recipient.key, replace(record, details=details or {}))

    async def log_record(
        self, recipient_key: bytes, record: Record, lane: Lane | None = None, *, seen: str | None = None
    ) -> str:
        """Log one record about a recipient, once (with `seen`: for all calls that have it); its id."""
        shard = self.shards.of(recipient_key)
        step = Step(shard, recipient_key, record, seen=seen or secrets.token_hex(8), attempt="-")
        step.write("see", "done", "", 0, IDEMPOTENT if seen else _SHORT)
        answer = await self.steps.run(step, lane or self.client.sends, self.client.timeout)
        return record_id(shard.number, answer.text(0))

    async def log_of_nobody(self, record: Record, once: Once | None = None) -> str:
        """Log one record that is about no recipient, once; its id. IdempotencyMismatch when `once` was another's."""
        known = once or Once(secrets.token_hex(8))
        shard = self.shards.of_name(known.id)
        step = Step(shard, None, record, seen=known.id, attempt=known.body)
        step.write("see", "done", known.text, 0, IDEMPOTENT if once else _SHORT)
        answer = await self.steps.run(step, self.client.bulk, self.client.timeout)
        if answer.word == "settled":
            raise IdempotencyMismatch("this id was used with another body")
        return record_id(shard.number, answer.text(0))

    async def logged_once(self, once_id: str) -> tuple[Once, str] | None:
        """What `log_of_nobody` was first given under an id, and the record's id; None when it was given nothing."""
        shard = self.shards.of_name(once_id)
        seen = await self.client.bulk.execute("HMGET", shard.seen(once_id), "try", "text", "record")
        if seen[0] is None:
            return None
        body, text, order = (value.decode() for value in seen)
        return Once(once_id, body, text), record_id(shard.number, order)

    async def settle(self, permit: Permit, hand_over: HandOver, outcome: Record, keep: float) -> bool:
        """Log how a hand-over ended, and mark it for `keep` seconds (0: its marker goes).

        What did not arrive leaves the caps that counted it.
        False if it had been ended already: by the sweeper, or by this step's own first try.
        """
        keep = keep if hand_over.remembers else 0
        left = permit.caps if outcome.kind in _NOT_ARRIVED else ()
        return await self.end(permit.recipient.key, permit.decision_id, hand_over.id, outcome, keep, left)

    async def end(
        self,
        recipient_key: bytes,
        decision_id: str,
        marker: str,
        outcome: Record,
        keep: float,
        left: Sequence[Cap] = (),
    ) -> bool:
        """`settle` for one who has no Permit: the sweeper. `left`: the caps that the message leaves."""
        shard = self.shards.of(recipient_key)
        _, order = parse_record_id(decision_id)
        step = Step(
            shard,
            recipient_key,
            replace(outcome, recipient=recipient_key.hex(), decision=decision_id),
            seen=marker,
            ends=f"{order}|{marker}|{recipient_key.hex()}",
        )
        text = json.dumps({"text": outcome.text, "code": outcome.code, "status": outcome.status})
        step.write("settle", order, outcome.kind.value if keep else "", text, int(keep * 1000))
        for cap in left:  # after it: it tells whether a later try has their places
            step.write_key("uncount", shard.cap(recipient_key, cap.name), counted_as(marker))
        answer = await self.steps.run(step, self.client.sends, self.client.timeout)
        return answer.word == "done"

    async def remember(self, recipient: Recipient, hand_over: HandOver, seconds: float) -> None:
        """Keep a settled copy's marker longer: its message as a whole will come again."""
        key = self.shards.of(recipient.key).seen(hand_over.id)
        await self.client.sends.execute("PEXPIRE", key, int(seconds * 1000))

    async def address(self, recipient_key: bytes) -> Address | None:
        """The recipient's sealed address, where one is kept."""
        sealed = await self.client.stops.read_one("GET", self._shard(recipient_key).address(recipient_key))
        return None if sealed is None else self.sealer.open_address(sealed, recipient_key)

    async def evidence(self, recipient_key: bytes, entry_id: str) -> dict[str, str]:
        """What was recorded with an entry or consent; empty where nothing was."""
        key = self._shard(recipient_key).evidence(recipient_key, entry_id)
        sealed = await self.client.stops.read_one("GET", key)
        return {} if sealed is None else self.sealer.open_evidence(sealed, recipient_key)

    def _shard(self, recipient_key: bytes) -> ShardKeys:
        return self.shards.of(recipient_key)

    async def close(self) -> None:
        await self.client.close()


def count_in_caps(
    step: Step, caps: Sequence[Cap], recipient: Recipient, message: str, request: Request
) -> None:
    """Only if every cap has room for the message, which then takes it."""
    at = codec.milliseconds(request.at)
    for cap in caps:
        key = step.shard.cap(recipient.key, cap.name)
        step.count(key, counted_as(message), at, cap.per * 1000, cap.count)


def _settled(answer: Answer, decision_id: str) -> Settled:
    words = json.loads(answer.text(2) or "{}")
    return Settled(answer.text(1), decision_id, **words)
