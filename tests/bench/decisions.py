"""Decisions through the store API, a stop beside them, the pure decision, and a recipient's size in the store."""

import asyncio
import resource
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from timeit import repeat

import uvloop

from gateway.embedded.server import EmbeddedServer
from gateway.processes.garbage import tame
from gateway.roads.pipeline import Ask, Pipeline
from suppression.address import parse_email
from suppression.changes import Suppress
from suppression.decision import Reason
from suppression.model import App, Channel, Facts, Recipient, Request, Scope, Sender, Suppression, Way
from suppression.policy import decide
from suppression.purposes import Catalogue
from suppression.store.apply import apply
from suppression.store.hand_over import HandOver
from suppression.store.opening import StoreSettings, open_store, prepare
from suppression.store.permit import Permit
from suppression.store.store import Store
from tests.bench.result import Result
from tests.conftest import SECRETS

CATALOGUE = Catalogue.shipped()
APP = App("shop", "brand")
SENDERS = {"brand": Sender("brand", "The Brand")}
AT_ONCE = 50
DECISIONS = 20_000
WAITING = 2_000
STOPS = 200
RECIPIENTS = 20_000


@asynccontextmanager
async def a_store() -> AsyncIterator[Store]:
    with TemporaryDirectory() as folder, EmbeddedServer(Path(folder)) as server:
        settings = StoreSettings(f"unix://{server.socket}")
        await prepare(settings, SECRETS, CATALOGUE)
        store = await open_store(settings, SECRETS)
        try:
            yield store
        finally:
            await store.close()


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def send(pipeline: Pipeline, number: int) -> None:
    ask = Ask(
        APP, Channel.EMAIL, CATALOGUE.find("transactional/orders"), parse_email(f"r{number}@example.net")
    )
    permit = await pipeline.permit(ask, HandOver(f"m{number}", "message"))
    assert isinstance(permit, Permit)


async def decisions() -> list[Result]:
    """Facts and commit, fsync always, AT_ONCE concurrent in one process."""
    async with a_store() as store:
        pipeline = Pipeline(store, CATALOGUE, SENDERS)
        await send(pipeline, 0)
        numbers = iter(range(1, DECISIONS + 1))
        taken: list[float] = []

        async def worker() -> None:
            for number in numbers:
                began = time.perf_counter()
                await send(pipeline, number)
                taken.append(time.perf_counter() - began)

        began = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
        rate = DECISIONS / (time.perf_counter() - began)
    return [
        Result("decision (facts + commit, fsync always), 50 concurrent", rate, "per second", goal=">= 4,000"),
        Result("the same, p99", percentile(taken, 0.99) * 1000, "ms", goal="<= 25"),
    ]


async def stops() -> list[Result]:
    """A stop in its lane beside sends that wait in theirs."""
    async with a_store() as store:
        pipeline = Pipeline(store, CATALOGUE, SENDERS)
        running, taken, number = True, [], 0

        async def sender() -> None:
            nonlocal number
            while running:
                number += 1
                await send(pipeline, number)

        tasks = [asyncio.create_task(sender()) for _ in range(WAITING)]
        await asyncio.sleep(1)
        for stopped in range(STOPS):
            recipient = store.keyring.recipient(parse_email(f"stop{stopped}@example.net"))
            began = time.perf_counter()
            await apply(store, recipient, stop(store))
            taken.append(time.perf_counter() - began)
            await asyncio.sleep(0.005)
        running = False
        await asyncio.gather(*tasks)
    return [
        Result("a stop beside 2,000 waiting sends, p99", percentile(taken, 0.99) * 1000, "ms", goal="<= 20")
    ]


def stop(store: Store) -> Suppress:
    scope = Scope(frozenset({Channel.EMAIL}), "marketing/promotions", "brand")
    return Suppress(scope, Reason.UNSUBSCRIBED, Way.ONE_CLICK, "link", "recipient", store.now())


async def memory() -> list[Result]:
    """What a recipient with one suppression takes in the store, without sealed address and evidence."""
    async with a_store() as store:
        for shard in store.shards.all:  # records are the archive's to take; markers end after a minute
            await store.client.sends.execute("DEL", shard.log)
        before = await used(store)
        keys = [store.keyring.recipient(parse_email(f"r{n}@example.net")).key for n in range(RECIPIENTS)]
        for start in range(0, RECIPIENTS, 500):
            batch = keys[start : start + 500]
            await asyncio.gather(*(apply(store, Recipient(key, ""), stop(store)) for key in batch))
        for shard in store.shards.all:
            await store.client.sends.execute("DEL", shard.log)
        for key in await store.client.sends.execute("KEYS", "{*}i*"):
            await store.client.sends.execute("DEL", key)
        grown = (await used(store) - before) / RECIPIENTS
    return [Result("a recipient with one suppression", grown, "bytes", goal="<= 220")]


async def used(store: Store) -> int:
    info = await store.client.sends.execute("INFO", "memory")
    (line,) = (line for line in info.decode().splitlines() if line.startswith("used_memory:"))
    return int(line.partition(":")[2])


def pure() -> list[Result]:
    """decide() itself with 30 facts."""
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    entries = tuple(
        Suppression(
            f"{n:012x}",
            Scope(purpose=f"marketing/p{n}"),
            Reason.UNSUBSCRIBED,
            Way.LINK,
            "s",
            "a",
            now,
            f"{n}-0",
        )
        for n in range(30)
    )
    facts = Facts(version="1-0", suppressions=entries)
    recipient = Recipient(b"k" * 16, "e" * 16, parse_email("r@example.net"))
    request = Request(APP, Channel.EMAIL, CATALOGUE.find("transactional/orders"), recipient, now)
    runs = repeat(lambda: decide(request, facts, CATALOGUE), number=1000, repeat=9)
    return [Result("decide(), 30 facts, median", sorted(runs)[4] * 1000, "us", goal="<= 20")]


def results() -> list[Result]:
    tame()
    found = [*uvloop.run(decisions()), *uvloop.run(stops()), *uvloop.run(memory()), *pure()]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [*found, Result("peak memory of this benchmark's process", peak, "MiB")]
