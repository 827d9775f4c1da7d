"""Stops of a list, many to a call: what `apply` would write for each, where an entry is all there is to write.

Rows gather by shard until a call of bounded length is full; few calls are under way at once, in the lane for much
at a time, so that a stop waits behind none but the one that runs. What needs more than an entry is told back, for
the ordinary road. A call may be repeated: the entry's identity includes the batch, and the script finds it there.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from typing import Any, Generic, TypeVar

from suppression.address import Address
from suppression.changes import Suppress, plan
from suppression.errors import StoreUnavailable
from suppression.hashed import ALGORITHMS, digests
from suppression.model import Facts, Recipient, Suppression
from suppression.store import codec
from suppression.store.client import Argument, ScriptMissing
from suppression.store.describe import changed
from suppression.store.keys import ShardKeys
from suppression.store.record_lines import encode_record
from suppression.store.sealed import Sealer
from suppression.store.store import Store
from suppression.store.written import known_writes

SCRIPT = resources.files("suppression.store").joinpath("import.lua").read_bytes()
_SHA = hashlib.sha1(SCRIPT, usedforsecurity=False).hexdigest()
ROWS = 384  # a call: some 5 ms of the server's time, and one wait for the disk
_TEMPLATES = 64  # a call: each is as long as some rows
_AT_ONCE = 2  # calls: one runs, one waits
_TRIES, _PAUSE = 40, 0.05

T = TypeVar("T")


class Template:
    """What many rows have in common. `bound`: each entry is of its very address.

    An entry and its record are written once, of a recipient that nobody is: texts made up by chance stand for what
    differs from row to row, so that nothing else in them is taken for it.
    """

    __slots__ = ("_identity", "arguments", "bound", "change")

    def __init__(self, change: Suppress, *, bound: bool) -> None:
        self.change = change
        self.bound = bound
        nobody = Recipient(secrets.token_bytes(16), secrets.token_hex(8))
        one = replace(change, exact=nobody.exact) if bound else change
        self._identity = one.identity.removesuffix(nobody.exact)
        planned = plan(Facts(), one)
        assert isinstance(planned.put, Suppression)  # noqa: S101 - a stop is planned as one
        field, value = codec.suppression_field(one.entry_id), codec.encode_suppression(planned.put)
        record = replace(changed(nobody, one, planned), writes=known_writes("field", (field, value)))
        own = [one.entry_id, one.entry_id, nobody.exact] if bound else []
        parts = _parts(encode_record(record), [nobody.key.hex(), nobody.exact, *own])
        self.arguments: list[Argument] = ["", value.removesuffix(f"{nobody.exact}|"), *parts]
        if not bound:
            self.arguments = [field[1:], value, *parts, "", "", ""]

    def entry_of(self, exact: str) -> bytes:
        """The entry's id of a row of its own address."""
        return hashlib.sha256(f"{self._identity}{exact}".encode()).digest()[:6]

    def change_for(self, recipient: Recipient, note: str) -> Suppress:
        """The same for the ordinary road."""
        exact = recipient.exact if self.bound else None
        return replace(self.change, exact=exact, evidence={"note": note} if note else {})


def _parts(text: str, between: Sequence[str]) -> list[str]:
    """What comes before, between and after these, which come in this order."""
    parts = []
    for stand_in in between:
        part, _, text = text.partition(stand_in)
        parts.append(part)
    return [*parts, text]


@dataclass(slots=True)
class _Call(Generic[T]):
    """Rows of one shard on their way."""

    shard: ShardKeys
    most: int
    templates: dict[Template, bytes] = field(default_factory=dict)
    rows: list[Argument] = field(default_factory=list)
    addresses: list[tuple[Address, bytes]] = field(default_factory=list)
    items: list[T] = field(default_factory=list)
    hashes: list[tuple[ShardKeys, bytes, bytes]] = field(default_factory=list)

    @property
    def full(self) -> bool:
        return len(self.items) >= self.most or len(self.templates) >= _TEMPLATES

    def number(self, template: Template) -> bytes:
        found = self.templates.get(template)
        if found is None:
            found = self.templates[template] = len(self.templates).to_bytes(2, "big")
        return found

    def command(self, sealer: Sealer, epoch: str, batch: str, keep: int) -> list[Argument]:
        """Its arguments. `rows` have gaps where the sealed addresses come."""
        shard = self.shard
        keys = (
            shard.meta,
            shard.recipient(b""),
            shard.address(b""),
            shard.evidence(b"", ""),
            shard.log,
            shard.batch(batch),
        )
        arguments: list[Argument] = ["EVALSHA", _SHA, len(keys), *keys, epoch, keep, len(self.templates)]
        for template in self.templates:
            arguments += template.arguments
        self.rows[1::3] = sealer.addresses(self.addresses)
        return arguments + self.rows


class Bulk(Generic[T]):
    """One batch's way into a store. `put` rows, `send` when it says so, `drain` before what is done is written down.

    keep   seconds that the batch can be undone
    pause  seconds between a call's answer and the next call, for those who wait
    """

    def __init__(self, store: Store, batch: str, keep: float, pause: float = 0.0) -> None:
        self._store = store
        self._batch = batch
        self._keep = int(keep * 1000)
        self._pause = pause
        self._open: dict[int, _Call[T]] = {}
        self._full: list[_Call[T]] = []
        self._running: set[asyncio.Task[None]] = set()
        self._rest: list[T] = []
        self._begun: set[int] = set()

    def put(self, recipient: Recipient, template: Template, note: str, item: T) -> bool:
        """Whether it is time to `send`. The recipient has its address."""
        shard = self._store.shards.of(recipient.key)
        call = self._open.get(shard.number)
        if call is None:
            call = self._open[shard.number] = _Call(shard, self._most(shard.number))
        key = recipient.key
        assert recipient.address is not None  # noqa: S101 - what a row was read as
        fixed = key + key.hex().encode() + recipient.exact.encode() + call.number(template)
        if template.bound:
            entry = template.entry_of(recipient.exact)
            fixed += entry + entry.hex().encode()
        evidence = self._store.sealer.evidence({"note": note}, key) if note else b""
        call.rows += (fixed, b"", evidence)
        call.addresses.append((recipient.address, key))
        call.items.append(item)
        if self._store.hashed_matching:
            call.hashes += _matched(self._store, recipient)
        if call.full:
            self._full.append(self._open.pop(shard.number))
        return bool(self._full)

    def _most(self, number: int) -> int:
        """Of a shard's first call fewer rows, of each another number: rows spread evenly, and calls that were full all
        at once would leave the server nothing to do until then.
        """
        if number in self._begun:
            return ROWS
        self._begun.add(number)
        return 1 + ROWS * (number + 1) // (len(self._store.shards.all) + 1)

    async def send(self) -> None:
        """Begin what is full. Waits only while as many as may are under way. StoreUnavailable."""
        while self._full:
            if len(self._running) >= _AT_ONCE:
                done, self._running = await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
                continue
            self._running.add(asyncio.ensure_future(self._run(self._full.pop())))
            await asyncio.sleep(0)

    async def drain(self) -> list[T]:
        """All that was put is in the store, but for what is returned: that is for the ordinary road."""
        self._full += self._open.values()
        self._open = {}
        self._begun = set()
        await self.send()
        running, self._running = self._running, set()
        await asyncio.gather(*running)
        rest, self._rest = self._rest, []
        return rest

    async def close(self) -> None:
        """Nobody waits for what is under way."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _run(self, call: _Call[T]) -> None:
        if call.hashes:  # before the entry, as `apply` has it: found too early harms nobody
            await _again(lambda: self._note(call))
        command = call.command(self._store.sealer, self._store.steps.epoch, self._batch, self._keep)
        answer = await _again(lambda: self._call(command))
        if answer == b"foreign":
            raise StoreUnavailable("the store is not the one that was opened")
        self._rest += [call.items[int(number)] for number in answer[2:]]
        if self._pause:
            await asyncio.sleep(self._pause)

    async def _note(self, call: _Call[T]) -> None:
        commands = [("HSET", shard.matched, member, value) for shard, member, value in call.hashes]
        await self._store.client.bulk.execute_many(commands)

    async def _call(self, command: list[Argument]) -> Any:
        lane = self._store.client.bulk
        try:
            return await lane.execute(*command)
        except ScriptMissing:  # after a restart or failover; it was not run
            await lane.execute("SCRIPT", "LOAD", SCRIPT)
            return await lane.execute(*command)


async def _again(work: Callable[[], Any]) -> Any:
    """For a while, as long as no answer comes. Each is safe to repeat."""
    for _ in range(_TRIES):
        try:
            return await work()
        except StoreUnavailable:
            await asyncio.sleep(_PAUSE)
    return await work()


def _matched(store: Store, recipient: Recipient) -> list[tuple[ShardKeys, bytes, bytes]]:
    """By what others may mean the recipient: see `matching`."""
    assert recipient.address is not None  # noqa: S101 - as above
    value = recipient.key + bytes.fromhex(recipient.exact)
    found = []
    for algorithm in ALGORITHMS:
        for one in digests(recipient.address, algorithm):
            member = store.keyring.matching(one)
            found.append((store.shards.of(member), member, value))
    return found
