"""The log into the archive: how many records a second one process moves from the store's streams into files."""

import asyncio
import random
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from gateway.archive.archiver import Archiver
from gateway.archive.folder import Folder
from gateway.archive.manifest import Chain
from gateway.processes.garbage import tame
from suppression.records import Record, RecordKind
from suppression.store.client import Argument
from suppression.store.hot import HotLog
from suppression.store.record_lines import encode_record
from suppression.store.store import Store
from tests.bench.decisions import a_store
from tests.bench.result import Result

RECORDS = 300_000
BATCH = 500
PURPOSES = ("marketing/promotions", "transactional/orders", "account/changes")


def sent(at: int) -> tuple[str, str]:
    """The two records of a mail that went."""
    recipient, purpose = random.randbytes(16).hex(), random.choice(PURPOSES)
    of_both = {
        "recipient": recipient,
        "channel": "email",
        "purpose": purpose,
        "sender": "brand",
        "app": "shop",
    }
    going = Record(
        RecordKind.HANDING_OVER,
        at,
        exact=random.randbytes(8).hex(),
        outcome="send",
        reason="consent",
        rule="consent",
        fact=random.randbytes(6).hex(),
        policy="5f0c6f1b3a2d4e88",
        **of_both,  # type: ignore[arg-type]
    )
    gone = Record(
        RecordKind.SENT,
        at + random.randrange(200),
        decision=f"06jq{random.randrange(1 << 40):012d}",
        text="ok queued",
        code=250,
        status="2.0.0",
        **of_both,  # type: ignore[arg-type]
    )
    return encode_record(going), encode_record(gone)


async def fill(store: Store) -> None:
    began = round(time.time() * 1000)
    for first in range(0, RECORDS // 2, BATCH):
        commands: list[Sequence[Argument]] = []
        for _ in range(BATCH):
            shard = random.choice(store.shards.all)
            commands += [("XADD", shard.log, "*", "r", record) for record in sent(began + first)]
        await store.client.bulk.execute_many(commands)


async def archiving() -> list[Result]:
    with TemporaryDirectory() as folder:
        async with a_store() as store:
            await fill(store)
            archiver = Archiver(HotLog(store), Folder(Path(folder)), Path(folder, "scratch"))
            began, full = time.perf_counter(), True
            while full:
                moved = await archiver.cycle()
                full = moved is not None and moved.full
            rate = RECORDS / (time.perf_counter() - began)
        files = (await asyncio.to_thread(Chain(Folder(Path(folder))).state)).files.values()
    return [
        Result(
            "records moved from the store into the archive, one process", rate, "per second", goal=">= 10,000"
        ),
        Result(
            "a record in the archive, before files are made one",
            sum(f.bytes for f in files) / RECORDS,
            "bytes",
        ),
    ]


def results() -> list[Result]:
    tame()
    return uvloop.run(archiving())
