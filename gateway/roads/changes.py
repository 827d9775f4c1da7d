"""What a recipient, an agent or an app tells us, applied: the one road of changes, for pages, API and inbound mail.

Each answers when the change is durable, and never before (promise 3).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from suppression.changes import GiveConsent, Lift, Return, Suppress, Withdraw
from suppression.consent_expiry import ConsentExpiry
from suppression.decision import Reason
from suppression.errors import InvalidInput, NotFound
from suppression.model import Basis, Consent, Recipient, Scope, Suppression, Way
from suppression.rules.stops import stands_against
from suppression.store.apply import (
    CONSENT_HANDLE,
    SUPPRESSION_HANDLE,
    Applied,
    ChangeId,
    apply,
    claim,
    claimed,
)
from suppression.store.keys import parse_handle
from suppression.store.people import People
from suppression.store.store import Store


class ExpiredAlready(InvalidInput):
    peer_text = "the consent has expired already: by its own date, or by the time that its basis holds"


class Changes:
    """Changes on one store. `change_id`: made before the first try, so that a repeat has no second effect."""

    def __init__(self, store: Store, expiry: ConsentExpiry | None = None) -> None:
        self._store = store
        self._people = People(store)
        self._expiry = expiry or ConsentExpiry()

    async def claim(self, key: str, body_hash: str) -> None:
        """Bind an Idempotency-Key to a body. IdempotencyMismatch if it was used with another."""
        await claim(self._store, key, body_hash)

    async def claimed(self, key: str, body_hash: str) -> bool:
        """Whether it was bound before. IdempotencyMismatch as with `claim`."""
        return await claimed(self._store, key, body_hash)

    async def suppress(
        self,
        recipient: Recipient,
        scope: Scope,
        *,
        reason: Reason,
        way: Way,
        source: str,
        actor: str,
        note: str = "",
        until: datetime | None = None,
        change_id: str | None = None,
        kept: timedelta | None = None,
        exact: str | None = None,
    ) -> Applied:
        """A stop. From the moment this returns no commit allows what it covers (promise 2).

        One of everything is the person's: it holds for all addresses that are known to be of the same human.
        `exact`: of this very address only (nobody has it, it takes no texts).
        """
        change = Suppress(
            scope=scope,
            reason=reason,
            way=way,
            source=source,
            actor=actor,
            at=self._store.now(),
            until=until,
            exact=exact,
            evidence={"note": note} if note else {},
        )
        return await self._people.suppress(recipient, change, _once(change_id, kept))

    async def erase(
        self, recipient: Recipient, *, way: Way, source: str, actor: str, change_id: str | None = None
    ) -> Applied:
        """All that is known of the recipient and its person goes, but for keyed hashes and stops."""
        change = Suppress(Scope(), Reason.ERASED, way, source, actor, self._store.now())
        return await self._people.suppress(recipient, change, _once(change_id))

    async def come_back(
        self, recipient: Recipient, *, actor: str, change_id: str | None = None, kept: timedelta | None = None
    ) -> Applied:
        """An erased recipient is a customer again: `required` may go. NotFound when nothing was erased."""
        return await apply(self._store, recipient, Return(actor, self._store.now()), _once(change_id, kept))

    async def lift(
        self,
        handle: str,
        *,
        actor: str,
        reason: str,
        evidence: Mapping[str, str],
        order: str | None = None,
        change_id: str | None = None,
        complaint: bool = False,
    ) -> Applied:
        """End one entry, and no other. `order`: only as it was at that commit. NotFound, Conflict.

        `complaint`: it may be one, too: for whoever answers for that.
        """
        key, entry_id = parse_handle(SUPPRESSION_HANDLE, handle)
        told = {"reason": reason, **evidence}
        change = Lift(entry_id, actor, self._store.now(), order, told, complaint=complaint)
        return await apply(self._store, Recipient(key, ""), change, _once(change_id))

    async def end_pause(self, recipient: Recipient, entry_id: str, *, actor: str, change_id: str) -> None:
        """What stood still while somebody had to read what the recipient wrote: it was decided. NotFound."""
        change = Lift(entry_id, actor, self._store.now(), evidence={"reason": "reviewed"}, reviewed=True)
        await apply(self._store, recipient, change, _once(change_id))

    async def consent(
        self,
        recipient: Recipient,
        scope: Scope,
        *,
        basis: Basis,
        source: str,
        actor: str,
        at: datetime,
        evidence: Mapping[str, str],
        expires: datetime | None = None,
        overrides: Iterable[str] = (),
        direct: bool = False,
        change_id: str | None = None,
        kept: timedelta | None = None,
        unless_objected: bool = False,
        unless_erased: bool = False,
    ) -> Applied:
        """A recipient's yes. `overrides`: handles of the entries that it shall stand above. ExpiredAlready.

        `unless_objected`: Conflict when the recipient said no to any of it; `unless_erased`: when it was erased.
        """
        expires = self._expiry.expires(basis, at, evidence, expires)
        if expires is not None and expires <= self._store.now():
            raise ExpiredAlready("by its date and basis")
        change = GiveConsent(
            scope=scope,
            basis=basis,
            source=source,
            actor=actor,
            at=at,
            exact=recipient.exact,
            expires=expires,
            direct=direct,
            overrides=frozenset(self._own_entry(recipient, handle) for handle in overrides),
            evidence=evidence,
            unless_objected=unless_objected,
            unless_erased=unless_erased,
        )
        return await apply(self._store, recipient, change, _once(change_id, kept))

    def _own_entry(self, recipient: Recipient, handle: str) -> str:
        key, entry_id = parse_handle(SUPPRESSION_HANDLE, handle)
        if key != recipient.key:
            raise NotFound("an entry of another recipient")
        return entry_id

    async def withdraw(self, handle: str, *, actor: str, change_id: str | None = None) -> Applied:
        """End a consent."""
        key, entry_id = parse_handle(CONSENT_HANDLE, handle)
        return await apply(
            self._store, Recipient(key, ""), Withdraw(entry_id, actor, self._store.now()), _once(change_id)
        )

    async def blocked_by(self, recipient: Recipient, consent: Consent) -> tuple[Suppression, ...]:
        """The entries in force that this consent does not override: while there are any it is not effective."""
        facts = await self._store.facts(recipient, self._store.client.stops)
        ids = set(stands_against(consent, facts, self._store.now()))
        return tuple(entry for entry in facts.suppressions if entry.id in ids)


def _once(change_id: str | None, kept: timedelta | None = None) -> ChangeId | None:
    """The body that an Idempotency-Key stands for was compared by `claim`. `kept`: longer than such a key."""
    if change_id is None:
        return None
    return ChangeId(change_id, "-") if kept is None else ChangeId(change_id, "-", kept.total_seconds())
