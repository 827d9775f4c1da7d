"""Dispatching to a stand-in for Twilio that answers in 50 ms, and handing out with few and with very many waiting."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from statistics import median

import uvloop

from gateway.processes.garbage import tame
from gateway.roads.pipeline import Ask
from suppression.address import parse
from suppression.model import Channel
from suppression.outbox import Draft
from suppression.store.client import Argument
from suppression.store.store import Store
from tests.bench.decisions import a_store, used
from tests.bench.result import Result
from tests.gateway.duties.office import APPS, CATALOGUE, ORDERS, Office

DELAY = 50  # ms that the stand-in takes
TEXTS = 8_000
FEW = 1_000
MANY = int(os.environ.get("BENCH_WAITING", "200_000"))  # 1_000_000 takes some three minutes to fill
BATCH = 1_000
BODY = "Your order 1234 is on its way and arrives tomorrow. Reply STOP to end texts."


@contextmanager
def stand_in() -> Iterator[str]:
    """Its URL: a process of its own."""
    command = [sys.executable, "-m", "tests.twilio_stand_in", "--delay-ms", str(DELAY)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield str(json.loads(process.stdout.readline())["url"])
        finally:
            process.terminate()


@asynccontextmanager
async def an_office(url: str = "http://127.0.0.1:9") -> AsyncIterator[Office]:
    async with a_store() as store:
        office = Office(store, {"brand": url, "other": url})
        try:
            yield office
        finally:
            await office.close()


async def fill(office: Office, numbers: Sequence[int]) -> None:
    """Through the road that every text takes."""
    purpose = CATALOGUE.find(ORDERS)
    for start in range(0, len(numbers), BATCH):
        asked = [
            (
                Ask(APPS["shop"], Channel.SMS, purpose, parse(f"+1{2_020_000_000 + n}", "sms")),
                Draft(n.to_bytes(8, "big"), {"body": BODY}),
            )
            for n in numbers[start : start + BATCH]
        ]
        await office.sending.accept_many(asked)


async def left(store: Store) -> int:
    """Entries that nobody has sent yet."""
    commands: list[Sequence[Argument]] = [
        ("ZCARD", key) for shard in store.shards.all for key in (shard.due, shard.leased)
    ]
    return sum(await store.client.bulk.read(commands))


async def rate(office: Office, count: int) -> float:
    """Texts a second, from the first claim until `count` of those that wait are sent and recorded."""
    before = await left(office.store)
    desk = office.desk()
    began = time.perf_counter()
    desk.start()
    while before - await left(office.store) < count:  # noqa: ASYNC110 - the store has no event for it
        await asyncio.sleep(0.05)
    taken = time.perf_counter() - began
    await desk.drain(10)
    return count / taken


async def hand_out(office: Office) -> float:
    """Microseconds for an entry, claimed by four."""
    taken: list[float] = []
    for _ in range(2):  # the first time warms up
        taken.clear()
        for shard in office.store.shards.all:
            began = time.perf_counter()
            found = len(await office.outbox.claim(shard.number, 4, 60))
            taken.append((time.perf_counter() - began) / max(found, 1))
    return median(taken) * 1e6


async def dispatching() -> list[Result]:
    with stand_in() as url:
        async with an_office(url) as office:
            await fill(office, range(TEXTS))
            found = await rate(office, TEXTS)
    return [
        Result("texts dispatched, Twilio answers in 50 ms, one process", found, "per second", goal=">= 800")
    ]


async def waiting() -> list[Result]:
    """Handing out with a thousand texts waiting, then with many; what one takes up."""
    async with an_office() as office:
        await fill(office, range(FEW))
        few = await hand_out(office)
        await forget_records(office.store)
        before = await used(office.store)
        began = time.perf_counter()
        await fill(office, range(FEW, FEW + MANY))
        accepted = MANY / (time.perf_counter() - began)
        many = await hand_out(office)
        await forget_records(office.store)
        size = (await used(office.store) - before) / MANY - len(BODY)
    return [
        Result(f"a text handed out, {MANY:,} waiting", many, "us", goal="as with 1,000"),
        Result("the same, 1,000 waiting", few, "us"),
        Result("a waiting text beside its body", size, "bytes", goal="<= 600"),
        Result("texts accepted into the outbox, in batches of 1,000", accepted, "per second"),
    ]


async def forget_records(store: Store) -> None:
    """They are the archive's to take."""
    lane = store.client.sends
    await lane.execute_many([["DEL", shard.log] for shard in store.shards.all])
    while b"lazyfree_pending_objects:0" not in await lane.execute("INFO", "memory"):  # noqa: ASYNC110 - the same
        await asyncio.sleep(0.05)


def results() -> list[Result]:
    tame()
    return [*uvloop.run(dispatching()), *uvloop.run(waiting())]
