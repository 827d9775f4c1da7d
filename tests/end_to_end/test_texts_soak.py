"""Texts by the thousand, dispatchers killed at random, Twilio failing at times: in the end the books agree.

`SOAK_TEXTS=100000` for the full number (`make soak`); a few thousand without it.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from gateway.duties.times import Times
from gateway.embedded.server import EmbeddedServer
from gateway.roads.pipeline import Ask
from suppression.address import parse
from suppression.errors import Conflict, StoreUnavailable
from suppression.model import Channel
from suppression.outbox import ENDED, Draft, Entry, State
from suppression.store.opening import StoreSettings
from suppression.store.transitions import Lost
from tests.conftest import fresh_store, url_of
from tests.faults.dispatcher_process import ROOT, DispatcherProcess
from tests.gateway.duties.office import APPS, CATALOGUE, ORDERS, Office
from tests.twilio_stand_in import read_log

TEXTS = int(os.environ.get("SOAK_TEXTS", "3_000"))
STOPPED = 50  # recipients that say stop meanwhile
WITHDRAWN = 50  # texts that the app cancels meanwhile
DISPATCHERS = 2
TIMES = Times(lease=2.0, settle=1.5, look_up_after=3.0, give_up_after=10.0)
FAULTS = [{"status": 500}, *({"fault": fault} for fault in ("close_before", "close_after", "cut", "garbage"))]
ON_ITS_WAY = 2.5  # seconds that what was submitted before a stop may still take

Stops = dict[str, float]  # when each was told that they are stopped, by number


T = TypeVar("T")


def number_of(n: int) -> str:
    return f"+1{2_020_000_000 + n}"


@contextmanager
def stand_in(log: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.twilio_stand_in", "--delay-ms", "20", "--log", str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        try:
            yield str(json.loads(process.stdout.readline())["url"])
        finally:
            process.terminate()


@asynccontextmanager
async def going_on(*works: asyncio.Task[None]) -> AsyncIterator[None]:
    """Until this ends."""
    try:
        yield
    finally:
        for work in works:
            work.cancel()
        for work in works:
            with suppress(asyncio.CancelledError):
                await work


async def kill_at_random(store_url: str, twilio_url: str, log: Path) -> None:
    """So many dispatchers at a time; now one is killed and another takes its place, which lives for a while."""
    running: list[DispatcherProcess] = []
    try:
        while True:
            while len(running) < DISPATCHERS:
                running.append(DispatcherProcess(store_url, twilio_url, TIMES, log))
                with suppress(AssertionError):  # where the store was too busy for it
                    await asyncio.to_thread(running[-1].wait_started)
            await asyncio.sleep(random.uniform(1.0, 4.0))
            victim = running.pop(random.randrange(len(running)))
            if random.random() < 0.8:
                victim.kill()
            else:
                await asyncio.to_thread(victim.stop)
    finally:
        for process in running:
            process.kill()


async def fail_at_times(twilio_url: str) -> None:
    """One request now and then: what it was, and whether it was processed, nobody can tell from its answer."""
    control = twilio_url + "/control/"
    async with aiohttp.ClientSession() as session:
        while True:
            await asyncio.sleep(random.uniform(0.2, 1.0))
            async with session.post(control, json={}) as answer:
                waiting = (await answer.json(content_type=None))["next"]
            if not waiting:  # the last one failed somebody
                await (await session.post(control, json={"next": [random.choice(FAULTS)]})).read()


async def say_stop(office: Office, stops: Stops) -> None:
    for n in random.sample(range(TEXTS), STOPPED):
        await patiently(partial(office.stop, number_of(n)))
        stops[number_of(n)] = time.time()
        await asyncio.sleep(0.05)


async def withdraw(office: Office, messages: Sequence[str]) -> None:
    for message in random.sample(messages, WITHDRAWN):
        with suppress(Conflict, Lost):  # it was sent already
            await patiently(partial(office.outbox.cancel, message, actor="app", reason="app"))
        await asyncio.sleep(0.05)


async def accept_all(office: Office, messages: list[str]) -> None:
    purpose = CATALOGUE.find(ORDERS)
    for start in range(0, TEXTS, 500):
        asked = [
            (
                Ask(APPS["shop"], Channel.SMS, purpose, parse(number_of(n), "sms")),
                Draft(n.to_bytes(8, "big"), {"body": f"Order {n} is on its way."}, repeats=True),
            )
            for n in range(start, min(start + 500, TEXTS))
        ]
        accepted = await patiently(partial(office.sending.accept_many, asked))
        messages += [one.id for one in accepted]


async def left(office: Office) -> int:
    """How many are not at their end."""
    commands = [("ZCARD", key) for shard in office.store.shards.all for key in (shard.due, shard.leased)]
    return sum(await patiently(lambda: office.store.client.bulk.read(commands)))


async def until_left(office: Office, few: int) -> None:
    async with asyncio.timeout(120 + TEXTS / 50):
        while await left(office) > few:  # noqa: ASYNC110 - the store has no event for it
            await asyncio.sleep(0.5)


async def read_all(office: Office, messages: Sequence[str]) -> list[Entry]:
    return [await patiently(partial(office.outbox.entry, message)) for message in messages]


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """The machine has other things to do; what is asked here may be asked again."""
    while True:
        try:
            return await ask()
        except StoreUnavailable:
            await asyncio.sleep(0.2)


@pytest.mark.slow
async def test_in_the_end_every_text_is_accounted_for(tmp_path: Path) -> None:
    log = tmp_path / "twilio.log"
    with EmbeddedServer(tmp_path / "store") as server, stand_in(log) as twilio_url:
        office = Office(await fresh_store(StoreSettings(url_of(server))), {})
        messages: list[str] = []
        stops: Stops = {}
        dispatchers = asyncio.create_task(
            kill_at_random(url_of(server), twilio_url, tmp_path / "dispatchers.log")
        )
        async with going_on(dispatchers):
            async with going_on(asyncio.create_task(fail_at_times(twilio_url))):
                await accept_all(office, messages)
                await asyncio.gather(say_stop(office, stops), withdraw(office, messages))
                await until_left(office, TEXTS // 10)
            await until_left(office, 0)
        entries = await read_all(office, messages)
        held = await patiently(partial(office.outbox.held, TEXTS))
        await office.store.close()
    taken = read_log(log)

    counted = Counter(entry.state for entry in entries)
    print(f"{TEXTS} texts: {dict(counted)}, {len(taken)} at Twilio")
    assert len(messages) == len(set(messages)) == sum(counted.values()) == TEXTS
    assert set(counted) <= ENDED
    assert {entry.id for entry in held} == {entry.id for entry in entries if entry.state is State.UNKNOWN}
    check_books(entries, taken)
    check_stops(taken, stops)


def check_books(entries: Sequence[Entry], taken: Sequence[dict[str, str]]) -> None:
    """What we say was sent is what Twilio took, text for text; and of no text did it take two."""
    theirs = {message_of(record): record["sid"] for record in taken}
    assert len(theirs) == len(taken)
    ours = {entry.id: entry.reference for entry in entries if entry.state is State.SENT}
    assert ours == theirs


def message_of(record: dict[str, str]) -> str:
    return parse_qs(urlsplit(record["StatusCallback"]).query)["m"][0]


def check_stops(taken: Sequence[dict[str, str]], stops: Stops) -> None:
    """Nothing reached anybody who had been told that they are stopped."""
    late = [record for record in taken if float(record["at"]) > stops.get(record["To"], 1e12) + ON_ITS_WAY]
    assert len(stops) == STOPPED
    assert late == []
