"""By what a message and its copies are known again: DESIGN "Markers"."""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from channels.email.compose import Original
from gateway.roads.pipeline import Ask
from gateway.smtp.copies import Copy
from gateway.smtp.submission import Submission
from suppression.address import Address
from suppression.model import Channel
from suppression.purposes import Purpose
from suppression.store.hand_over import HandOver


@dataclass(frozen=True, slots=True)
class Mark:
    """`identity`: what a resend of the same message has too. `remembers`: whether its app can mean a resend.

    message  the message's id: the same for a resend, where there is something to tell it by
    """

    identity: str
    remembers: bool
    message: str

    @classmethod
    def of(cls, original: Original, submission: Submission, purpose: Purpose) -> "Mark":
        key, message_id = original.message_key, original.message_id
        if key:
            told_by, remembers = f"key {key}", True
        else:  # without a Message-ID the hash still guards what is being relayed
            told_by, remembers = f"{message_id or ''} {original.digest.hex()}", bool(message_id)
        identity = _hash(submission.app.name, purpose.path, submission.mail_from, told_by)
        return cls(identity, remembers, identity[:24] if remembers else secrets.token_hex(12))

    def copies(
        self, submission: Submission, purpose: Purpose, legal_notice: str, *, system: bool
    ) -> Iterator[Copy]:
        for address in submission.recipients:
            ask = Ask(submission.app, Channel.EMAIL, purpose, address, legal_notice, system=system)
            yield Copy(ask, self._hand_over(address, len(submission.recipients)))

    def _hand_over(self, address: Address, copies: int) -> HandOver:
        marker = _hash(self.identity, address.exact)
        return HandOver(marker, self.message, remembers=self.remembers, copies=copies)


def report_of(hand_over: HandOver) -> HandOver:
    """The hand-over of the report about a copy: one per copy, however often the message comes."""
    marker = _hash("report", hand_over.id)
    return HandOver(marker, marker[:24], remembers=hand_over.remembers)


def _hash(*parts: str) -> str:
    """Of the parts in order; none can run into the next."""
    whole = b"".join(b"%d:%s" % (len(part.encode()), part.encode()) for part in parts)
    return hashlib.sha256(whole).hexdigest()
