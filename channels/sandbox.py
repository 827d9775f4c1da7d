"""Carriers from which nothing leaves: each message becomes a JSON file in a folder, read by `/sandbox`.

Several processes write and read the same folder: names sort by time, and a file appears whole or not at all.
"""

import asyncio
import base64
import itertools
import json
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from channels.carrier import Carrier, Outcome, Sent, check_message
from channels.email.mail import Mail
from suppression.store.permit import Permit

KEPT = 10_000
PRUNE_EVERY = 500  # messages of one process: the folder is listed that seldom

Message = dict[str, Any]


class Sandbox:
    """The folder of what would have left, as INTERFACE.md shows it."""

    def __init__(self, folder: Path, kept: int = KEPT) -> None:
        self._folder = folder
        self._kept = kept
        self._numbers = itertools.count(1)

    def put(self, message: Message) -> None:
        """Keep a message: whole or not at all for whoever reads meanwhile."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        number = next(self._numbers)
        name = f"{time.time_ns():020d}-{os.getpid()}-{number:06d}"
        unfinished = self._folder / f"{name}.part"
        unfinished.write_bytes(json.dumps(message).encode())
        unfinished.replace(self._folder / f"{name}.json")
        if number % PRUNE_EVERY == 0:
            self._prune()

    def messages(
        self, channel: str | None = None, to: str | None = None, limit: int | None = None
    ) -> list[Message]:
        """Oldest first; `to` is compared without regard to case."""
        wanted = (
            message
            for message in self._read()
            if channel in (None, message["channel"]) and (to is None or message["to"].lower() == to.lower())
        )
        return list(itertools.islice(wanted, limit))

    def clear(self) -> None:
        for path in self._paths():
            path.unlink(missing_ok=True)

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("*.json"))

    def _read(self) -> Iterator[Message]:
        for path in self._paths():
            with suppress(FileNotFoundError):  # cleared or pruned meanwhile
                yield json.loads(path.read_bytes())

    def _prune(self) -> None:
        for path in self._paths()[: -self._kept]:
            path.unlink(missing_ok=True)


class SandboxMailCarriers:
    """Mail's carriers where nothing leaves; always ready."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._carrier = SandboxMailCarrier(sandbox)

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[Carrier[Mail]]:
        yield self._carrier

    async def close(self) -> None:
        """Nothing is held."""


class SandboxMailCarrier:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def send(self, message: Mail, permit: Permit) -> Outcome:
        check_message(message.id, permit)
        address = permit.redeem()
        entry = _entry(message, address.text)
        if len(message.raw) > 1_000_000:
            await asyncio.to_thread(self._sandbox.put, entry)
        else:
            self._sandbox.put(entry)
        return Sent("kept in the sandbox", message.id)


def _entry(mail: Mail, to: str) -> Message:
    return {
        "id": mail.id,
        "channel": "email",
        "to": to,
        "sender": mail.sender,
        "mail_from": mail.mail_from,
        "raw": base64.b64encode(mail.raw).decode(),
        "body": None,
        "twiml": None,
        "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
