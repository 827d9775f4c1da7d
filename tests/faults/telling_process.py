"""A dispatcher of events as a process of its own, for tests that kill it."""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
import uvloop

from gateway.duties.telling import Telling
from gateway.duties.times import Times
from gateway.webhooks.delivering import Delivering
from gateway.webhooks.subscriptions import Subscription, Webhooks
from suppression.store.event_entries import EventEntries
from suppression.store.opening import StoreSettings, open_store
from tests.conftest import SECRETS
from tests.gateway.duties.office import Office
from tests.gateway.webhooks.receiver import KEY, to_loopback

ROOT = Path(__file__).parents[2]
LEASE = 1.0


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", required=True)
    parser.add_argument("--receiver", required=True)
    told = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    store = await open_store(StoreSettings(told.store), SECRETS)
    webhooks = Webhooks({"shop": Subscription("shop", "brand", told.receiver, (KEY,))})
    telling = Telling(EventEntries(store), webhooks, Delivering(to_loopback()))
    desk = Office(store, {}).desk(telling=telling, times=Times(lease=LEASE))
    await desk.start()


@contextmanager
def telling(store_url: str, receiver_url: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Started, and killed at the end whatever happens."""
    command = [sys.executable, "-m", "tests.faults.telling_process", "--store", store_url]
    command += ["--receiver", receiver_url]
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=ROOT, env=os.environ)
    try:
        yield running
    finally:
        running.kill()
        running.wait()


if __name__ == "__main__":
    uvloop.run(main())
