"""What recipients wrote that nobody understood for sure: kept until an agent has decided what it means.

A review is a hash in its recipient's shard, listed in the shard's sorted set of open ones, and comes in the same
step as the pause that stands while it is open: an entry `in_review` whose batch is the review's number. It ends by
a decision, which is claimed before its effects and taken off the list after them, or by the recipient's erasure.
Fields of the hash:
    b   what was written, by whom, where to, what it was taken for: sealed; gone once it is decided
    s   "open", or what it was decided to be: "<decision>|<whose try>"
    z   set once all that the decision means is done
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from suppression.address import parse
from suppression.changes import Suppress
from suppression.decision import Reason
from suppression.errors import Conflict, NotFound, StoreUnavailable
from suppression.model import Channel, Facts, Recipient, Scope, Way
from suppression.records import Record, RecordKind
from suppression.store import codec
from suppression.store.apply import ChangeId, apply, erased
from suppression.store.client import Argument
from suppression.store.keys import handle, parse_handle
from suppression.store.step import Step
from suppression.store.store import Store

HANDLE = "rev_"
NUMBER = 6  # bytes
MOST_OPEN = 20  # of one recipient: what they write beyond is logged, with marketing paused already
LONGEST = 4_000  # characters kept of what was written
_KEY = 16
_KEPT = 90 * 86_400_000  # ms for which it is known that, and how, it was decided
_SLACK = 50  # of one shard, reviews that may have begun in the same millisecond as the last one shown


class Erased(Conflict):
    """Nothing that the recipient writes is kept."""


@dataclass(frozen=True, slots=True)
class Wrote:
    """What came in. `suggestion`: what it was taken for, by name; `paused`: what stands still meanwhile.

    message   the provider's id of it
    to        our number or address that it came to
    """

    channel: Channel
    sender: str
    text: str = field(repr=False)
    at: datetime
    way: Way
    source: str
    message: str
    to: str
    suggestion: Mapping[str, str]
    paused: Scope


@dataclass(frozen=True, slots=True)
class Review:
    """`recipient` with its address. `decided`: the decision that is being carried out, "" for none."""

    id: str
    recipient: Recipient
    wrote: Wrote
    decided: str = ""

    @property
    def number(self) -> bytes:
        return bytes.fromhex(parse_handle(HANDLE, self.id)[1])


class Reviews:
    """The reviews of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lane = store.client.stops

    # In.

    async def open(self, recipient: Recipient, wrote: Wrote, change_id: str, kept: float) -> str | None:
        """Queue it and pause what it may be about; its id, the same for every repeat of `change_id`.

        None: so many of this recipient are open that one more tells nobody anything. Erased.
        """
        number = hashlib.sha256(f"review|{change_id}".encode()).digest()[:NUMBER]
        name = handle(HANDLE, recipient.key, number.hex())
        facts = await self._store.facts(recipient, self._lane)
        pauses = [entry for entry in facts.suppressions if entry.reason is Reason.IN_REVIEW]
        if len(pauses) >= MOST_OPEN and all(entry.batch != number.hex() for entry in pauses):
            return None
        pause = Suppress(
            wrote.paused,
            Reason.IN_REVIEW,
            wrote.way,
            wrote.source,
            "recipient",
            self._store.now(),
            batch=number.hex(),
        )

        def also(step: Step, now: Facts) -> None:
            if erased(now):
                raise Erased("nothing is kept of an erased recipient")
            self._write(step, recipient, number, wrote)

        await apply(self._store, recipient, pause, ChangeId(change_id, "-", kept), also=also)
        return name

    def _write(self, step: Step, recipient: Recipient, number: bytes, wrote: Wrote) -> None:
        key = step.shard.review(recipient.key, number)
        sealed = self._store.sealer.evidence(_fields(recipient, wrote), recipient.key)
        step.write_key("hset", key, 2, "s", "open", "b", sealed)
        step.write_key("due", step.shard.reviews, 0, recipient.key + number)

    # The queue.

    async def waiting(self, limit: int, after: str = "") -> tuple[list[Review], str]:
        """Oldest first, and where to go on: "" at the end. `after`: what an earlier call gave. NotFound."""
        start = _place(after)
        commands = [
            ("ZRANGEBYSCORE", shard.reviews, start[0], "+inf", "WITHSCORES", "LIMIT", 0, limit + _SLACK)
            for shard in self._store.shards.all
        ]
        replies = await self._store.client.bulk.read(commands)
        places = sorted(
            (round(float(score)), member)
            for reply in replies
            for member, score in zip(reply[::2], reply[1::2], strict=True)
        )
        places = [place for place in places if place > start][: limit + 1]
        shown = await self._read([member for _, member in places[:limit]])
        more = f"{places[limit - 1][0]}.{places[limit - 1][1].hex()}" if len(places) > limit else ""
        return [review for review in shown if review is not None], more

    async def find(self, review_id: str) -> Review:
        """An open one. NotFound; Conflict when it was decided."""
        key, number = parse_handle(HANDLE, review_id)
        member = key + bytes.fromhex(number)
        (found,) = await self._read([member])
        if found is not None:
            return found
        name = self._store.shards.of(key).review(key, member[_KEY:])
        if await self._lane.read_one("EXISTS", name):
            raise Conflict("decided already")
        raise NotFound("no such review, or not any more")

    async def _read(self, members: list[bytes]) -> list[Review | None]:
        if not members:
            return []
        asked: list[list[Argument]] = []
        for member in members:
            shard = self._store.shards.of(member[:_KEY])
            asked += [["HGET", shard.meta, "epoch"]]
            asked += [["HMGET", shard.review(member[:_KEY], member[_KEY:]), "s", "b"]]
        replies = await self._lane.read(asked)
        if any(epoch != self._store.steps.epoch.encode() for epoch in replies[::2]):
            raise StoreUnavailable("the store is not the one that was opened")
        return [self._decoded(member, *reply) for member, reply in zip(members, replies[1::2], strict=True)]

    def _decoded(self, member: bytes, state: bytes | None, sealed: bytes | None) -> Review | None:
        if state is None or sealed is None:
            return None  # decided, or erased, since it was listed
        key = member[:_KEY]
        told = self._store.sealer.open_evidence(sealed, key)
        decided = "" if state == b"open" else state.decode().partition("|")[0]
        return Review(
            handle(HANDLE, key, member[_KEY:].hex()),
            self._store.keyring.recipient(parse(told["address"], told["channel"])),
            _wrote(told),
            decided,
        )

    # Its end.

    async def claim(self, review_id: str, decision: str, attempt: str, actor: str) -> Review | None:
        """Make this the decision, logged. None: this very try made it before, and all was done.

        Conflict: another decision, or another try's. NotFound.
        """
        key, number = parse_handle(HANDLE, review_id)
        shard = self._store.shards.of(key)
        name, claimed = shard.review(key, bytes.fromhex(number)), f"{decision}|{attempt}"
        record = Record(
            RecordKind.REVIEWED,
            codec.milliseconds(self._store.now()),
            recipient=key.hex(),
            actor=actor,
            details={"review": review_id, "decision": decision},
        )
        step = Step(shard, key, record)
        step.hold(name, "s", "open")
        step.write_key("hset", name, 1, "s", claimed)
        answer = await self._store.steps.run(step, self._lane, self._store.client.timeout)
        if answer.word == "lost":
            state, done = await self._lane.read_one("HMGET", name, "s", "z")
            if state is None:
                raise NotFound("no such review, or not any more")
            if state != claimed.encode():
                raise Conflict("decided already")
            if done:
                return None
        return await self.find(review_id)

    async def pause(self, review: Review) -> str | None:
        """The id of the entry that stands while the review is open; None when it does no longer."""
        facts = await self._store.facts(review.recipient, self._lane)
        number = review.number.hex()
        paused = (
            entry
            for entry in facts.suppressions
            if entry.reason is Reason.IN_REVIEW and entry.batch == number
        )
        return next((entry.id for entry in paused), None)

    async def close(self, review: Review) -> None:
        """All that was decided is done: what was written goes."""
        key = review.recipient.key
        shard = self._store.shards.of(key)
        name = shard.review(key, review.number)
        step = Step(shard, key, None)
        step.write_key("hset", name, 1, "z", "1")
        step.write_key("hdel", name, "b")
        step.write_key("expire", name, _KEPT)
        step.write_key("undue", shard.reviews, key + review.number)
        await self._store.steps.run(step, self._lane, self._store.client.timeout)


def _fields(recipient: Recipient, wrote: Wrote) -> dict[str, str]:
    address = recipient.address
    if address is None:
        raise ValueError("who writes has an address")
    paused = wrote.paused
    return {
        "address": address.text,
        "channel": wrote.channel.value,
        "sender": wrote.sender,
        "text": wrote.text[:LONGEST],
        "at": str(codec.milliseconds(wrote.at)),
        "way": wrote.way.value,
        "source": wrote.source,
        "message": wrote.message,
        "to": wrote.to,
        "suggestion": json.dumps(dict(wrote.suggestion)),
        "paused": json.dumps([sorted(paused.channels), paused.purpose, paused.sender, paused.app]),
    }


def _wrote(told: Mapping[str, str]) -> Wrote:
    channels, *where = json.loads(told["paused"])
    return Wrote(
        channel=Channel(told["channel"]),
        sender=told["sender"],
        text=told["text"],
        at=codec.moment(int(told["at"])),
        way=Way(told["way"]),
        source=told["source"],
        message=told["message"],
        to=told["to"],
        suggestion=json.loads(told["suggestion"]),
        paused=Scope(frozenset(map(Channel, channels)), *where),
    )


def _place(after: str) -> tuple[int, bytes]:
    """The beginning and the member of the last review shown. NotFound for no such thing."""
    if not after:
        return 0, b""
    began, _, member = after.partition(".")
    try:
        return int(began), bytes.fromhex(member)
    except ValueError:
        raise NotFound("no place in the queue") from None
