"""The store: is it ours, does it keep what it acknowledges, has it room, and is its clock that of this host."""

import time
from collections.abc import Callable
from pathlib import Path

from gateway.doctor.findings import Finding, Findings, fail, ok, warn
from suppression.store.headroom import MEMORY, memory_used, shortage
from suppression.store.store import Store

STORE, CLOCK = "store", "clock"
_NEARLY = 0.5  # of its memory: time to plan
_OFF, _FAR_OFF = 2.0, 60.0  # seconds


async def look(store: Store, data_dir: Path | None) -> Findings:
    """Of a store that was opened: so it is durable, or `allow_unsafe_store` says that it need not be."""
    info = _pairs(await store.client.sends.execute("INFO", "persistence"))
    return [
        ok(
            STORE,
            "It answers, it is the one that the secrets belong to, and it has the schema of this version.",
        ),
        _durability(info),
        await _room(store, data_dir),
    ]


def _durability(info: dict[str, str]) -> Finding:
    if info.get("aof_enabled") != "1":
        todo = (
            "Set appendonly yes and appendfsync always (deploy/valkey.conf), and take allow_unsafe_store out."
        )
        return fail(STORE, "It keeps no append-only file: stops that it acknowledged may be lost.", todo)
    if info.get("aof_last_write_status") != "ok":
        return fail(
            STORE,
            "Its last write to the append-only file failed: it takes no more changes.",
            "Look at the store's log and at its disk: it is full, or broken.",
        )
    if info.get("aof_last_bgrewrite_status") != "ok":
        return warn(
            STORE,
            "The last rewrite of its append-only file failed: the file grows, and erased values stay in it.",
            "Look at the store's log: most often memory (vm.overcommit_memory=1) or disk is short.",
        )
    return ok(STORE, "It writes all that it acknowledges to its append-only file.")


async def _room(store: Store, data_dir: Path | None) -> Finding:
    short, used = await shortage(store.client.sends, data_dir), await memory_used(store.client.sends)
    said = f"{used:.0%} of its memory is used."
    if short:
        todo = f"Give it more {short} now, or move the archive on: sends are answered 451, stops go on."
        return fail(STORE, f"It is short of {short}. {said}", todo)
    if used >= _NEARLY:
        return warn(STORE, said, f"At {MEMORY:.0%} sends stop: plan for more memory (deploy/CAPACITY.md).")
    return ok(STORE, said)


async def look_at_clock(store: Store, clock: Callable[[], float] = time.time) -> Findings:
    before = clock()
    seconds, micro = await store.client.sends.execute("TIME")
    off = abs(int(seconds) + int(micro) / 1e6 - (before + clock()) / 2)
    said = f"This host's clock and the store's are {off:.1f} s apart."
    todo = "Run an NTP client (chrony) on both hosts, and look which of them is wrong."
    if off >= _FAR_OFF:
        return [fail(CLOCK, f"{said} Hours, caps and signatures of webhooks go wrong.", todo)]
    return [warn(CLOCK, said, todo) if off >= _OFF else ok(CLOCK, said)]


def _pairs(reply: bytes) -> dict[str, str]:
    lines = (line.partition(":") for line in reply.decode().splitlines() if ":" in line)
    return {name: value.strip() for name, _, value in lines}
