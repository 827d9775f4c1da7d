"""How full the store is. Sends stop before it is full, so that stops can go on into the rest.

Redis under `noeviction` refuses every write when its memory is full, and that would be stops too.
"""

import asyncio
import shutil
from pathlib import Path

from suppression.errors import StoreUnavailable
from suppression.store.client import Lane

MEMORY = 0.70  # of maxmemory, or of the machine's where none is set
# The append-only file is rewritten beside the old one: as much again as the data has must stay free, and this.
DISK_RESERVE = 2**30


async def shortage(lane: Lane, data_dir: Path | None = None) -> str:
    """What runs short: "memory", "disk" (of a local store), or nothing: ""."""
    if await memory_used(lane) >= MEMORY:
        return "memory"
    if data_dir is not None and await asyncio.to_thread(_disk_is_short, data_dir):
        return "disk"
    return ""


async def memory_used(lane: Lane) -> float:
    """The share of its memory that the store uses, 0 to 1."""
    info = _numbers(await lane.execute("INFO", "memory"))
    limit = info.get("maxmemory") or info.get("total_system_memory")
    if not limit:
        raise StoreUnavailable("the store does not say how much memory it has")
    return info["used_memory"] / limit


def _disk_is_short(data_dir: Path) -> bool:
    size = sum(path.stat().st_size for path in (data_dir / "store").rglob("*.aof"))
    return shutil.disk_usage(data_dir).free < size + DISK_RESERVE


def _numbers(reply: bytes) -> dict[str, int]:
    pairs = (line.partition(":") for line in reply.decode().splitlines())
    return {name: int(value) for name, _, value in pairs if value.isdigit()}
