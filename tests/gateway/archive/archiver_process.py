"""An archiver as a process of its own, for tests that kill it.

It stops before a step of its first cycle and waits there; without a step it archives until it is killed.
"""

import argparse
import asyncio
import json
from pathlib import Path

import uvloop

from gateway.duties.archiving import archive_forever
from suppression.store.opening import StoreSettings, open_store
from tests.conftest import SECRETS
from tests.gateway.archive.house import STEPS, archiver


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", required=True)
    parser.add_argument("--root", required=True, type=Path)
    parser.add_argument("--before", choices=[*STEPS, "end"])
    parser.add_argument("--options", type=json.loads, default={})
    told = parser.parse_args()
    store = await open_store(StoreSettings(told.store, shards=4), SECRETS)
    own = archiver(store, told.root, **told.options)
    if told.before is None:
        print("started", flush=True)
        await archive_forever(own, pause=0.01)
    cycle = await own.begin()
    assert cycle
    for step in cycle.steps:
        if step.__name__ == told.before:
            break
        await step()
    print(highest_memory(), flush=True)
    await asyncio.Event().wait()


def highest_memory() -> int:
    """KiB, of this program: getrusage tells what the process had before it was this one, too."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    uvloop.run(main())
