"""A recipient's side of belonging to a person: one atomic step each, again while the recipient moves."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace

from suppression.errors import Conflict, StoreUnavailable
from suppression.model import Facts, Recipient
from suppression.records import Record, RecordKind
from suppression.store import codec
from suppression.store.apply import erased
from suppression.store.person import Known, Membership, Person
from suppression.store.step import Step
from suppression.store.store import Store

_KEEP = 60_000  # ms: longer than anybody still repeats the step


async def claim(store: Store, person: Person, recipient: Recipient) -> Facts:
    """Make the recipient this person's, with what is known of the person; its facts, as they are now.

    Conflict when it is another's: an address stays with the first.
    """

    def build(facts: Facts) -> Step | None:
        if facts.person not in {None, person.key.hex()}:
            raise Conflict("an address belongs to another person")
        known = _known(person, recipient, facts)
        if facts.person is not None and known == Known.of(facts):
            return None
        step = _step(store, person, recipient, facts, RecordKind.LINKED)
        step.write("put", b"p", person.key)
        write_known(step, known)
        if recipient.address is not None and not erased(facts) and person.erasure is None:
            sealed = store.sealer.address(recipient.address, recipient.key)
            step.write_key("setnew", step.shard.address(recipient.key), sealed)
        return step

    return await _run(store, recipient, build)


async def release(store: Store, person: Person, recipient: Recipient) -> None:
    """The recipient is nobody's again. What is known of it stays."""

    def build(facts: Facts) -> Step | None:
        if facts.person != person.key.hex():
            return None
        step = _step(store, person, recipient, facts, RecordKind.UNLINKED)
        step.write("unfield", b"p")
        return step

    await _run(store, recipient, build)


def _known(person: Person, recipient: Recipient, facts: Facts) -> Known:
    """What a member shall be known as: a new one keeps what only it knows; an erased one is told nothing."""
    if erased(facts):
        return Known.of(facts)
    if person.members.get(recipient.key) is Membership.JOINING:
        return person.known.over(Known.of(facts))
    return person.known


def write_known(step: Step, known: Known) -> None:
    texts = (known.language, known.zone, known.country)
    for name, value in ((b"b", known.birth), (b"k", codec.encode_known(*texts) if any(texts) else "")):
        if value:
            step.write("put", name, value)
        else:
            step.write("unfield", name)


def _step(store: Store, person: Person, recipient: Recipient, facts: Facts, kind: RecordKind) -> Step:
    record = Record(
        kind,
        at=codec.milliseconds(store.now()),
        recipient=recipient.key.hex(),
        exact=recipient.exact,
        person=person.key.hex(),
    )
    shard = store.shards.of(recipient.key)
    step = Step(shard, recipient.key, record, secrets.token_hex(8), "-", version=facts.version)
    step.write("see", "done", "", 0, _KEEP)
    step.write("version")
    return step


async def _run(store: Store, recipient: Recipient, build: Callable[[Facts], Step | None]) -> Facts:
    lane, timeout = store.client.stops, store.client.timeout
    deadline = asyncio.get_running_loop().time() + timeout
    facts = await store.facts(recipient, lane)
    while (step := build(facts)) is not None:
        answer = await store.steps.run(step, lane, timeout)
        if answer.word != "moved":
            return replace(facts, version=answer.text(0))
        if asyncio.get_running_loop().time() >= deadline:
            raise StoreUnavailable("too many changes of one recipient at once")
        facts = store.moved(answer) or await store.facts(recipient, lane)
    return facts
