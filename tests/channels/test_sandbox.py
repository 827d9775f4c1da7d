"""The sandbox's folder: what would have left, as INTERFACE.md shows it."""

import base64
import multiprocessing
from pathlib import Path

from channels import sandbox
from channels.sandbox import Sandbox


def message(number: int, to: str = "ann@example.net", channel: str = "email") -> dict[str, str]:
    return {"id": f"m{number}", "channel": channel, "to": to, "raw": base64.b64encode(b"x").decode()}


def fill(folder: Path, worker: int) -> None:
    kept = Sandbox(folder)
    for number in range(200):
        kept.put(message(worker * 1000 + number))


def test_messages_come_oldest_first(tmp_path: Path) -> None:
    """Of one channel, to one recipient, as many as asked for."""
    kept = Sandbox(tmp_path / "sandbox")
    for number in range(5):
        kept.put(message(number, "Bob@example.net" if number % 2 else "ann@example.net"))
    kept.put(message(9, "+12025550143", "sms"))

    assert [entry["id"] for entry in kept.messages()] == ["m0", "m1", "m2", "m3", "m4", "m9"]
    assert [entry["id"] for entry in kept.messages(channel="sms")] == ["m9"]
    assert [entry["id"] for entry in kept.messages(to="bob@EXAMPLE.net")] == ["m1", "m3"]
    assert [entry["id"] for entry in kept.messages(channel="email", limit=2)] == ["m0", "m1"]


def test_clearing_empties_it(tmp_path: Path) -> None:
    """And it goes on afterwards; a folder that is not there yet is empty."""
    kept = Sandbox(tmp_path / "sandbox")
    assert kept.messages() == []
    kept.put(message(1))
    kept.clear()
    assert kept.messages() == []
    kept.put(message(2))
    assert [entry["id"] for entry in kept.messages()] == ["m2"]


def test_processes_share_the_folder(tmp_path: Path) -> None:
    """Nothing is lost or half written, and no unfinished file is left."""
    with multiprocessing.get_context("spawn").Pool(3) as workers:
        workers.starmap(fill, [(tmp_path, worker) for worker in range(3)])

    found = Sandbox(tmp_path).messages()
    assert len({entry["id"] for entry in found}) == 600
    assert not list(tmp_path.glob("*.part"))


def test_oldest_are_dropped(tmp_path: Path) -> None:
    """A sandbox that runs for weeks keeps the newest only."""
    kept = Sandbox(tmp_path, kept=10)
    for number in range(sandbox.PRUNE_EVERY):
        kept.put(message(number))

    assert [entry["id"] for entry in kept.messages()] == [f"m{number}" for number in range(490, 500)]
