"""What a mail is that came in: the one door to this package.

Bounces and complaints are told apart by what their reports say; a reply of a program by its header; the rest was
written by somebody. Apple Mail's own unsubscribe mail calls itself an automatic reply and is written by somebody.
"""

from dataclasses import dataclass
from enum import StrEnum

from channels.email.inbound import arf, dsn, sns_mail
from channels.email.inbound.arf import Complaint
from channels.email.inbound.automatic import is_apple_unsubscribe, is_automatic
from channels.email.inbound.dsn import Bounce
from channels.email.inbound.quoted_text import Written, null_return_path, written
from channels.email.inbound.received import Received


class Nature(StrEnum):
    """What it is. A mail to the address of a token is an unsubscribe, WRITTEN or AUTO_REPLY, whatever it says."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto_reply"
    WRITTEN = "written"


@dataclass(frozen=True, slots=True)
class Report:
    """What came in.

    bounces            of a BOUNCE: one or more, some of them delays or deliveries
    complaint          of a COMPLAINT
    written            of AUTO_REPLY and WRITTEN: whose words they are, and the words
    apple_unsubscribe  marked as sent by Apple Mail's button
    """

    nature: Nature
    bounces: tuple[Bounce, ...] = ()
    complaint: Complaint | None = None
    written: Written | None = None
    null_return_path: bool = False
    apple_unsubscribe: bool = False


def classify(raw: bytes, mail_from: str | None = None) -> Report:
    """`mail_from`: of the envelope ("" for the null return path); None: Return-Path is looked at instead."""
    received = Received(raw)
    null = null_return_path(received, mail_from)
    if is_apple_unsubscribe(received):
        words = written(received, mail_from)
        return Report(Nature.WRITTEN, written=words, null_return_path=null, apple_unsubscribe=True)
    found, complaint = sns_mail.events(received)
    complaint = complaint or arf.complaint(received)
    if complaint:
        return Report(Nature.COMPLAINT, complaint=complaint, null_return_path=null)
    found = found or dsn.bounces(received, mail_from)
    if found:
        return Report(Nature.BOUNCE, bounces=tuple(found), null_return_path=null)
    nature = Nature.AUTO_REPLY if null or is_automatic(received) else Nature.WRITTEN
    return Report(nature, written=written(received, mail_from), null_return_path=null)
