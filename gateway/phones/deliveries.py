"""What the provider reports of a message that it took: its state, and what a failure says of recipient and sender."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from channels.twilio.outcomes import Breaker, Code
from gateway import logs
from gateway.phones.provider_codes import Failure, ProviderCodes
from suppression.address import Address
from suppression.errors import Conflict, NotFound, NotPermitted
from suppression.model import Channel, Sender
from suppression.outbox import Delivery, Entry
from suppression.store.outbox import Outbox
from suppression.store.store import Store
from suppression.store.transitions import names_another

log = structlog.get_logger(__name__)

Heard = Callable[[Channel, str, str, Breaker], None]
"""How what a sender sent on a channel, for a campaign, fared: by whose fault it failed, if by one."""


@dataclass(frozen=True, slots=True)
class Report:
    """`message`: our id; `reference`: the provider's; `to`: the number that it went to, where it could be read."""

    message: str
    reference: str
    delivery: Delivery
    senders: frozenset[str]  # whose account it was that reports
    code: int = 0
    to: Address | None = field(default=None, repr=False)


class Deliveries:
    """On one store."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        codes: ProviderCodes,
        senders: Mapping[str, Sender],
        heard: Heard | None = None,
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._codes = codes
        self._senders = senders
        self._heard = heard
        self._seldom = logs.Seldom()

    async def take(self, report: Report) -> None:
        """Stored when this returns; late and repeated ones change nothing. NotPermitted: of another message.

        What it says of the recipient comes first: a stop is not lost to a crash in between.
        """
        try:
            entry = await self._outbox.entry(report.message)
        except NotFound:
            log.info("report_of_unknown_message", state=report.delivery.value)
            return  # older than what is kept of messages
        self._check(entry, report)
        row = await self._learn(entry, report) if report.code else None
        try:
            await self._outbox.report(
                entry.id,
                report.delivery,
                reference=report.reference,
                text=row.meaning if row else "",
                code=report.code,
            )
        except Conflict:
            raise NotPermitted("a report of another message") from None
        self._tell(entry, report, row)
        logs.access(
            "message_reported",
            message=entry.id,
            state=report.delivery.value,
            reference=report.reference,
            code=report.code,
        )

    def _check(self, entry: Entry, report: Report) -> None:
        if entry.sender not in report.senders:
            raise NotPermitted("a report by another sender's account")
        if names_another(entry, report.reference):
            log.warning("report_of_another_message", message=entry.id)
            raise NotPermitted("a report of another message")

    async def _learn(self, entry: Entry, report: Report) -> Code:
        recipient = entry.recipient
        if report.to is not None:
            named = self._store.keyring.recipient(report.to)
            if named.key != recipient.key:
                raise NotPermitted("a report of another recipient's message")
            recipient = named
        failure = Failure(entry.id, recipient, entry.channel, self._senders.get(entry.sender), report.code)
        return await self._codes.learn(failure)

    def _tell(self, entry: Entry, report: Report, row: Code | None) -> None:
        fault = Breaker.NONE if row is None else row.breaker
        if row is not None and row.alert:
            self._seldom.say(
                log.error,
                "sender_at_fault",
                *(entry.sender, str(row.code)),
                message=entry.id,
                sender=entry.sender,
                code=row.code,
                meaning=row.meaning,
            )
        if self._heard is not None and report.delivery.final:
            self._heard(entry.channel, entry.sender, entry.campaign or entry.purpose, fault)
