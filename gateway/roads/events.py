"""What apps report of their customers: a removed app, an order, a new account. Each has its effects once per id."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.roads.changes import Changes, ExpiredAlready
from gateway.roads.roster import Roster
from suppression.address import Kind
from suppression.consent_expiry import RELATION, months_later
from suppression.decision import Reason
from suppression.errors import Conflict, NotFound
from suppression.model import App, Basis, Channel, Recipient, Scope, Sender, Way
from suppression.purposes import Catalogue
from suppression.store import reports
from suppression.store.store import Store

_STOPPED_WITH_AN_APP = ("service", "marketing")
_CHANNELS = {
    Kind.EMAIL: frozenset({Channel.EMAIL}),
    Kind.PHONE: frozenset({Channel.SMS, Channel.VOICE}),
}


class EventType(StrEnum):
    UNINSTALLED = "uninstalled"
    ORDER = "order"
    ACCOUNT_CREATED = "account_created"


@dataclass(frozen=True, slots=True)
class Event:
    """A report. `app` is None where support reports; `person` or `recipients` say of whom it is.

    id     the app's own, within its sender; `body`: hash of what was reported, to tell another report
    owner  the sender whose app reports, or "*"
    """

    type: EventType
    id: str
    body: str
    at: datetime
    app: App | None
    owner: str
    actor: str
    recipients: Sequence[Recipient] = ()
    person: str | None = None

    @property
    def stem(self) -> str:
        return hashlib.sha256(f"event\x00{self.owner}\x00{self.id}".encode()).hexdigest()


class Events:
    """Events on one store."""

    def __init__(self, store: Store, changes: Changes, roster: Roster, senders: Mapping[str, Sender]) -> None:
        self._store = store
        self._changes = changes
        self._roster = roster
        self._senders = senders

    async def take(self, event: Event, catalogue: Catalogue) -> None:
        """All effects are stored when this returns. IdempotencyMismatch: another report had this id."""
        if not await reports.begin(self._store, event.stem, event.body):
            return
        match event.type:
            case EventType.UNINSTALLED:
                await self._uninstalled(event)
            case EventType.ORDER:
                await self._order(event, catalogue)
            case EventType.ACCOUNT_CREATED:
                await self._account_created(event)
        await reports.done(self._store, event.stem, event.body)

    async def _uninstalled(self, event: Event) -> None:
        """No more service and marketing messages of this app, at no address of the person."""
        if event.app is None:
            return
        for recipient in await self._all(event):
            for node in _STOPPED_WITH_AN_APP:
                await self._changes.suppress(
                    recipient,
                    Scope(purpose=node, app=event.app.name),
                    reason=Reason.UNSUBSCRIBED,
                    way=Way.APP_REMOVED,
                    source=event.app.name,
                    actor=event.actor,
                    change_id=_change_id(event, node, recipient),
                    kept=reports.KEPT,
                )

    async def _order(self, event: Event, catalogue: Catalogue) -> None:
        """RULES 1.6, soft opt-in: similar products of the seller, to the address given with the order."""
        sender = self._senders.get(event.app.sender) if event.app else None
        if event.app is None or sender is None or sender.soft_opt_in is None:
            return
        terms = sender.soft_opt_in
        for recipient in event.recipients:
            for path in terms.purposes:
                purpose = catalogue.find(path)
                channels = _usable(recipient) & frozenset(map(Channel, purpose.channels))
                if not channels:
                    continue
                try:
                    await self._changes.consent(
                        recipient,
                        Scope(channels, purpose.path, sender.name),
                        basis=Basis.SOFT_OPT_IN,
                        source=event.app.name,
                        actor=event.actor,
                        at=event.at,
                        evidence={"event": event.id, RELATION: "purchase"},
                        expires=months_later(event.at, terms.months),
                        change_id=_change_id(event, path, recipient),
                        kept=reports.KEPT,
                        unless_objected=True,
                    )
                except (Conflict, ExpiredAlready):
                    continue  # a no stands, or the order is too long ago: nothing follows from it

    async def _account_created(self, event: Event) -> None:
        """Ends an erasure's hold on `required`."""
        if event.person is not None:
            await self._roster.come_back(event.person, actor=event.actor)
        for recipient in await self._all(event):
            try:
                await self._changes.come_back(
                    recipient,
                    actor=event.actor,
                    change_id=_change_id(event, "return", recipient),
                    kept=reports.KEPT,
                )
            except NotFound:
                continue  # nobody had erased it

    async def _all(self, event: Event) -> Sequence[Recipient]:
        """Whom it is of: every address of the person, where one is known."""
        if event.person is not None:
            return await self._roster.members(event.person, event.owner)
        found: dict[bytes, Recipient] = {}
        for named in event.recipients:
            for recipient in await self._roster.beside(named):
                found.setdefault(recipient.key, recipient)
        named_ones = {recipient.key: recipient for recipient in event.recipients}
        return tuple((found | named_ones).values())


def _usable(recipient: Recipient) -> frozenset[Channel]:
    return frozenset() if recipient.address is None else _CHANNELS[recipient.address.kind]


def _change_id(event: Event, part: str, recipient: Recipient) -> str:
    text = f"{event.stem}\x00{part}\x00{recipient.key.hex()}\x00{recipient.exact}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]
