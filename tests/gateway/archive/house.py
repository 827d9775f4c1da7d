"""A log with records of all sorts, an archive of it, and the books of both."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from gateway.archive import columns
from gateway.archive.archiver import Archiver, Cycle
from gateway.archive.folder import Folder
from gateway.archive.manifest import Chain
from gateway.archive.places import Place
from suppression.address import parse
from suppression.changes import GiveConsent, Suppress
from suppression.decision import Reason, Send
from suppression.model import App, Basis, Channel, Request, Scope, Way
from suppression.purposes import Catalogue
from suppression.records import SCHEMA, Record, RecordKind
from suppression.store.apply import apply
from suppression.store.client import Argument
from suppression.store.hand_over import REMEMBERED, HandOver
from suppression.store.hot import HotLog
from suppression.store.keys import ShardKeys, record_id
from suppression.store.permit import Permit
from suppression.store.record_lines import decode_record, encode_record
from suppression.store.store import Store

STEPS = ("look", "read", "write", "place", "publish", "confirm", "remember", "remove")
APP = App("shop", "brand")
CATALOGUE = Catalogue.shipped()
PURPOSES = ("marketing/promotions", "transactional/orders", "service/incidents", "", "*")
UNREADABLE = (b"", b"[]", b'{"n":1', b"\xff", b'{"n":1,\n"kind":"sent"}')
# JSON that Python reads and DuckDB makes no columns of.
UNUSABLE = (
    b'{"n":1,"kind":"sent","at":"yesterday"}',
    b'{"n":1,"kind":"sent","at":5,"recipient":"no hex"}',
    b'{"n":1,"kind":"sent","at":5,"code":99999999999}',
    b'{"n":1,"kind":"sent","at":99999999999999999999}',
    b'{"n":1,"kind":"sent","at":5,"text":NaN,"code":Infinity}',
)


def archiver(store: Store, root: Path, place: Place | None = None, **options: Any) -> Archiver:
    return Archiver(HotLog(store), place or Folder(root), root.parent / "scratch", **{"page": 50, **options})


async def begun(store: Store, root: Path) -> Cycle:
    cycle = await archiver(store, root).begin()
    assert cycle
    return cycle


async def take(cycle: Cycle, first: int, last: int) -> None:
    """Steps without the look at the lease between them: as who falls asleep behind that look."""
    for step in cycle.steps[first:last]:
        await step()


async def lease_over(store: Store) -> None:
    """As if nobody had renewed it for as long as it lasts."""
    await store.client.bulk.execute("HSET", store.shards.all[0].archiver, "until", 0)


async def finish(store: Store, root: Path) -> None:
    """By another, when the lease of who was there is over."""
    await lease_over(store)
    other = archiver(store, root)
    assert await other.cycle()
    await other.release()


async def logged(store: Store, people: int = 3) -> None:
    """As the gateway logs: a consent, a send with its outcome, and a stop of each."""
    for number in range(people):
        recipient = store.keyring.recipient(parse(f"person{number}-{random.random()}@example.net"))
        scope = Scope(frozenset(), "marketing", "brand")
        await apply(
            store, recipient, GiveConsent(scope, Basis.OPT_IN, "form", "me", store.now(), recipient.exact)
        )
        purpose = CATALOGUE.find("transactional/orders")
        request = Request(APP, Channel.EMAIL, purpose, recipient, store.now())
        facts = await store.facts(recipient)
        answer = await store.commit(
            request, Send(Reason.NO_CONSENT_NEEDED), facts, HandOver(f"m{random.random()}", "message")
        )
        assert isinstance(answer, Permit)
        sent = Record(RecordKind.SENT, 5, text='250 "é" ok', code=250, recipient=recipient.key.hex())
        await store.settle(answer, HandOver("m", "message"), sent, REMEMBERED)
        stop = Suppress(Scope(), Reason.UNSUBSCRIBED, Way.AGENT, "test", "tester", store.now())
        await apply(store, recipient, stop)


def some_record() -> Record:
    return Record(
        random.choice([RecordKind.SENT, RecordKind.DECIDED, RecordKind.SUPPRESSED]),
        1_795_000_000_000 + random.randrange(1_000_000),
        recipient=random.randbytes(16).hex(),
        channel="email",
        purpose=random.choice(PURPOSES),
        sender="brand",
        app="shop",
        decision="0123456789abcdef",
        details={"hop": "smtp.example.com"},
    )


async def raw(store: Store, count: int, shards: Sequence[ShardKeys] = ()) -> None:
    """Many, straight into the streams."""
    among = shards or store.shards.all
    lines = [encode_record(some_record()) for _ in range(min(count, 500))]
    for first in range(0, count, 1000):
        commands: list[Sequence[Argument]] = [
            ("XADD", random.choice(among).log, "*", "r", random.choice(lines))
            for _ in range(min(1000, count - first))
        ]
        await store.client.bulk.execute_many(commands)


async def strange(store: Store) -> None:
    """What this version cannot read, or not all of."""
    newer = {"n": SCHEMA + 1, "kind": "beamed", "at": 5, "recipient": "0f" * 16, "colour": "green"}
    for line in (*UNREADABLE, *UNUSABLE, json.dumps(newer).encode()):
        await store.client.bulk.execute("XADD", store.shards.all[1].log, "*", "r", line)


Id = tuple[int, int, int]


async def hot_lines(store: Store) -> dict[Id, dict[bytes, bytes]]:
    """What the streams have: fields by (shard, ms, seq)."""
    hot, found = HotLog(store), {}
    for shard in hot.shards:
        for line in await hot.read(shard, 1_000_000):
            fields = dict(zip(line.fields[::2], line.fields[1::2], strict=True))
            found[shard.number, line.ms, line.seq] = fields
    return found


def archived(place: Place) -> list[tuple[Any, ...]]:
    """The rows of all files that the chain names, as somebody has them who comes new."""
    state = Chain(place).state()
    paths = [str(place.local(file)) for file in state.files.values()]
    if not paths:
        return []
    names = ", ".join(f'"{name}"' for name in columns.NAMES)
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT {names} FROM read_parquet(?, hive_partitioning = false)", [paths]
        ).fetchall()
    assert len(rows) == sum(file.records for file in state.files.values())
    return rows


def ids(rows: Sequence[tuple[Any, ...]]) -> Counter[Id]:
    return Counter((row[0], row[1], row[2]) for row in rows)


@dataclass
class Books:
    """All that was ever logged, and where it has to be."""

    store: Store
    root: Path
    logged: dict[Id, dict[bytes, bytes]]

    @classmethod
    async def opened(cls, store: Store, root: Path) -> "Books":
        return cls(store, root, await hot_lines(store))

    async def note(self) -> None:
        """What was logged since."""
        self.logged |= await hot_lines(self.store)

    async def check(self) -> None:
        """Nothing is lost, nothing is twice in the files."""
        files = ids(archived(Folder(self.root)))
        assert {number for number in files.values() if number != 1} == set(), "twice in the files"
        hot = await hot_lines(self.store)
        assert set(files) | set(hot) == set(self.logged)

    async def check_all_archived(self) -> None:
        """The streams are empty, the files have each record once, and as it was logged."""
        await self.check()
        assert await hot_lines(self.store) == {}
        rows = archived(Folder(self.root))
        assert len(rows) == len(self.logged)
        for row in rows:
            fields = self.logged[row[0], row[1], row[2]]
            assert _same(row, fields)


def _same(row: tuple[Any, ...], fields: dict[bytes, bytes]) -> bool:
    values = dict(zip(columns.NAMES, row, strict=True))
    if values["newer"] is None:
        number = record_id(values["shard"], f"{values['ms']}-{values['seq']}")
        return columns.record_of(row) == decode_record(number, fields)
    if values["kind"] != columns.UNREADABLE:
        return bool(json.loads(values["newer"]) == json.loads(fields[b"r"]))
    return bool(json.loads(values["newer"])["r"].encode("latin-1") == fields[b"r"])


async def with_history(books: Books, cycles: int = 2) -> None:
    """An archive of some cycles, and a log that goes on."""
    own = archiver(books.store, books.root)
    for _ in range(cycles):
        assert await own.cycle()
        await raw(books.store, 30)
        await books.note()
    await own.release()
