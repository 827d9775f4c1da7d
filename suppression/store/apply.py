"""Changes: read, plan, write as one atomic step with its log record, again while the recipient moves."""

import asyncio
import hashlib
import json
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from suppression.changes import Change, GiveConsent, Lift, Plan, Suppress, plan
from suppression.decision import Reason
from suppression.errors import IdempotencyMismatch, StoreUnavailable
from suppression.model import Consent, Facts, Recipient, Suppression
from suppression.outbox import KEPT
from suppression.records import Record, RecordKind
from suppression.store import codec
from suppression.store.describe import changed
from suppression.store.keys import handle, record_id
from suppression.store.matching import note
from suppression.store.record_lines import encode_record
from suppression.store.step import Answer, Step
from suppression.store.store import Store

SUPPRESSION_HANDLE = "sup_"
CONSENT_HANDLE = "con_"
_MOST_LIFTED = 64  # ids of evidence of what was lifted; older evidence goes
_SHORT = 60.0  # seconds that a random id's record is kept: longer than anybody still repeats it
_IDEMPOTENT = 25 * 3600.0  # an Idempotency-Key's: 24 h at least


@dataclass(frozen=True, slots=True)
class ChangeId:
    """An id made before a change's first try. `body`: hash of what was asked, to tell another body."""

    id: str
    body: str
    keep: float = _IDEMPOTENT

    @classmethod
    def once(cls) -> "ChangeId":
        """For a change that nobody but we repeats."""
        return cls(secrets.token_hex(8), "-", _SHORT)


class OfPerson(Exception):
    """The recipient belongs to a person: what concerns all of one is applied there first."""

    def __init__(self, person: bytes) -> None:
        super().__init__(person.hex())
        self.person = person


@dataclass(frozen=True, slots=True)
class Applied:
    """A change as it stands in the store: `created` is False for a repeat of what was known.

    handle     the entry's id for the API
    record_id  the change's log record; `facts`: the recipient's, as they are after it
    """

    handle: str
    entry: Suppression | Consent
    created: bool
    record_id: str
    facts: Facts


async def apply(
    store: Store,
    recipient: Recipient,
    change: Change,
    change_id: ChangeId | None = None,
    *,
    reached: Collection[str | None] | None = None,
    also: Callable[[Step, Facts], None] | None = None,
) -> Applied:
    """One change, durable when this returns. Runs in the lane of stops, so that no send delays it.

    `reached`: only while the recipient is one of these persons', or nobody's (None); OfPerson otherwise, and
    nothing was changed. `also`: adds to the step what is to be written with the change, or not at all.
    """
    change_id = change_id or ChangeId.once()
    deadline = asyncio.get_running_loop().time() + store.client.timeout
    facts = await store.facts(recipient, store.client.stops)
    if change_id.keep > _SHORT and (former := await _former(store, recipient, change_id, facts)):
        return former
    if store.hashed_matching and isinstance(change, Suppress | GiveConsent):
        await note(store, recipient)
    while True:
        if reached is not None and facts.person is not None and facts.person not in reached:
            raise OfPerson(bytes.fromhex(facts.person))
        planned = plan(facts, change)
        step = _step(store, recipient, change, planned, facts, change_id)
        if also is not None:
            also(step, facts)
        left = deadline - asyncio.get_running_loop().time()
        answer = await store.steps.run(step, store.client.stops, left)
        if answer.word != "moved":
            return _applied(store, recipient, answer, planned, facts)
        if left <= 0:
            raise StoreUnavailable("too many changes of one recipient at once")
        facts = store.moved(answer) or await store.facts(recipient, store.client.stops)


def _step(
    store: Store, recipient: Recipient, change: Change, planned: Plan, facts: Facts, change_id: ChangeId
) -> Step:
    shard = store.shards.of(recipient.key)
    record = changed(recipient, change, planned)
    step = Step(shard, recipient.key, record, change_id.id, change_id.body, version=facts.version)
    step.write("see", "done", _answer(planned), 0, int(change_id.keep * 1000))
    step.write("version")
    for entry in planned.replaces:
        step.write("unfield", codec.suppression_field(entry.id))
    if isinstance(planned.put, Suppression):
        step.write("field", codec.suppression_field(planned.put.id), codec.encode_suppression(planned.put))
    elif isinstance(planned.put, Consent):
        step.write("field", codec.consent_field(planned.put.id), codec.encode_consent(planned.put))
    elif planned.remove is not None:
        step.write("unfield", codec.suppression_field(planned.remove.id))
    if isinstance(change, Suppress) and _for_good(change):
        _cancel_waiting(store, step, recipient, change)
    if isinstance(change, Suppress) and change.erases:
        _forget(step, recipient, facts)
        step.write_key("setnew", shard.erased, codec.milliseconds(store.server_now()))
        return step
    if recipient.address is not None and not erased(facts):
        sealed = store.sealer.address(recipient.address, recipient.key)
        step.write_key("setnew", shard.address(recipient.key), sealed)
    if change.evidence and planned.put is not None:
        sealed = store.sealer.evidence(change.evidence, recipient.key)
        step.write_key("set", shard.evidence(recipient.key, planned.put.id), sealed)
    elif isinstance(change, Lift):
        _keep_evidence(store, step, recipient, change, facts)
    return step


def _for_good(change: Suppress) -> bool:
    """Not a pause, which ends and is then decided on again, and not of one spelling of the address."""
    return change.until is None and change.exact is None and change.reason is not Reason.IN_REVIEW


def _cancel_waiting(store: Store, step: Step, recipient: Recipient, change: Suppress) -> None:
    """What waits for the recipient in the outbox and is stopped never leaves."""
    shard = step.shard
    record = Record(
        RecordKind.CANCELLED,
        codec.milliseconds(store.now()),
        recipient=recipient.key.hex(),
        reason=change.reason.value,
        actor=change.actor,
        way=change.way.value,
    )
    step.write_keys(
        "cancel",
        (shard.entry(recipient.key, b""), shard.due, shard.leased),
        recipient.key,
        encode_record(record),
        int(KEPT.total_seconds() * 1000),
        *codec.scope_codes(change.scope),
        "1" if change.erases else "",
    )


def erased(facts: Facts) -> bool:
    """While an erasure holds, nothing that tells who the recipient is comes back into the store."""
    return any(entry.reason is Reason.ERASED for entry in facts.suppressions)


def _forget(step: Step, recipient: Recipient, facts: Facts) -> None:
    """An erasure: of a recipient stay its keyed hash, its stops, and which log records are about it."""
    shard = step.shard
    step.write_key("delete", shard.address(recipient.key))
    step.write_key("delete", shard.pending(recipient.key))
    for field in (b"b", b"k", b"p", b"o"):
        step.write("unfield", field)
    for consent in facts.consents:
        step.write("unfield", codec.consent_field(consent.id))
    stops, consents = [stop.id for stop in facts.suppressions], [consent.id for consent in facts.consents]
    for entry_id in dict.fromkeys([*stops, *consents, *facts.lifted]):
        step.write_key("delete", shard.evidence(recipient.key, entry_id))
    for pause in facts.suppressions:
        if pause.reason is Reason.IN_REVIEW and pause.batch:
            number = bytes.fromhex(pause.batch)
            step.write_key("delete", shard.review(recipient.key, number))
            step.write_key("undue", shard.reviews, recipient.key + number)


def _keep_evidence(store: Store, step: Step, recipient: Recipient, change: Lift, facts: Facts) -> None:
    """What was shown for a lift, and for what it lifted, can still be asked for (and is gone on erasure)."""
    lift_id = hashlib.sha256(f"l|{change.entry_id}|{facts.version}".encode()).hexdigest()[:12]
    ids = tuple(dict.fromkeys((*facts.lifted, change.entry_id, lift_id)))
    for entry_id in ids[:-_MOST_LIFTED]:
        step.write_key("delete", step.shard.evidence(recipient.key, entry_id))
    if change.evidence:
        sealed = store.sealer.evidence(change.evidence, recipient.key)
        step.write_key("set", step.shard.evidence(recipient.key, lift_id), sealed)
    step.write("put", b"o", b"".join(bytes.fromhex(entry_id) for entry_id in ids[-_MOST_LIFTED:]))


def _answer(planned: Plan) -> str:
    """What a repeat of the same id is answered with, whatever happened since."""
    entry = planned.entry
    if isinstance(entry, Suppression):
        kind, value = "s", codec.encode_suppression(entry)
    else:
        kind, value = "c", codec.encode_consent(entry)
    return json.dumps({"created": planned.created, "kind": kind, "id": entry.id, "value": value})


def _applied(store: Store, recipient: Recipient, answer: Answer, planned: Plan, facts: Facts) -> Applied:
    order = answer.text(0)
    if answer.word == "done":
        entry, after = _after(facts, planned, order)
        return _describe(store, recipient, entry, planned.created, order, after)
    if answer.word == "settled":
        raise IdempotencyMismatch("this id was used with another body")
    return _replayed(store, recipient, json.loads(answer.text(2)), order, facts)


def _replayed(store: Store, recipient: Recipient, former: Any, order: str, facts: Facts) -> Applied:
    decode = codec.decode_suppression if former["kind"] == "s" else codec.decode_consent
    entry = decode(former["id"], former["value"] + order)
    return _describe(store, recipient, entry, bool(former["created"]), order, facts)


def _describe(
    store: Store,
    recipient: Recipient,
    entry: Suppression | Consent,
    created: bool,  # noqa: FBT001 - as in Applied
    order: str,
    facts: Facts,
) -> Applied:
    return Applied(
        handle=entry_handle(recipient.key, entry),
        entry=entry,
        created=created,
        record_id=record_id(store.shards.of(recipient.key).number, order),
        facts=facts,
    )


def entry_handle(recipient_key: bytes, entry: Suppression | Consent) -> str:
    """The API's id of an entry."""
    prefix = SUPPRESSION_HANDLE if isinstance(entry, Suppression) else CONSENT_HANDLE
    return handle(prefix, recipient_key, entry.id)


def _after(facts: Facts, planned: Plan, order: str) -> tuple[Suppression | Consent, Facts]:
    """The entry as it was written, and the facts with it."""
    if planned.remove is not None:
        left = tuple(entry for entry in facts.suppressions if entry.id != planned.remove.id)
        return planned.remove, replace(facts, suppressions=left, version=order)
    if isinstance(planned.put, Suppression):
        put = replace(planned.put, order=order)
        gone = {put.id, *(entry.id for entry in planned.replaces)}
        kept = tuple(entry for entry in facts.suppressions if entry.id not in gone)
        if put.reason is Reason.ERASED:
            facts = Facts(generation=facts.generation, recent=facts.recent)
        return put, replace(facts, suppressions=(*kept, put), version=order)
    if planned.put is None:
        raise ValueError("a plan writes or removes an entry")
    given = replace(planned.put, order=order)
    others = tuple(entry for entry in facts.consents if entry.id != given.id)
    return given, replace(facts, consents=(*others, given), version=order)


async def _former(store: Store, recipient: Recipient, change_id: ChangeId, facts: Facts) -> Applied | None:
    """What this id was answered with before; looked up first, since a repeat may no longer be plannable."""
    key = store.shards.of(recipient.key).seen(change_id.id)
    seen = await store.client.stops.execute("HMGET", key, "try", "record", "text")
    if seen[0] is None:
        return None
    if seen[0].decode() != change_id.body:
        raise IdempotencyMismatch("this id was used with another body")
    return _replayed(store, recipient, json.loads(seen[2]), seen[1].decode(), facts)


async def claim(store: Store, key: str, body: str) -> None:
    """Bind an Idempotency-Key to a body, over all shards. IdempotencyMismatch if it had another."""
    name = store.shards.of_name(key).seen("k" + key)
    found = await store.client.stops.execute("SET", name, body, "NX", "GET", "PX", int(_IDEMPOTENT * 1000))
    if found not in {None, body.encode()}:
        raise IdempotencyMismatch("this key was used with another body")


async def claimed(store: Store, key: str, body: str) -> bool:
    """Whether it was bound. IdempotencyMismatch if to another body."""
    name = store.shards.of_name(key).seen("k" + key)
    found = await store.client.stops.read_one("GET", name)
    if found not in {None, body.encode()}:
        raise IdempotencyMismatch("this key was used with another body")
    return found is not None
