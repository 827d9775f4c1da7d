"""Who belongs together: people as apps and support tell of them. What it means for stops is the store's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from suppression.changes import Lift, Return
from suppression.errors import NotFound
from suppression.model import Facts, Recipient
from suppression.store.people import People
from suppression.store.person import Person
from suppression.store.person_steps import check_owner
from suppression.store.store import Store


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person as it is shown. `id` is "" for an erased one: nobody knows it any more."""

    id: str
    addresses: int
    birth: str
    language: str
    time_zone: str
    country: str
    erased: bool


class Roster:
    """The people of one store. `owner`: the sender whose app asks, or "*" for support."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._people = People(store)

    async def link(
        self,
        person_id: str,
        recipients: Sequence[Recipient],
        told: Mapping[str, str],
        *,
        owner: str,
        actor: str,
    ) -> Somebody:
        """From this answer on the person has these addresses and no others. Conflict: one is another's.

        `told`: birth (a year, or "c" for a child), language, zone, country; "" is not known any more.
        """
        return self._shown(await self._people.link(person_id, recipients, told, owner=owner, actor=actor))

    async def join(
        self, person_id: str, recipients: Sequence[Recipient], *, owner: str, actor: str
    ) -> Somebody:
        """From this answer on the person has these addresses, too. Conflict: one is another's."""
        return self._shown(await self._people.join(person_id, recipients, owner=owner, actor=actor))

    async def part(self, facts: Facts, recipient: Recipient, *, actor: str) -> None:
        """The address is nobody's now; what was stopped stays stopped. NotFound: it is nobody's."""
        if facts.person is None:
            raise NotFound("nobody's address")
        await self._people.part(bytes.fromhex(facts.person), recipient, actor=actor)

    async def unsay(self, recipient: Recipient, entry_id: str, order: str, *, actor: str) -> None:
        """Undo a stop of everything at all addresses that it reached. NotFound: it was said again since."""
        lift = Lift(entry_id, actor, self._store.now(), order, {"reason": "undone"})
        await self._people.unsay(recipient, lift)

    async def unlink(self, person_id: str, *, owner: str, actor: str) -> int:
        """How many addresses are nobody's now; nothing else changes. NotFound."""
        return await self._people.unlink(person_id, owner=owner, actor=actor)

    async def of(self, facts: Facts) -> Somebody | None:
        """The person that a recipient belongs to."""
        if facts.person is None:
            return None
        return self._shown(await self._people.read(bytes.fromhex(facts.person)))

    async def members(self, person_id: str, owner: str) -> tuple[Recipient, ...]:
        """Recipients of the person, without their addresses; none for somebody nobody told of."""
        person = await self._people.read(self._store.keyring.person(person_id))
        check_owner(person, owner)
        return tuple(Recipient(key, "") for key in person.members)

    async def strangers(
        self, person_id: str, recipients: Sequence[Recipient], owner: str
    ) -> Sequence[Recipient]:
        """Those that are not known to be the person's; none where nobody told of the person. NotPermitted."""
        person = await self._people.read(self._store.keyring.person(person_id))
        if not person.version:
            return ()
        check_owner(person, owner)
        return [recipient for recipient in recipients if recipient.key not in person.members]

    async def beside(self, recipient: Recipient) -> tuple[Recipient, ...]:
        """The recipient, and all others of its person."""
        facts = await self._store.facts(recipient, self._store.client.stops)
        if facts.person is None:
            return (recipient,)
        person = await self._people.read(bytes.fromhex(facts.person))
        others = (Recipient(key, "") for key in person.members if key != recipient.key)
        return (recipient, *others)

    async def come_back(self, person_id: str, *, actor: str) -> None:
        """An erased person is a customer again: what is linked to it from now on is not erased."""
        key = self._store.keyring.person(person_id)
        await self._people.come_back(key, Return(actor, self._store.now()))

    def _shown(self, person: Person) -> Somebody:
        known = person.known
        person_id = ""
        if person.sealed_id:
            person_id = self._store.sealer.open_evidence(person.sealed_id, person.key)["id"]
        return Somebody(
            id=person_id,
            addresses=len(person.members),
            birth=known.birth,
            language=known.language,
            time_zone=known.zone,
            country=known.country,
            erased=person.erasure is not None,
        )
