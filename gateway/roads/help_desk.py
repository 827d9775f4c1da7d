"""What support asks and does for one recipient beyond what apps do: on the same store, by the same steps."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.links import Links
from gateway.roads.changes import Changes
from gateway.roads.pipeline import Pipeline
from gateway.roads.roster import Roster, Somebody
from suppression.address import Address
from suppression.model import ALL, Consent, Evidence, Facts, Recipient, Suppression
from suppression.outbox import Entry as Waiting
from suppression.records import Record
from suppression.store.apply import Applied
from suppression.store.outbox import Outbox
from suppression.store.store import Store


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that a page about one recipient is made of.

    address   as it was first given, where it is kept
    evidence  by id of an entry or consent
    recent    the last records, newest first; None: they are archived, and the archive cannot be asked now
    waiting   of the outbox: what waits, is under way, or is held for agents
    person    whom the address belongs to; beside: the person's other addresses, where they are kept
    """

    recipient: Recipient
    facts: Facts
    address: Address | None = field(default=None, repr=False)
    evidence: Mapping[str, Evidence] = field(default_factory=dict, repr=False)
    recent: Sequence[Record] | None = ()
    waiting: Sequence[Waiting] = ()
    person: Somebody | None = None
    beside: Sequence[tuple[Recipient, Address | None]] = field(default=(), repr=False)


class HelpDesk:
    """One process's, on one store. Every method: StoreUnavailable when it does not answer in time."""

    def __init__(
        self, store: Store, pipeline: Pipeline, changes: Changes, links: Links, outbox: Outbox, roster: Roster
    ) -> None:
        self._store = store
        self._pipeline = pipeline
        self._changes = changes
        self._links = links
        self._outbox = outbox
        self._roster = roster

    @property
    def whose(self) -> Callable[[str], Recipient]:
        """Whom the token of any link or address of ours is of. InvalidToken."""
        return self._links.whose

    async def facts(self, recipient: Recipient) -> Facts:
        """By the catalogue in force, with what registers, lists and caps know."""
        return await self._pipeline.facts(recipient)

    async def dossier(self, recipient: Recipient) -> Dossier:
        """Everything, in two or three round trips, on the lane of stops. Lists of hashes know addresses only."""
        facts, address = await asyncio.gather(self.facts(recipient), self._store.address(recipient.key))
        evidence, recent, waiting, person, beside = await asyncio.gather(
            self._all_evidence(recipient, facts),
            self._pipeline.history.recent_if_known(recipient.key, facts),
            self._waiting(recipient, facts),
            self._roster.of(facts),
            self._beside(recipient, facts),
        )
        return Dossier(recipient, facts, address, evidence, recent, waiting, person, beside)

    async def _all_evidence(self, recipient: Recipient, facts: Facts) -> Mapping[str, Evidence]:
        known: list[Suppression | Consent] = [*facts.suppressions, *facts.consents]
        shown = await asyncio.gather(*(self.evidence(recipient, entry) for entry in known))
        return {entry.id: told for entry, told in zip(known, shown, strict=True) if told}

    async def _waiting(self, recipient: Recipient, facts: Facts) -> Sequence[Waiting]:
        return await self._outbox.waiting(recipient) if facts.waiting else ()

    async def _beside(self, recipient: Recipient, facts: Facts) -> Sequence[tuple[Recipient, Address | None]]:
        if facts.person is None:
            return ()
        others = [one for one in await self._roster.beside(recipient) if one.key != recipient.key]
        return list(
            zip(others, await asyncio.gather(*(self._store.address(one.key) for one in others)), strict=True)
        )

    async def evidence(self, recipient: Recipient, entry: Suppression | Consent) -> Evidence:
        """What was recorded with it; empty where nothing was."""
        return await self._store.evidence(recipient.key, entry.id)

    async def lift_complaint(
        self,
        handle: str,
        *,
        actor: str,
        reason: str,
        evidence: Evidence,
        order: str | None = None,
        change_id: str | None = None,
    ) -> Applied:
        """For supervisors, who have it in writing that the recipient takes the complaint back."""
        return await self._changes.lift(
            handle,
            actor=actor,
            reason=reason,
            evidence=evidence,
            order=order,
            change_id=change_id,
            complaint=True,
        )

    async def come_back(self, recipient: Recipient, *, actor: str, change_id: str | None = None) -> Applied:
        """The erased became a customer again: what is required may go. NotFound: nothing was erased."""
        return await self._changes.come_back(recipient, actor=actor, change_id=change_id)

    async def unsay(self, recipient: Recipient, entry: Suppression, *, actor: str) -> None:
        """Take back a stop of everything as it was just made, at all addresses of the person. NotFound."""
        await self._roster.unsay(recipient, entry.id, entry.order, actor=actor)

    async def join(self, person_id: str, recipients: Sequence[Recipient], *, actor: str) -> Somebody:
        """The person has these addresses from now on, beside its own. Conflict: one is another's."""
        return await self._roster.join(person_id, recipients, owner=ALL, actor=actor)

    async def part(self, recipient: Recipient, *, actor: str) -> None:
        """The address is nobody's from now on. NotFound: it is."""
        await self._roster.part(await self.facts(recipient), recipient, actor=actor)
