"""Complaints: RFC 5965 reports of any version, and the forms of those who send something else.

A report can be forged and its recipient redacted: whoever acts on one finds the person by what the original carries
(List-Unsubscribe, CFBL-Feedback-ID, Message-ID), or has the report's DKIM signature verified.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from channels.email.inbound.received import Received
from channels.email.inbound.report_parts import (
    NO_ORIGINAL,
    Fields,
    Original,
    address_list,
    blocks,
    first,
    one_address,
    original,
    original_of,
    parts_named,
)

FEEDBACK_PARTS = frozenset({"message/feedback-report"})
MAX_RECIPIENTS = 100
MAX_TEXT = 500


class FeedbackType(StrEnum):
    """RFC 5965 7.3 and its registry; opt-out and opt-out-list are of drafts that are still in use."""

    ABUSE = "abuse"
    FRAUD = "fraud"
    VIRUS = "virus"
    OTHER = "other"
    NOT_SPAM = "not-spam"
    AUTH_FAILURE = "auth-failure"
    OPT_OUT = "opt-out"
    OPT_OUT_LIST = "opt-out-list"
    DMARC = "dmarc"
    UNKNOWN = "unknown"


class Form(StrEnum):
    ARF = "arf"
    JMRP = "jmrp"  # Microsoft: the original itself, the recipient in a field of its own
    SNS = "sns"  # Amazon SES, by mail


# What it means for the person: they want no more of it, or they said nothing of the kind.
SUPPRESSES: dict[FeedbackType, bool | None] = {
    FeedbackType.ABUSE: True,
    FeedbackType.FRAUD: True,
    FeedbackType.OPT_OUT: True,
    FeedbackType.OPT_OUT_LIST: True,
    FeedbackType.OTHER: None,  # as configured
    FeedbackType.VIRUS: False,
    FeedbackType.NOT_SPAM: False,
    FeedbackType.AUTH_FAILURE: False,
    FeedbackType.DMARC: False,
    FeedbackType.UNKNOWN: False,
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """One report.

    version            as written: "1", "1.0", "0.1"; "" where it has none
    recipients         Original-Rcpt-To (RFC 5965 3.2): one, several (a digest of traps), none, or redacted
    removal_recipient  who is to be removed, where the report says so
    mail_from          Original-Mail-From, "" for the null return path and where it is missing
    arrival_date       as written
    reported_domains   of whom it complains
    authentication     the report's own Authentication-Results fields: not ours, so nothing to trust
    sender             From of the report
    original           the mail complained of; its Message-ID may also be a field of the report
    """

    form: Form
    type: FeedbackType
    version: str = ""
    user_agent: str = ""
    recipients: tuple[str, ...] = ()
    removal_recipient: str | None = None
    mail_from: str = ""
    envelope_id: str = ""
    source_ip: str = ""
    arrival_date: str = ""
    reported_domains: tuple[str, ...] = ()
    incidents: int = 1
    authentication: tuple[str, ...] = ()
    sender: str | None = None
    original: Original = field(default=NO_ORIGINAL)

    def suppresses(self, *, other: bool = False) -> bool:
        """`other`: what Feedback-Type: other is taken for here."""
        verdict = SUPPRESSES[self.type]
        return other if verdict is None else verdict


def complaint(received: Received) -> Complaint | None:
    """None for what is no complaint."""
    return _arf(received) or _jmrp(received)


def _arf(received: Received) -> Complaint | None:
    part = next(parts_named(received, FEEDBACK_PARTS), None)
    if part is None:
        return None
    fields = next(iter(blocks(received.content(part))), {})
    listed = fields.get("original-rcpt-to", ())
    return Complaint(
        form=Form.ARF,
        type=feedback_type(first(fields, "feedback-type")),
        version=first(fields, "version")[:MAX_TEXT],
        user_agent=first(fields, "user-agent")[:MAX_TEXT],
        recipients=_addresses(listed),
        removal_recipient=one_address(first(fields, "removal-recipient")),
        mail_from=one_address(first(fields, "original-mail-from")) or "",
        envelope_id=first(fields, "original-envelope-id")[:MAX_TEXT],
        source_ip=first(fields, "source-ip")[:MAX_TEXT],
        arrival_date=(first(fields, "arrival-date") or first(fields, "received-date"))[:MAX_TEXT],
        reported_domains=tuple(fields.get("reported-domain", ()))[:MAX_RECIPIENTS],
        incidents=_number(first(fields, "incidents")),
        authentication=tuple(fields.get("authentication-results", ()))[:MAX_RECIPIENTS],
        sender=_sender(received),
        original=_original(received, fields),
    )


def _original(received: Received, fields: Fields) -> Original:
    found = original(received)
    if found.message_id or "message-id" not in fields:
        return found
    # RFC 6591 3.2.2 and others write what they keep of the original into the report.
    return original_of(b"".join(f"{name}: {value}\r\n".encode() for name in fields for value in fields[name]))


def _jmrp(received: Received) -> Complaint | None:
    """Microsoft's Junk Mail Reporting Program: the mail as an only part, the recipient in a field on top of it."""
    part = next((part for part in received.leaves if part.media.name == "message/rfc822"), None)
    inner = NO_ORIGINAL if part is None else original_of(received.content(part))
    named = inner.fields.get("x-hmxmroriginalrecipient", ()) or received.values("x-hmxmroriginalrecipient")
    if not named:
        return None
    return Complaint(
        form=Form.JMRP,
        type=FeedbackType.ABUSE,
        recipients=_addresses(named),
        sender=_sender(received),
        original=inner or original_of(received.raw),
    )


def feedback_type(value: str) -> FeedbackType:
    """Any letter case; comments and parameters behind it are passed over."""
    words = value.replace(";", " ").replace("(", " ").split()
    try:
        return FeedbackType(words[0].lower()) if words else FeedbackType.UNKNOWN
    except ValueError:
        return FeedbackType.UNKNOWN


def _addresses(values: Sequence[str]) -> tuple[str, ...]:
    found = (address for value in values[:MAX_RECIPIENTS] for address in address_list(value))
    return tuple(dict.fromkeys(found))


def _sender(received: Received) -> str | None:
    found = address_list(received.value("from"))
    return found[0] if found else None


def _number(value: str) -> int:
    digits = value.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 1
