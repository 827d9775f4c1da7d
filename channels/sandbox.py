"""Carriers from which nothing leaves: each message becomes a JSON file in a folder, read by `/sandbox`.

Several processes write and read the same folder: names sort by time, and a file appears whole or not at all.
"""

import asyncio
import base64
import itertools
import json
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from channels.carrier import Carrier, Outcome, Sent, check_message
from channels.email.mail import Mail
from channels.sms.message import Text
from channels.voice.message import Call
from suppression.store.permit import Permit

KEPT = 10_000
PRUNE_EVERY = 500  # messages of one process: the folder is listed that seldom
TWILIO = "twilio"  # of a text or call: what Twilio would know of it; not shown to programs

Message = dict[str, Any]
M_contra = TypeVar("M_contra", contravariant=True)
Took = Callable[[Message], None]  # told of each text and call that was taken


def _by_this_host() -> datetime:
    return datetime.now(UTC)


class Sandbox:
    """The folder of what would have left, as INTERFACE.md shows it. `clock`: the sandbox's, that decisions go by."""

    def __init__(self, folder: Path, kept: int = KEPT, clock: Callable[[], datetime] = _by_this_host) -> None:
        self._folder = folder
        self._kept = kept
        self.clock = clock
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
            {name: value for name, value in message.items() if name != TWILIO}
            for message in self._read()
            if channel in (None, message["channel"]) and (to is None or message["to"].lower() == to.lower())
        )
        return list(itertools.islice(wanted, limit))

    def find(self, message_id: str) -> Message | None:
        """The newest with this id, with all that is kept of it."""
        return next((message for message in self._read(newest=True) if message["id"] == message_id), None)

    def clear(self) -> None:
        for path in (*self._paths(), *self._folder.glob("*.xml")):
            path.unlink(missing_ok=True)

    async def replace_twiml(self, _sender: str, sid: str, twiml: str) -> None:
        """A call goes on with other TwiML."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = self._folder / f"{sid}.part"
        unfinished.write_text(twiml, "utf-8")
        unfinished.replace(self._folder / f"{sid}.xml")

    def replaced(self, sid: str) -> str:
        """What a call went on with; "" where it did not."""
        with suppress(FileNotFoundError):
            return (self._folder / f"{sid}.xml").read_text("utf-8")
        return ""

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("*.json"))

    def _read(self, *, newest: bool = False) -> Iterator[Message]:
        for path in reversed(self._paths()) if newest else self._paths():
            with suppress(FileNotFoundError):  # cleared or pruned meanwhile
                yield json.loads(path.read_bytes())

    def _prune(self) -> None:
        for path in self._paths()[: -self._kept]:
            path.unlink(missing_ok=True)


class SandboxCarriers(Generic[M_contra]):
    """A channel's carriers where nothing leaves; always ready."""

    def __init__(self, carrier: Carrier[M_contra]) -> None:
        self._carrier = carrier

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[Carrier[M_contra]]:
        yield self._carrier

    async def close(self) -> None:
        """Nothing is held."""


class SandboxMailCarrier:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def send(self, message: Mail, permit: Permit) -> Outcome:
        check_message(message.id, permit)
        address = permit.redeem()
        raw = base64.b64encode(message.raw).decode()
        at = self._sandbox.clock()
        entry = _entry("email", at, message, address.text, mail_from=message.mail_from, raw=raw)
        if len(message.raw) > 1_000_000:
            await asyncio.to_thread(self._sandbox.put, entry)
        else:
            self._sandbox.put(entry)
        return Sent("kept in the sandbox", message.id)


class SandboxTextCarrier:
    """`took` is told of each text, to play what Twilio would report of it."""

    def __init__(self, sandbox: Sandbox, took: Took) -> None:
        self._sandbox = sandbox
        self._took = took

    async def send(self, message: Text, permit: Permit) -> Outcome:
        check_message(message.id, permit)
        entry = _entry("sms", self._sandbox.clock(), message, permit.redeem().text, body=message.body)
        entry[TWILIO] = {
            "sid": _sid("SM"),
            "from": message.from_number,
            "service": message.service,
            "status_url": message.status_url,
        }
        return _kept(self._sandbox, entry, self._took)


class SandboxCallCarrier:
    """As with texts."""

    def __init__(self, sandbox: Sandbox, took: Took) -> None:
        self._sandbox = sandbox
        self._took = took

    async def send(self, message: Call, permit: Permit) -> Outcome:
        check_message(message.id, permit)
        at = self._sandbox.clock()
        entry = _entry("voice", at, message, permit.redeem().text, twiml=message.twiml)
        entry[TWILIO] = {
            "sid": _sid("CA"),
            "from": message.from_number,
            "status_url": message.status_url,
            "machine_url": message.machine_url if message.detect_machine else "",
            "answer_url": message.answer_url,
        }
        return _kept(self._sandbox, entry, self._took)


def _kept(sandbox: Sandbox, entry: Message, took: Took) -> Sent:
    sandbox.put(entry)
    took(entry)
    return Sent("kept in the sandbox", entry[TWILIO]["sid"])


def _sid(prefix: str) -> str:
    """An id as Twilio makes them."""
    return prefix + secrets.token_hex(16)


def _entry(channel: str, at: datetime, message: Mail | Text | Call, to: str, **content: str) -> Message:
    empty = dict.fromkeys(("mail_from", "raw", "body", "twiml"))
    known = {"id": message.id, "channel": channel, "to": to, "sender": message.sender}
    said = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {**known, **empty, **content, "at": said}
