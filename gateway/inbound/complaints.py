"""Complaints: somebody called a mail of ours spam, and their mailbox provider told us.

Whose mail it was is told by what the report returns of it, never by the addresses that it names: those are anybody's
to write. Where a feedback id alone tells it, RFC 9477 wants the report signed by the domain that it comes from.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from channels.email.inbound.arf import Complaint, FeedbackType
from channels.email.inbound.classify import Report
from channels.email.inbound.signed_by import DnsUnavailable
from channels.email.providers.events import EventKind
from gateway.inbound.applying import Applying, Finding
from gateway.inbound.attribution import About, Attribution, Proof
from gateway.inbound.reading import read
from gateway.inbound.receiving import TAKEN, Answer, Arrived
from gateway.inbound.routing import Feedback

ACTOR = "mail"
CANNOT_VERIFY = Answer(451, "4.4.3", "Cannot look up the report's key now, try again later")

_OPT_OUTS = frozenset(
    {FeedbackType.OPT_OUT, FeedbackType.OPT_OUT_LIST}
)  # no complaint: a wish, by their provider

_log = structlog.get_logger(__name__)

SignedByItsAuthor = Callable[[bytes], Awaitable[bool]]
"""DnsUnavailable."""


class WithoutToken(Protocol):
    async def __call__(self, arrived: Arrived, report: Report) -> None: ...


class Complaints:
    """`other`: whether feedback of the type "other" is taken for a complaint."""

    def __init__(
        self,
        applying: Applying,
        attribution: Attribution,
        signed_by_its_author: SignedByItsAuthor,
        *,
        other: bool = False,
    ) -> None:
        self._applying = applying
        self._attribution = attribution
        self._signed = signed_by_its_author
        self._other = other

    async def take(self, arrived: Arrived, complaint: Complaint) -> Answer:
        """One that came to an address that tells nothing. Stored when this returns; StoreUnavailable."""
        if self._means(complaint) is None:
            return self._nothing(complaint)
        original, named = complaint.original, _named(complaint)
        about = await self._attribution.by_tokens(original, named)
        about = about or await self._attribution.by_log(original, named)
        if about is None:
            _log.warning("complaint_about_no_mail_of_ours", type=complaint.type.value)
            return TAKEN
        if about.proof is Proof.FEEDBACK_ID:
            try:
                signed = await self._signed(arrived.raw)
            except DnsUnavailable:
                return CANNOT_VERIFY
            if not signed:
                _log.warning("complaint_not_signed", recipient=about.recipient.key.hex())
                return TAKEN
        await self.apply(arrived, complaint, about)
        return TAKEN

    async def apply(self, arrived: Arrived, complaint: Complaint, about: About) -> None:
        """One whose mail is known."""
        kind = self._means(complaint)
        if kind is None:
            self._nothing(complaint)
            return
        await self._applying.apply(
            Finding(
                recipient=about.recipient,
                kind=kind,
                source=f"{complaint.form.value}:{complaint.type.value}",
                actor=ACTOR,
                id=arrived.id,
                mail=complaint.original.message_id,
                sender=about.sender,
                purpose=about.purpose,
                app=about.app,
                said=f"{complaint.user_agent} {complaint.arrival_date}".strip(),
            )
        )

    def _means(self, complaint: Complaint) -> EventKind | None:
        if not complaint.suppresses(other=self._other):
            return None
        return EventKind.UNSUBSCRIBED if complaint.type in _OPT_OUTS else EventKind.COMPLAINT

    def _nothing(self, complaint: Complaint) -> Answer:
        _log.info("feedback_that_stops_nothing", type=complaint.type.value)
        return TAKEN


class FeedbackMailbox:
    """fbl@: complaints; of bounces only those that prove whose they are; the rest is nobody's."""

    def __init__(self, complaints: Complaints, without_token: WithoutToken) -> None:
        self._complaints = complaints
        self._without_token = without_token

    async def __call__(self, arrived: Arrived, _to: Feedback) -> Answer:
        report = await read(arrived)
        if report.complaint is not None:
            return await self._complaints.take(arrived, report.complaint)
        await self._without_token(arrived, report)
        if not report.bounces:
            _log.info("mail_to_fbl_is_no_report", nature=report.nature.value)
        return TAKEN


def _named(complaint: Complaint) -> list[str]:
    removal = (complaint.removal_recipient,) if complaint.removal_recipient else ()
    return [*complaint.recipients, *removal, *complaint.original.recipients]
