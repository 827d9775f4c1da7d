"""All that is held of one recipient, for whoever asks for it in the recipient's name; each time logged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.archive.history import History
from gateway.roads.roster import Roster, Somebody
from suppression.address import Address
from suppression.model import Facts, Recipient
from suppression.records import Record, RecordKind
from suppression.store import codec
from suppression.store.store import Store


@dataclass(frozen=True, slots=True)
class Held:
    """What is held.

    address   as it was first given, where it is kept
    evidence  by id of the entry or consent that it shows; `lifted`: of what was lifted, and of lifting it
    records   newest first
    """

    facts: Facts
    address: Address | None
    person: Somebody | None
    evidence: Mapping[str, Mapping[str, str]]
    lifted: Sequence[Mapping[str, str]]
    records: Sequence[Record]


class Exporting:
    """Reads everything there is on one store. `history`: of its log."""

    def __init__(self, store: Store, roster: Roster, history: History | None = None) -> None:
        self._store = store
        self._history = history or History(store.log)
        self._roster = roster

    async def export(self, recipient: Recipient, *, actor: str) -> Held:
        """Logged first: nobody reads all of a recipient unseen. StoreUnavailable."""
        store = self._store
        record = Record(
            RecordKind.EXPORTED,
            at=codec.milliseconds(store.now()),
            recipient=recipient.key.hex(),
            exact=recipient.exact,
            actor=actor,
        )
        await store.log_record(recipient.key, record, store.client.stops)
        facts = await store.facts(recipient, store.client.stops)
        ids = [entry.id for entry in (*facts.suppressions,)] + [entry.id for entry in facts.consents]
        evidence = {entry_id: await store.evidence(recipient.key, entry_id) for entry_id in ids}
        lifted = [
            await store.evidence(recipient.key, entry_id) for entry_id in facts.lifted if entry_id not in ids
        ]
        return Held(
            facts=facts,
            address=await store.address(recipient.key),
            person=await self._roster.of(facts),
            evidence={entry_id: shown for entry_id, shown in evidence.items() if shown},
            lifted=[shown for shown in lifted if shown],
            records=await self._history.of(recipient.key),
        )
