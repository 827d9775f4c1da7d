"""The one script that writes: `Step` describes one atomic step on a recipient, `Steps` runs it.

A step carries an id made before its first try, so that repeating it after a lost reply has no second effect:
`run` repeats it within the caller's deadline, and only here.
"""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from typing import Any

from suppression.errors import StoreUnavailable
from suppression.outbox import EventDraft
from suppression.records import CHANGES, Record
from suppression.store.client import Argument, Lane, ScriptMissing
from suppression.store.keys import ShardKeys
from suppression.store.record_lines import encode_record
from suppression.store.written import known_writes

SCRIPT = resources.files("suppression.store").joinpath("step.lua").read_bytes()
_SHA = hashlib.sha1(SCRIPT, usedforsecurity=False).hexdigest()
_PAUSE = 0.05
_FIRST_KEY = 6  # of the keys that ops name by number: five come before them
NUMBER = 8  # bytes that tell one entry of a recipient's outbox from the others

EventsOf = Callable[[Record], Sequence[EventDraft]]
"""Which apps want to hear of a record. Pure: it is asked before the record is logged."""
Heard = Callable[[Record, float], None]
"""A step that logs this was done, after so many seconds."""


@dataclass(slots=True)
class Step:
    """What one step compares, logs and writes. Comparisons that are left out are not made.

    `recipient` is the key of a person with `of_person`, None when the step concerns nobody (it has a record
    and no more); a step without a record only tidies up. `seen_key`: where the id's record is kept, if that is
    an entry of the outbox.
    """

    shard: ShardKeys
    recipient: bytes | None
    record: Record | None
    seen: str = ""
    attempt: str = ""
    ends: str = ""
    time: int | None = None
    generation: str = ""
    version: str | None = None
    of_person: bool = False
    seen_key: bytes | None = None
    _keys: list[bytes] = field(default_factory=list)
    _caps: list[Argument] = field(default_factory=list)
    _holds: list[Argument] = field(default_factory=list)
    _writes: list[Argument] = field(default_factory=list)
    _known: dict[str, str] = field(default_factory=dict)

    def write(self, op: str, *args: Argument) -> None:
        """An op of step.lua that names no key."""
        self._writes += (op, *args)
        self._known |= known_writes(op, args)

    def write_key(self, op: str, key: bytes, *args: Argument) -> None:
        """An op of step.lua on a key of its own, of the same shard."""
        self._writes += (op, self._number(key), *args)

    def write_keys(self, op: str, keys: Sequence[bytes], *args: Argument) -> None:
        """An op of step.lua on several keys of the same shard."""
        self._writes += (op, *map(self._number, keys), *args)

    def hold(self, key: bytes, field: str, value: Argument) -> None:
        """Only while this field of this hash has this value; "" for none."""
        self._holds += (self._number(key), field, value)

    def tell(self, drafts: Sequence[EventDraft]) -> None:
        """What this step logs is told to these apps: entries of the outbox, made if it is logged and not otherwise.

        First of all writes: an erasure's event still finds whom it is about.
        """
        if self.recipient is None or self.of_person:
            return
        before, self._writes = self._writes, []
        for draft in drafts:
            number = secrets.token_bytes(NUMBER)
            self.write_keys(
                "event",
                (self.shard.entry(self.recipient, number), self.shard.due),
                self.recipient + number,
                draft.about,
                self._number(self.shard.address(self.recipient)) if draft.keeps_address else "",
            )
        self._writes += before

    def _number(self, key: bytes) -> int:
        if key not in self._keys:
            self._keys.append(key)
        return _FIRST_KEY + self._keys.index(key)

    def count(self, key: bytes, message: str, at: int, per: int, count: int) -> None:
        """Only if the cap at this key has room for the message: which it then takes. Times in ms."""
        self.write_key("count", key, message, at, per)
        self._caps += (self._number(key), message, at - per, count)

    def _subject(self) -> bytes:
        if self.recipient is None:
            return self.shard.meta
        return self.shard.person(self.recipient) if self.of_person else self.shard.recipient(self.recipient)

    def _logged(self, record: Record) -> Record:
        return replace(record, writes=self._known) if record.kind in CHANGES else record

    def command(self, epoch: str) -> list[Argument]:
        """EVALSHA's arguments after the script's name."""
        keys = [
            self.shard.meta,
            self._subject(),
            self.shard.seen(self.seen) if self.seen_key is None else self.seen_key,
            self.shard.log,
            self.shard.hand_overs,
            *self._keys,
        ]
        compared: list[Argument] = [
            self.attempt,
            self.ends,
            "" if self.time is None else self.time,
            self.generation,
            "*" if self.version is None else self.version,
            encode_record(self._logged(self.record)) if self.record else "",
            len(self._caps) // 4,
            len(self._holds) // 3,
            *self._caps,
            *self._holds,
        ]
        return [len(keys), *keys, epoch, *compared, *self._writes]


@dataclass(frozen=True, slots=True)
class Answer:
    """step.lua's answer: its word and what follows it."""

    word: str
    rest: tuple[Any, ...]

    def text(self, index: int) -> str:
        value = self.rest[index]
        return value.decode() if isinstance(value, bytes) else str(value)


class Steps:
    """Runs steps on a store of one epoch.

    events  set by who opens the store, where apps want to hear of any
    heard   set by who counts what is done
    """

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self.events: EventsOf | None = None
        self.heard: Heard | None = None

    async def run(self, step: Step, lane: Lane, seconds: float) -> Answer:
        """The step's answer. StoreUnavailable when there is none within `seconds`, or the store is not ours.

        Every step is safe to repeat: by its seen id, or because it ends a hand-over that only one can end.
        """
        if self.events is not None and step.record is not None:
            step.tell(self.events(step.record))
        command = step.command(self.epoch)  # once: a repeat is the same, to the byte
        began = time.perf_counter()  # the loop's own time stands still while it works
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            try:
                reply = await self._call(lane, command)
                break
            except StoreUnavailable:
                if asyncio.get_running_loop().time() + _PAUSE >= deadline:
                    raise
                await asyncio.sleep(_PAUSE)
        answer = Answer(reply[0].decode(), tuple(reply[1:]))
        if answer.word == "foreign":
            raise StoreUnavailable("the store is not the one that was opened")
        if self.heard is not None and step.record is not None and answer.word == "done":
            self.heard(step.record, time.perf_counter() - began)
        return answer

    async def _call(self, lane: Lane, command: list[Argument]) -> Any:
        try:
            return await lane.execute("EVALSHA", _SHA, *command)
        except ScriptMissing:  # after a restart or failover; it was not run
            await lane.execute("SCRIPT", "LOAD", SCRIPT)
            return await lane.execute("EVALSHA", _SHA, *command)
