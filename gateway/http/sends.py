"""The roads of texts and calls, as the resources of texts, calls and messages ask them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.phones.calls import Calls
from gateway.phones.texts import Texts
from gateway.roads.pipeline import Ask
from suppression.model import Recipient
from suppression.outbox import Accepted, Draft
from suppression.outbox import Entry as OutboxEntry
from suppression.records import Record


class Accepting(Protocol):
    """`gateway.phones.sending.Sending`, as far as HTTP hands in."""

    async def accept(self, ask: Ask, draft: Draft) -> Accepted: ...

    async def accept_many(self, asks: Sequence[tuple[Ask, Draft]]) -> Sequence[Accepted]:
        """Up to 1,000, in order; no two of them for one recipient."""
        ...


class Waiting(Protocol):
    """`suppression.store.outbox.Outbox`, as far as HTTP looks into it."""

    async def entry(self, message: str) -> OutboxEntry:
        """By its id; NotFound."""
        ...

    async def history(self, entry: OutboxEntry) -> Sequence[Record]: ...

    async def cancel(self, message: str, *, actor: str, reason: str) -> OutboxEntry:
        """What has not left; Conflict for what has."""
        ...

    async def retry(self, message: str, *, actor: str) -> OutboxEntry:
        """What is held for agents waits again; Conflict for anything else."""
        ...

    async def held(self, limit: int, after: str) -> Sequence[OutboxEntry]:
        """What is held for agents. `after`: id of the last one that was seen, "" for none."""
        ...


@dataclass(frozen=True, slots=True)
class Sends:
    """The roads of texts and calls. `strangers`: `Roster.strangers`."""

    accepting: Accepting
    waiting: Waiting
    texts: Texts
    calls: Calls
    strangers: Callable[[str, Sequence[Recipient], str], Awaitable[Sequence[Recipient]]]
