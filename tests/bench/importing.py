"""How many rows of a list one process imports in a second, what it holds of it, and how long others wait."""

import asyncio
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from gateway.imports.importing import Brought, Importing, Spooled, digest_of
from gateway.imports.rows import Options
from gateway.processes.garbage import tame
from gateway.state.imports import Import, State
from suppression.address import parse_email
from suppression.changes import Suppress
from suppression.decision import Reason
from suppression.model import Channel, Scope, Way
from suppression.store.apply import apply
from suppression.store.store import Store
from tests.bench.decisions import CATALOGUE, SENDERS, a_store, percentile
from tests.bench.result import Result

ROWS = 1_000_000
_BETWEEN = 0.05  # seconds, of the stops beside it
_LOOKS = 0.1  # seconds, at the memory
_MAIL = frozenset({Channel.EMAIL})


async def imported(rows: int = ROWS) -> list[Result]:
    """A list as SendGrid exports it: read, sealed, logged, fsync always; beside it now and then a recipient's stop."""
    with TemporaryDirectory() as folder:
        file = await asyncio.to_thread(_written, Path(folder), rows)
        async with a_store() as store:
            importing = Importing(store, lambda: CATALOGUE, SENDERS, {}, spool=Path(folder))
            one, _ = await importing.begin(Brought(Options(), "bench", "bench"), file, spooled=False)
            taken: list[float] = []
            held = [_held()]
            beside = [asyncio.create_task(_stops(store, taken)), asyncio.create_task(_watch(held))]
            began = time.perf_counter()
            done = await importing.work_alone(one.id)
            rate = rows / (time.perf_counter() - began)
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            _check(done, rows)
            call = await _mean_call(store)
    return [
        Result(f"import of {rows:,} rows, one process", rate, "rows per second", goal=">= 40,000"),
        Result("the same, memory that it took", (max(held) - held[0]) / 2**20, "MB", goal="<= 64"),
        Result("the same, a call to the store, mean", call, "ms", goal="<= 10"),
        Result("the same, a stop beside it, p99", percentile(taken, 0.99) * 1000, "ms", goal="<= 50"),
    ]


def _written(folder: Path, rows: int) -> Spooled:
    path = folder / "unsubscribes.csv"
    with path.open("w") as file:
        file.write("email,created\n")
        for number in range(rows):
            file.write(f"some.recipient{number}@example{number % 997}.net,1700000000\n")
    return Spooled(path, path.stat().st_size, digest_of(path))


async def _stops(store: Store, taken: list[float]) -> None:
    number = 0
    while True:
        number += 1
        recipient = store.keyring.recipient(parse_email(f"r{number}@example.net"))
        stop = Suppress(
            Scope(_MAIL, "marketing"), Reason.UNSUBSCRIBED, Way.LINK, "bench", "recipient", store.now()
        )
        began = time.perf_counter()
        await apply(store, recipient, stop)
        taken.append(time.perf_counter() - began)
        await asyncio.sleep(_BETWEEN)


def _held() -> int:
    """Bytes of this process in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def _watch(held: list[int]) -> None:
    while True:
        held.append(_held())
        await asyncio.sleep(_LOOKS)


async def _mean_call(store: Store) -> float:
    """Of all scripts, of which a stop's are the shortest: milliseconds of the server's."""
    told = (await store.client.bulk.execute("INFO", "commandstats")).decode()
    line = next(line for line in told.splitlines() if line.startswith("cmdstat_evalsha:"))
    counts = dict(part.split("=") for part in line.partition(":")[2].split(","))
    return float(counts["usec_per_call"]) / 1000


def _check(done: Import, rows: int) -> None:
    assert (done.state, done.rows, done.changed, done.rejected) == (State.DONE, rows, rows, 0)


def results() -> list[Result]:
    tame()
    return uvloop.run(imported())
