"""Events in the outbox: records of the log on their way to apps. `Step.tell` makes them, with what they tell of.

They are claimed like all else that is due. Whoever has one leased ends it, or puts it off; nothing is logged of that.
"""

import hashlib
import secrets
from datetime import timedelta

from suppression.address import Address
from suppression.errors import NotFound
from suppression.outbox import Entry, EventDraft, State
from suppression.records import Record
from suppression.store import codec
from suppression.store.client import Argument
from suppression.store.keys import parse_record_id
from suppression.store.outbox import Outbox
from suppression.store.record_lines import encode_record
from suppression.store.step import NUMBER, Step
from suppression.store.store import Store
from suppression.store.transitions import Lost, Move, hset


class EventEntries:
    """Those of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._outbox = Outbox(store)

    async def address(self, entry: Entry) -> Address | None:
        """Whom it is about: as it was kept for the event, else as it is known now. None: not any more."""
        return entry.recipient.address or await self._store.address(entry.recipient.key)

    async def told(self, entry: Entry) -> None:
        """The app has it, so it goes. Lost when somebody else has it by now."""
        shard, member = self._store.shards.of(entry.recipient.key), entry.recipient.key + entry.number
        key = shard.entry(entry.recipient.key, entry.number)
        step = Step(shard, entry.recipient.key, None)
        step.hold(key, "n", entry.revision)
        step.write_key("delete", key)
        step.write_key("undue", shard.due, member)
        step.write_key("undue", shard.leased, member)
        if entry.recipient.address is not None:  # perhaps the last trace of somebody who was erased
            step.write_key("setnew", shard.erased, codec.milliseconds(self._store.server_now()))
        answer = await self._store.steps.run(step, self._store.client.sends, self._store.client.timeout)
        if answer.word == "lost" and not await self._gone(entry):
            raise Lost(entry.id)

    async def _gone(self, entry: Entry) -> bool:
        """The step's first answer was lost, and it was done."""
        try:
            await self._outbox.entry(entry.id)
        except NotFound:
            return True
        return False

    async def put_off(self, entry: Entry, seconds: float, *, attempts: int) -> None:
        """Again later; so often it was tried by then. Lost."""
        due = self._store.now() + timedelta(seconds=seconds)
        fields = {"d": codec.milliseconds(due), "a": attempts}
        await self._outbox.move(entry, Move(State.WAITING, None, fields, due=due))

    async def give_up(self, entry: Entry, reason: str, *, attempts: int) -> None:
        """For agents. Lost."""
        await self._outbox.move(entry, Move(State.DEAD, None, {"y": reason, "a": attempts}))

    async def put_again(self, record: Record, draft: EventDraft) -> bool:
        """What was logged is to be told once more. False: that waits already."""
        key = bytes.fromhex(record.recipient)
        shard, (_, order) = self._store.shards.of(key), parse_record_id(record.id)
        number = hashlib.sha256(f"event|{record.id}|{draft.app}".encode()).digest()[:NUMBER]
        entry, due = shard.entry(key, number), codec.milliseconds(self._store.now())
        step = Step(shard, key, None)
        step.hold(entry, "m", "")
        fields: dict[str, Argument] = {
            "state": State.WAITING.value,
            "n": 0,
            "m": secrets.token_hex(4),
            "c": draft.about,
        }
        fields |= {"d": due, "record": order, "e": encode_record(record)}
        hset(step, entry, fields)
        step.write_key("at", shard.due, due, key + number)
        answer = await self._store.steps.run(step, self._store.client.bulk, self._store.client.timeout)
        return answer.word == "done"
