"""Which of a recipient's mails a report is about, as far as the log tells it: never a guess.

What tells it: a server's name of the mail, which is in what the report returns and in the log; or that the recipient
had only one mail of that kind.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from channels.email.inbound.report_parts import Original
from gateway.archive.history import History
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable
from suppression.model import Channel, Recipient
from suppression.records import Record, RecordKind
from suppression.store.store import Store

_REMEMBERED = 6  # records of a recipient whose ids are kept (step.lua): with fewer there never were more
_NOT_LEFT = frozenset({RecordKind.REJECTED, RecordKind.POSTPONED})

# What next hops call a mail that they took: Postfix, Exim, Sendmail, Exchange, Amazon SES.
_NAMED_BY_HOP = re.compile(
    r"\b(?:queued as|id[ =]|ok:?)\s*<?([A-Za-z0-9][A-Za-z0-9.-]{8,90})",
    re.IGNORECASE,
)
_RECEIVED_ID = re.compile(r"\bid\s+<?([A-Za-z0-9][A-Za-z0-9.-]{8,90})", re.IGNORECASE)
_HARD_TO_GUESS = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9-]+")  # no word, number, time or host


class Kind(NamedTuple):
    """Of which mails it is one, as far as that is known: "" for what is not."""

    sender: str = ""
    purpose: str = ""
    app: str = ""


class MailOfLog(NamedTuple):
    """A mail as the log knows it. `decision`: id of its hand-over's record; `message`: where it had several copies."""

    decision: str = ""
    message: str = ""


UNKNOWN = MailOfLog()


class WhichMail:
    """On one store, with the history of its log."""

    def __init__(self, store: Store, history: History) -> None:
        self._store = store
        self._history = history

    async def find(self, recipient: Recipient, names: frozenset[str], kind: Kind) -> MailOfLog:
        """UNKNOWN also where the archive cannot be asked now. StoreUnavailable."""
        ids = await self._store.log.recent(recipient.key)
        try:
            records = await self._history.records(ids, recipient.key.hex())
        except (ArchiveUnavailable, ArchiveDamaged):
            return UNKNOWN
        mails = [record for record in records if _is_mail(record)]
        decision = _named(records, names)
        if not decision and len(ids) < _REMEMBERED:
            decision = _only_one([mail for mail in mails if _is_of_kind(mail, kind)], records)
        message = next((mail.message for mail in mails if mail.id == decision), "")
        return MailOfLog(decision, message)


def names_of(original: Original) -> frozenset[str]:
    """What servers on the way called the returned mail; one of them may have given it its Message-ID."""
    found = [name for value in original.fields.get("received", ()) for name in _RECEIVED_ID.findall(value)]
    return hard_to_guess(*found, original.message_id.partition("@")[0])


def hard_to_guess(*names: str) -> frozenset[str]:
    """Those of these that only who had the mail can know."""
    return frozenset(filter(_HARD_TO_GUESS.fullmatch, names))


def is_named(record: Record, names: frozenset[str]) -> bool:
    """Whether the next hop called it so when it took it."""
    if record.kind is not RecordKind.SENT or record.channel != Channel.EMAIL:
        return False
    return any(name in names for name in _NAMED_BY_HOP.findall(record.text))


def _named(records: Sequence[Record], names: frozenset[str]) -> str:
    """By the next hop; or by us, who name a message of several copies in our own Received field."""
    for record in records:
        if is_named(record, names):
            return record.decision
        if _is_mail(record) and record.message in names:
            return record.id
    return ""


def _only_one(mails: Sequence[Record], records: Sequence[Record]) -> str:
    not_left = {record.decision for record in records if record.kind in _NOT_LEFT}
    left = [mail.id for mail in mails if mail.id not in not_left]
    return left[0] if len(left) == 1 else ""


def _is_mail(record: Record) -> bool:
    return record.kind is RecordKind.HANDING_OVER and record.channel == Channel.EMAIL


def _is_of_kind(mail: Record, kind: Kind) -> bool:
    told = zip(kind, (mail.sender, mail.purpose, mail.app), strict=True)
    return all(known in ("", actual) for known, actual in told)
