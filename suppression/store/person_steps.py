"""The steps on a person: what each compares, logs, writes, and writes down to be done. Nothing is run here."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from suppression.changes import Lift, Return, Suppress, after_return, plan
from suppression.decision import Reason
from suppression.errors import NotPermitted
from suppression.model import ALL, Facts, Recipient, Suppression
from suppression.records import Record, RecordKind
from suppression.store import codec
from suppression.store.apply import ChangeId
from suppression.store.describe import changed
from suppression.store.members import write_known
from suppression.store.person import Membership, Person, Task, member_field, task_field
from suppression.store.step import Step
from suppression.store.store import Store

_TAKEN_UP = 5_000  # ms after which a sweeper finishes what its maker has not


class PersonSteps:
    """Steps on the people of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def _begun(self, person: Person, record: Record, change_id: ChangeId | None = None) -> Step:
        """A change, after which something is to be done."""
        change_id = change_id or ChangeId.once()
        shard = self._store.shards.of(person.key)
        record = replace(record, person=person.key.hex())
        step = Step(
            shard, person.key, record, change_id.id, change_id.body, version=person.version, of_person=True
        )
        step.write("see", "done", "", 0, int(change_id.keep * 1000))
        step.write("version")
        step.write_key("due", shard.unfinished, _TAKEN_UP, person.key)
        return step

    def stop(self, origin: bytes, change: Suppress, change_id: ChangeId, person: Person) -> Step:
        """A standing stop. The person's step and the member's, perhaps of one shard, have ids of their own."""
        planned = plan(Facts(suppressions=person.stops), change)
        entry = planned.entry
        if not isinstance(entry, Suppression):
            raise TypeError("a stop is planned as one")
        stem = person.key + change_id.id.encode()
        own_id = replace(change_id, id=hashlib.sha256(stem).hexdigest()[:32])
        step = self._begun(person, changed(Recipient(b"", ""), change, planned), own_id)
        step.write("field", codec.suppression_field(entry.id), codec.encode_suppression(entry))
        task = Task(origin.hex(), change_id.id, change_id.body)
        step.write("field", task_field(entry.id), task.encode())
        if change.evidence and not change.erases:
            sealed = self._store.sealer.evidence(change.evidence, person.key)
            step.write_key("set", step.shard.evidence(person.key, entry.id), sealed)
        return step

    def adopt(self, person: Person, adopted: Sequence[tuple[Suppression, bytes]]) -> Step:
        """What a new member had said of everything: the same human said it."""
        first = adopted[0][0]
        step = self._begun(person, self._record(RecordKind.SUPPRESSED, first.actor))
        for entry, origin in adopted:
            step.write("field", codec.suppression_field(entry.id), codec.encode_suppression(entry))
            step.write("field", task_field(entry.id), Task(origin.hex(), "", "").encode())
        return step

    def come_back(self, person: Person, change: Return) -> Step:
        erasures = [stop for stop in person.stops if stop.reason is Reason.ERASED]
        step = self._begun(person, self._record(RecordKind.RETURNED, change.actor))
        for erasure in erasures:
            step.write("unfield", codec.suppression_field(erasure.id))
            step.write("unfield", task_field(erasure.id))
        back = after_return(erasures[0], change)
        step.write("field", codec.suppression_field(back.id), codec.encode_suppression(back))
        return step

    def take_back(self, person: Person, lift: Lift) -> Step | None:
        """The end of a standing stop that came with a list; None when there is none."""
        if all(stop.id != lift.entry_id for stop in person.stops):
            return None
        planned = plan(Facts(suppressions=person.stops), lift)
        step = self._begun(person, changed(Recipient(b"", ""), lift, planned))
        step.write("unfield", codec.suppression_field(lift.entry_id))
        step.write("unfield", task_field(lift.entry_id))
        return step

    def link(
        self,
        person: Person,
        person_id: str,
        addresses: dict[bytes, Recipient],
        told: Mapping[str, str],
        owner: str,
        actor: str,
    ) -> Step | None:
        check_owner(person, owner)
        known = replace(person.known, **told)
        joining = tuple(key for key in addresses if key not in person.members)
        departing = tuple(key for key in person.members if key not in addresses)
        if not joining and not departing and known == person.known and person.version:
            return None
        step = self.membership(person, joining, departing, actor)
        step.write("put", b"i", self._store.sealer.evidence({"id": person_id}, person.key))
        step.write("put", b"w", person.owner or owner)
        write_known(step, known)
        step.write("put", task_field(""), "")
        return step

    def membership(
        self, person: Person, joining: Sequence[bytes], departing: Sequence[bytes], actor: str
    ) -> Step:
        kind = RecordKind.LINKED if joining or not departing else RecordKind.UNLINKED
        details = {"joining": str(len(joining)), "departing": str(len(departing))}
        step = self._begun(person, replace(self._record(kind, actor), details=details))
        for key in joining:
            step.write("put", member_field(key), Membership.JOINING.value)
        for key in departing:
            step.write("put", member_field(key), Membership.DEPARTING.value)
        return step

    def settled(self, person: Person, refused: Collection[bytes]) -> Step:
        """Nothing is to be done any more, unless the person moved meanwhile. Of an erased person only stops stay."""
        shard = self._store.shards.of(person.key)
        step = Step(shard, person.key, None, version=person.version, of_person=True)
        for member, membership in person.members.items():
            gone = membership is Membership.DEPARTING or member in refused or person.erasure
            if gone:
                step.write("unfield", member_field(member))
            elif membership is Membership.JOINING:
                step.write("put", member_field(member), Membership.LINKED.value)
        for entry_id in (*person.tasks, ""):
            step.write("unfield", task_field(entry_id))
        if person.erasure is not None:
            for name in (b"i", b"b", b"k"):
                step.write("unfield", name)
            for stop in person.stops:
                step.write_key("delete", shard.evidence(person.key, stop.id))
        step.write_key("undue", shard.unfinished, person.key)
        return step

    def _record(self, kind: RecordKind, actor: str) -> Record:
        return Record(kind, at=codec.milliseconds(self._store.now()), actor=actor)


def check_owner(person: Person, owner: str) -> None:
    """Two senders may number their customers alike: those are different humans."""
    if person.owner and ALL not in {owner, person.owner} and owner != person.owner:
        raise NotPermitted("a person of another sender")
