"""People: the ordering point of what concerns all of a human (DESIGN.md "State", People).

Every change of a person is one atomic step in the person's shard, which also writes down what is still to be
done (members that join or depart, stops on their way, what members shall know). `finish` does it, however often:
each step on a member has an id of its own or compares first. Only then is anybody answered; `sweep` finishes
what a crash left.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from suppression.changes import RETURNED, Lift, Return, Suppress
from suppression.decision import Reason
from suppression.errors import Conflict, IdempotencyMismatch, NotFound, StoreUnavailable
from suppression.model import Facts, Recipient, Scope, Suppression
from suppression.store import codec, members
from suppression.store.apply import Applied, ChangeId, OfPerson, apply
from suppression.store.each import each
from suppression.store.person import Membership, Person, decode_person
from suppression.store.person_steps import PersonSteps, check_owner
from suppression.store.step import Answer, Step
from suppression.store.store import Store

_NOBODY = b""  # the origin of a stop that no member has yet
_ROUNDS = 50  # of a person who keeps changing, before we say "we cannot now"

Build = Callable[[Person], Step | None]


@dataclass(slots=True)
class _Round:
    """One pass over a person's members: what it learnt."""

    person: Person
    addresses: dict[bytes, Recipient]
    refused: list[bytes] = field(default_factory=list)
    adopt: dict[str, tuple[Suppression, bytes]] = field(default_factory=dict)
    returned: Suppression | None = None
    evidence: dict[str, Mapping[str, str]] = field(default_factory=dict)


class People:
    """The people of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lane = store.client.stops
        self._steps = PersonSteps(store)

    async def read(self, key: bytes) -> Person:
        shard = self._store.shards.of(key)
        epoch, fields = await self._lane.read([["HGET", shard.meta, "epoch"], ["HGETALL", shard.person(key)]])
        if epoch != self._store.steps.epoch.encode():
            raise StoreUnavailable("the store is not the one that was opened")
        return decode_person(key, fields)

    async def suppress(
        self, recipient: Recipient, change: Suppress, change_id: ChangeId | None = None
    ) -> Applied:
        """A stop; one of everything, and an erasure, reach all addresses of the person before it is answered."""
        if not change.of_everything:
            return await apply(self._store, recipient, change, change_id)
        change_id = change_id or ChangeId.once()
        reached: set[str | None] = {None}
        for _ in range(_ROUNDS):
            try:
                return await apply(self._store, recipient, change, change_id, reached=reached)
            except OfPerson as belongs:
                key = belongs.person
            await self._change(key, partial(self._steps.stop, recipient.key, change, change_id))
            await self.finish(key)
            reached.add(key.hex())
        raise StoreUnavailable("a recipient kept changing hands")

    async def link(
        self,
        person_id: str,
        recipients: Sequence[Recipient],
        told: Mapping[str, str],
        *,
        owner: str,
        actor: str,
    ) -> Person:
        """Make the person have these addresses and no others, and be known so.

        Conflict when an address is another's: it stays with the first. `told`: fields of Known; what is not told
        stays as it was. `owner`: the sender whose app asks, or "*".
        """
        key = self._store.keyring.person(person_id)
        addresses = {recipient.key: recipient for recipient in recipients}
        await self._refuse_taken(key, list(addresses.values()))
        await self._change(
            key,
            lambda person: self._steps.link(person, person_id, addresses, told, owner, actor),
            settled=True,
        )
        person = await self.finish(key, addresses)
        if person.erasure is None and not addresses.keys() <= person.members.keys():
            raise Conflict("an address belongs to another person")
        return person

    async def join(
        self, person_id: str, recipients: Sequence[Recipient], *, owner: str, actor: str
    ) -> Person:
        """Give the person these addresses beside those that it has, whoever else does the same. Conflict."""
        key = self._store.keyring.person(person_id)
        joining = {recipient.key: recipient for recipient in recipients}
        await self._refuse_taken(key, list(joining.values()))

        def build(person: Person) -> Step | None:
            members = {member: Recipient(member, "") for member in person.members}
            return self._steps.link(person, person_id, members | joining, {}, owner, actor)

        await self._change(key, build, settled=True)
        person = await self.finish(key, joining)
        if person.erasure is None and not joining.keys() <= person.members.keys():
            raise Conflict("an address belongs to another person")
        return person

    async def part(self, key: bytes, recipient: Recipient, *, actor: str) -> None:
        """Take one address from a person; its stops, and the person's, stay. NotFound."""

        def build(person: Person) -> Step | None:
            if recipient.key not in person.members:
                raise NotFound("no address of this person")
            return self._steps.membership(person, (), (recipient.key,), actor)

        await self._change(key, build, settled=True)
        await self.finish(key)

    async def unlink(self, person_id: str, *, owner: str, actor: str) -> int:
        """Make the addresses nobody's; how many there were. Nothing is erased: their stops and the person's stay."""
        key = self._store.keyring.person(person_id)
        count = 0

        def build(person: Person) -> Step | None:
            nonlocal count
            if not person.version:
                raise NotFound("no such person")
            check_owner(person, owner)
            count = len(person.members)
            return self._steps.membership(person, (), tuple(person.members), actor) if count else None

        await self._change(key, build, settled=True)
        await self.finish(key)
        return count

    async def come_back(self, key: bytes, change: Return) -> None:
        """An erased person is a customer again: addresses that are linked from now on are not erased."""
        await self._change(
            key, lambda person: self._steps.come_back(person, change) if person.erasure else None
        )

    async def unsay(self, recipient: Recipient, lift: Lift) -> None:
        """Take back a stop of everything as it was made at one address, wherever it reached; NotFound where it was
        said again. `lift.order`: of the address. What is said again meanwhile stands: it moves the person first.
        """
        facts = await self._store.facts(recipient, self._lane)
        if facts.person is None:
            await apply(self._store, recipient, lift)
            return
        person = await self.read(bytes.fromhex(facts.person))
        standing = next((stop.order for stop in person.stops if stop.id == lift.entry_id), None)
        orders: dict[bytes, str] = {}

        async def look(member: bytes) -> None:
            known = (await self._store.facts(Recipient(member, ""), self._lane)).suppressions
            for stop in known:
                if stop.id == lift.entry_id:
                    orders[member] = stop.order

        await each([member for member in person.members if member != recipient.key], look)
        await apply(self._store, recipient, lift)
        if standing is not None:
            await self.take_back(person.key, replace(lift, order=standing))

        async def end(member: bytes) -> None:
            with suppress(NotFound):
                await apply(self._store, Recipient(member, ""), replace(lift, order=orders[member]))

        await each(list(orders), end)

    async def take_back(self, key: bytes, lift: Lift) -> None:
        """A stop of everything came with a list that is taken back: it ends for the person and all addresses."""
        await self._change(key, lambda person: self._steps.take_back(person, lift))
        person = await self.read(key)

        async def end(member: bytes) -> None:
            with suppress(NotFound):  # it never had it
                await apply(self._store, Recipient(member, ""), lift)

        await each(person.members, end)

    async def finish(self, key: bytes, addresses: dict[bytes, Recipient] | None = None) -> Person:
        """Do what is still to be done about the person; the person as it then is.

        `addresses`: recipients with their addresses, to be kept sealed where they join.
        """
        done: set[tuple[bytes, str, str]] = set()
        for _ in range(_ROUNDS):
            person = await self.read(key)
            if not person.unfinished:
                return person
            now = _Round(person, addresses or {})
            await each(person.members, partial(self._bring, now, done))
            if now.returned is not None:
                await self._try(self._steps.come_back(person, _return_of(now.returned)))
            elif now.adopt:
                await self._try(self._steps.adopt(person, list(now.adopt.values())))
            else:
                await self._try(self._steps.settled(person, now.refused))
        raise StoreUnavailable("a person kept changing")

    async def sweep(self, limit: int = 100) -> int:
        """Finish what a crash left; how many persons it was."""
        swept = 0
        for shard in self._store.shards.all:
            now = codec.milliseconds(self._store.server_now())
            due = await self._lane.read_one("ZRANGEBYSCORE", shard.unfinished, "-inf", now, "LIMIT", 0, limit)
            for key in due:
                swept += (await self.read(key)).unfinished
                person = await self.finish(key)
                await self._try(self._steps.settled(person, ()))
        return swept

    # Members.

    async def _bring(self, now: _Round, done: set[tuple[bytes, str, str]], member: bytes) -> None:
        """One member up to what the person says."""
        person, membership = now.person, now.person.members[member]
        recipient = now.addresses.get(member, Recipient(member, ""))
        if membership is Membership.DEPARTING:
            await members.release(self._store, person, recipient)
            return
        stops = [stop for stop in person.in_order() if stop.id in person.tasks]
        if membership is Membership.JOINING:
            try:
                facts = await members.claim(self._store, person, recipient)
            except Conflict:
                now.refused.append(member)
                return
            stops = await self._welcome(now, recipient, facts)
        elif person.tells:
            await members.claim(self._store, person, recipient)
        for stop in stops:
            if (member, stop.id, stop.order) not in done:
                await self._apply(now, stop, recipient)
                done.add((member, stop.id, stop.order))

    async def _welcome(self, now: _Round, recipient: Recipient, facts: Facts) -> list[Suppression]:
        """The stops that a new member gets; what it brings is noted for the person."""
        person, member_erasure = now.person, _erased(facts)
        erasure, back = person.erasure, _returned(person.stops)
        member_back = _returned(facts.suppressions)
        came_back = back and member_erasure and back.at >= member_erasure.at
        brought = {entry.id: (entry, recipient.key) for entry in facts.suppressions if _of_everything(entry)}
        if member_erasure and not erasure and not came_back:
            stop = _stop_of(member_erasure)
            brought[stop.id] = (stop, _NOBODY)
        own = {stop.id for stop in person.stops}
        now.adopt |= {entry_id: entry for entry_id, entry in brought.items() if entry_id not in own}
        if erasure and member_back and member_back.at >= erasure.at:
            now.returned = member_back
            return []
        if back and came_back:
            await self._apply_return(recipient, back)
        return list(person.in_order())

    async def _apply(self, now: _Round, stop: Suppression, recipient: Recipient) -> None:
        """A standing stop on one member, once."""
        person = now.person
        task = person.tasks.get(stop.id)
        if task is not None and task.origin == recipient.key.hex():
            if not task.change_id:
                return  # it came with this member, who has it
            change_id = ChangeId(task.change_id, task.body)
        else:
            stem = b"|".join((person.key, stop.id.encode(), stop.order.encode(), recipient.key))
            change_id = ChangeId(hashlib.sha256(stem).hexdigest()[:32], "-")
        if stop.id not in now.evidence:
            now.evidence[stop.id] = await self._store.evidence(person.key, stop.id)
        change = Suppress(
            stop.scope,
            stop.reason,
            stop.way,
            stop.source,
            stop.actor,
            stop.at,
            batch=stop.batch,
            evidence=now.evidence[stop.id],
        )
        await apply(self._store, recipient, change, change_id)

    async def _apply_return(self, recipient: Recipient, back: Suppression) -> None:
        try:
            await apply(self._store, recipient, _return_of(back))
        except NotFound:
            return  # another has done it

    async def _refuse_taken(self, key: bytes, recipients: Sequence[Recipient]) -> None:
        async def look(recipient: Recipient) -> None:
            facts = await self._store.facts(recipient, self._lane)
            if facts.person not in {None, key.hex()}:
                raise Conflict("an address belongs to another person")

        await each(recipients, look)

    # Steps on the person.

    async def _change(self, key: bytes, build: Build, *, settled: bool = False) -> None:
        """Read, build, write, again while the person moves. `settled`: only once nothing is to be done."""
        person = await self.read(key)
        for _ in range(_ROUNDS):
            if settled and person.unfinished:
                person = await self.finish(key)
            step = build(person)
            if step is None:
                return
            answer = await self._try(step)
            if answer.word == "settled":
                raise IdempotencyMismatch("this id was used with another body")
            if answer.word != "moved":
                return
            person = decode_person(key, answer.rest[2:])
        raise StoreUnavailable("a person kept changing")

    async def _try(self, step: Step) -> Answer:
        return await self._store.steps.run(step, self._lane, self._store.client.timeout)


def _stop_of(erasure: Suppression) -> Suppression:
    """What the erasure of one address says of the others: stop everything. What is known of them is not lost by it."""
    stop = Suppress(Scope(), Reason.UNSUBSCRIBED, erasure.way, erasure.source, erasure.actor, erasure.at)
    return replace(erasure, id=stop.entry_id, reason=stop.reason)


def _erased(facts: Facts) -> Suppression | None:
    """The newest of its erasures."""
    erasures = [entry for entry in facts.suppressions if entry.reason is Reason.ERASED]
    return max(erasures, key=lambda entry: entry.at, default=None)


def _of_everything(entry: Suppression) -> bool:
    """A stop of the recipient's that all of its person's addresses get; an erasure is for the one address."""
    if entry.reason is Reason.ERASED:
        return False
    said = Suppress(
        entry.scope,
        entry.reason,
        entry.way,
        entry.source,
        entry.actor,
        entry.at,
        entry.until,
        exact=entry.exact,
    )
    return said.of_everything


def _returned(stops: Sequence[Suppression]) -> Suppression | None:
    return next((stop for stop in stops if stop.source == RETURNED), None)


def _return_of(back: Suppression) -> Return:
    return Return(back.actor, back.at)
