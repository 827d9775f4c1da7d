"""What became of mail after it had left, applied to its recipient: bounces, complaints and providers' events alike.

Only a permanent fault of the address suppresses, and temporary ones when there were several mails of them; a fault of
the sender never touches the recipient, and somebody is told. Whoever calls has proof that the finding is about this
recipient: a token of ours, a matching decision, a signature that was verified.

Each finding has an id made of what told it: told again it has no second effect, so it may be applied anew after a
StoreUnavailable.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import NamedTuple

import structlog

from channels.email.providers.events import EventKind
from gateway.archive.history import History
from gateway.inbound.which_mail import Kind, WhichMail
from gateway.logs import Seldom
from gateway.roads.changes import Changes
from suppression.address import parse_email
from suppression.decision import Reason
from suppression.errors import UnusableAddress
from suppression.model import ALL, Channel, Recipient, Scope, Way
from suppression.records import Record, RecordKind
from suppression.store import codec, failures
from suppression.store.store import Store

KEPT = timedelta(days=14)  # for which a finding is known again
SOFT_FAILURES = 4  # the class of their status: under which they are counted, apart from the codes of texts
MARKETING, SERVICE = "marketing", "service"
_ON_MAIL = frozenset({Channel.EMAIL})
_LONGEST_SOURCE = 80

log = structlog.get_logger(__name__)


class SoftLimit(NamedTuple):
    """So many mails that failed for a while, within so many days, are an address that takes none."""

    mails: int = 5
    days: int = 14


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one mail for one recipient.

    recipient  as exactly as it is known (`Applying.recipient`)
    source     what told it, and its word: "bounce:5.1.1", "arf:abuse", "ses:bounce/Permanent/NoEmail"
    actor      who told it: "mail", "ses"
    id         the same for the same report, however often it comes
    mail       which mail it was about, so that two reports of it count once; "" where nobody knows
    sender, purpose, app  whose mail it was, as far as that is known
    said       what the server said: evidence, sealed, never logged
    names      what servers on the way called the mail (which_mail)
    """

    recipient: Recipient
    kind: EventKind
    source: str
    actor: str
    id: str
    mail: str = ""
    sender: str = ""
    purpose: str = ""
    app: str = ""
    status: str = ""
    reply: int | None = None
    said: str = field(default="", repr=False)
    names: frozenset[str] = frozenset()

    def change_id(self, what: str) -> str:
        told_by = (what, self.recipient.key.hex(), self.actor, self.kind.value, self.id)
        return hashlib.sha256("|".join(told_by).encode()).hexdigest()


class Applying:
    """On one store. `history`: of its log, which tells which mail came back."""

    def __init__(
        self,
        store: Store,
        changes: Changes,
        soft: SoftLimit | None = None,
        history: History | None = None,
    ) -> None:
        self._store = store
        self._changes = changes
        self._which = WhichMail(store, history or History(store.log))
        self._soft = soft or SoftLimit()
        self._seldom = Seldom()

    async def recipient(self, key: bytes, named: Iterable[str] = ()) -> Recipient:
        """Who a token is about, exactly: as one of these addresses names it, else as it is sealed in the store.

        `exact` is "" where neither tells: what is found then holds for all addresses of the key. StoreUnavailable.
        """
        for text in named:
            try:
                found = self._store.keyring.recipient(parse_email(text))
            except UnusableAddress:
                continue
            if found.key == key:
                return found
        sealed = await self._store.address(key)
        return Recipient(key, "") if sealed is None else self._store.keyring.recipient(sealed)

    async def apply(self, finding: Finding) -> None:
        """What follows from it is stored when this returns. StoreUnavailable."""
        finding = replace(finding, source=finding.source[:_LONGEST_SOURCE])
        match finding.kind:
            case EventKind.COMPLAINT:
                await self._suppress(finding, Scope(_ON_MAIL), Reason.COMPLAINED)
            case EventKind.UNSUBSCRIBED:
                await self._unsubscribe(finding)
            case EventKind.DELIVERED | EventKind.DELAYED:
                pass
            case _:
                await self._failed(finding)

    async def _failed(self, finding: Finding) -> None:
        counted = await self._count(finding) if finding.kind is EventKind.SOFT else 0
        await self._record(finding, counted)
        if finding.kind is EventKind.SENDER_FAULT:
            self._seldom.say(
                log.warning,
                "mail_refused_for_its_sender",
                *(finding.sender, finding.app, finding.source),
                source=finding.source,
                status=finding.status,
                sender=finding.sender,
                app=finding.app,
                recipient=finding.recipient.key.hex(),
            )
        if finding.kind is EventKind.ADDRESS_FAULT or counted >= self._soft.mails:
            await self._suppress(finding, Scope(_ON_MAIL), Reason.UNDELIVERABLE, of_address=True)

    async def _count(self, finding: Finding) -> int:
        mail = hashlib.sha256((finding.mail or finding.id).encode()).hexdigest()[:24]
        key = finding.recipient.key
        return await failures.count(self._store, key, SOFT_FAILURES, mail, self._soft.days)

    async def _record(self, finding: Finding, counted: int) -> None:
        details = {"kind": finding.kind.value} | ({"counted": str(counted)} if counted else {})
        about = Kind(finding.sender, finding.purpose, finding.app)
        mail = await self._which.find(finding.recipient, finding.names, about)
        record = Record(
            kind=RecordKind.BOUNCED,
            at=codec.milliseconds(self._store.now()),
            recipient=finding.recipient.key.hex(),
            exact=finding.recipient.exact,
            channel=Channel.EMAIL.value,
            purpose=finding.purpose,
            sender=finding.sender,
            app=finding.app,
            decision=mail.decision,
            message=mail.message,
            way=Way.PROVIDER.value,
            source=finding.source,
            actor=finding.actor,
            code=finding.reply or 0,
            status=finding.status,
            details=details,
        )
        lane, seen = self._store.client.stops, finding.change_id("bounced")
        await self._store.log_record(finding.recipient.key, record, lane, seen=seen)

    async def _unsubscribe(self, finding: Finding) -> None:
        """All marketing, and what it was said of, where that may be stopped by a word to a provider."""
        of_service = finding.purpose.partition("/")[0] == SERVICE
        for purpose in (MARKETING, finding.purpose) if of_service else (MARKETING,):
            scope = Scope(_ON_MAIL, purpose, finding.sender or ALL)
            await self._suppress(finding, scope, Reason.UNSUBSCRIBED)

    async def _suppress(
        self, finding: Finding, scope: Scope, reason: Reason, *, of_address: bool = False
    ) -> None:
        await self._changes.suppress(
            finding.recipient,
            scope,
            reason=reason,
            way=Way.PROVIDER,
            source=finding.source,
            actor=finding.actor,
            note=finding.said,
            change_id=finding.change_id(scope.purpose),
            kept=KEPT,
            exact=(finding.recipient.exact or None) if of_address else None,
        )
