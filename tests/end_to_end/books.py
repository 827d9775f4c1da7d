"""The books of a gateway: what it answered, what its log says (hot and archived), and what left, side by side."""

import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, cast

import httpx
import redis

from suppression.store.keys import Shards
from tests.end_to_end.client import Client, address
from tests.end_to_end.phones import ORDERS, Numbers
from tests.end_to_end.processes import run

OUTCOMES = ("sent", "rejected", "postponed", "unknown")


@dataclass(frozen=True, slots=True)
class Text:
    """A text that was handed in with a key of its own. `id`: None where no answer came."""

    to: str
    id: str | None
    outcome: str = ""


class Texting:
    """An app that texts without a pause, whatever happens to the gateway meanwhile."""

    def __init__(self, client: Client, numbers: Numbers) -> None:
        self.texts: list[Text] = []
        self._client = client
        self._numbers = numbers
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.is_set():
            to = self._numbers.one()
            self.texts.append(self._text(to))

    def _text(self, to: str) -> Text:
        asked = {"to": to, "body": "Your order is on its way.", "purpose": ORDERS}
        try:
            answer = self._client.http.post(
                "/v1/sms", json=asked, headers={"Idempotency-Key": address("key")}
            )
        except httpx.HTTPError:
            time.sleep(0.05)
            return Text(to, None)
        if answer.status_code not in (200, 202):
            return Text(to, None)
        (message,) = answer.json()["messages"]
        return Text(to, message["id"], message["outcome"])


@dataclass(slots=True)
class Books:
    """All records of a log, by id."""

    records: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, data: Path) -> "Books":
        """As an auditor does. A record that is told twice is a fault."""
        told = run(
            "log", "sql", "SELECT * FROM log ORDER BY ms, seq, shard", "--format", "json", "--data-dir", data
        )
        assert told.returncode == 0, told.stderr
        records = [json.loads(line) for line in told.stdout.splitlines()]
        books = cls({record["id"]: record for record in records})
        assert len(books.records) == len(records)
        return books

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [record for record in self.records.values() if record["kind"] == kind]

    def outcomes(self) -> dict[str, list[str]]:
        """How each hand-over ended, by its id."""
        ended: dict[str, list[str]] = {record["id"]: [] for record in self.of("handing_over")}
        for record in self.records.values():
            if record["kind"] in OUTCOMES:
                ended[record["decision"]].append(record["kind"])
        return ended

    def column(self, channel: str) -> Counter[str]:
        """How many hand-overs of a channel ended how."""
        ended = self.outcomes()
        return Counter(
            kind
            for record in self.of("handing_over")
            if record["channel"] == channel
            for kind in ended[record["id"]]
        )


@contextlib.contextmanager
def _store(data: Path) -> Iterator[redis.Redis]:
    with redis.Redis(unix_socket_path=json.loads((data / "store.json").read_text())["socket"]) as server:
        yield server


def _members(server: redis.Redis, key: bytes) -> list[bytes]:
    return cast("list[bytes]", server.zrange(key, 0, -1))


def let_deadlines_pass(data: Path) -> None:
    """A quarter of an hour goes by for what nobody will finish: mails in hand, and texts whose answer was lost."""
    with _store(data) as server:
        for shard in Shards(64).all:
            for member in _members(server, shard.hand_overs):
                server.zadd(shard.hand_overs, {member: 1}, xx=True)
            for member in _members(server, shard.leased):
                entry = shard.entry(member[:16], member[16:])
                if server.hget(entry, "state") == b"submitting":
                    server.hset(entry, "w", 1)
                    server.zadd(shard.leased, {member: 1}, xx=True)


def hand_overs_open(data: Path) -> int:
    """Mails that have no outcome yet."""
    with _store(data) as server:
        return sum(int(server.zcard(shard.hand_overs)) for shard in Shards(64).all)


def hot(data: Path) -> int:
    """How many records no archive has yet."""
    with _store(data) as server:
        return sum(int(server.xlen(shard.log)) for shard in Shards(64).all)
