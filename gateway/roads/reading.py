"""What the store knows, for pages and API: facts, records, entries by their ids, and what became of a message."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.archive.history import History
from gateway.archive.questions import Question
from suppression.errors import NotFound
from suppression.model import Consent, Facts, Recipient, Suppression
from suppression.records import Record
from suppression.store.apply import CONSENT_HANDLE, SUPPRESSION_HANDLE
from suppression.store.keys import parse_handle
from suppression.store.newest import Part
from suppression.store.store import Store

_ROUND_TRIP_SHARD = b"\x00" * 16


@dataclass(frozen=True, slots=True)
class Held:
    """An entry with whose it is. The recipient has no address."""

    recipient: Recipient
    entry: Suppression | Consent


@dataclass(frozen=True, slots=True)
class MessageHistory:
    """What became of a message, all its copies. `to`: the sealed address of its only copy, where it is kept."""

    id: str
    channel: str
    to: str | None
    history: tuple[Record, ...]


class Reading:
    """Readers on one store; in the lane of stops, so that no send delays an agent's look. `history`: of its log."""

    def __init__(self, store: Store, history: History | None = None) -> None:
        self._store = store
        self._history = history or History(store.log)

    async def facts(self, recipient: Recipient) -> Facts:
        return await self._store.facts(recipient, self._store.client.stops)

    async def records(self, recipient: Recipient) -> Sequence[Record] | None:
        """A recipient's last records, oldest first. None: the archive has some of them, and cannot be asked now."""
        recent = await self._history.recent_if_known(recipient.key, await self.facts(recipient))
        return None if recent is None else recent[::-1]

    async def log(self, question: Question, limit: int) -> Part:
        """Records, newest first. NotFound for a `before` that cannot be one."""
        return await self._history.part(question, limit)

    async def decision(self, record_id: str) -> Sequence[Record]:
        """A record and how what began with it ended, oldest first; none for an unknown id."""
        try:
            return await self._history.history(record_id)
        except NotFound:
            return []

    async def entry(self, handle: str) -> Held | None:
        """The entry behind an API id, if it still stands."""
        prefix = SUPPRESSION_HANDLE if handle.startswith(SUPPRESSION_HANDLE) else CONSENT_HANDLE
        key, entry_id = parse_handle(prefix, handle)
        facts = await self.facts(Recipient(key, ""))
        entries = facts.suppressions if prefix == SUPPRESSION_HANDLE else facts.consents
        return next((Held(Recipient(key, ""), entry) for entry in entries if entry.id == entry_id), None)

    async def message(self, message_id: str) -> MessageHistory | None:
        """The history of a message by the id of its 250 reply; of several copies, copy by copy."""
        ids = await self._history.message(message_id)
        copies = (
            await self._history.histories(ids) if len(ids) > 1 else [await self.decision(one) for one in ids]
        )
        records = tuple(record for copy in copies for record in copy)
        if not records:
            return None
        to = None
        if len(copies) == 1:
            address = await self._store.address(bytes.fromhex(records[0].recipient))
            to = None if address is None else address.text
        return MessageHistory(message_id, records[0].channel, to, records)

    async def ready(self) -> None:
        """Answers when the store does, and is ours; StoreUnavailable otherwise."""
        await self.facts(Recipient(_ROUND_TRIP_SHARD, ""))
