"""What a record of the log means, in words for the one that it is about."""

from suppression.records import Record, RecordKind

_MEANINGS = {
    RecordKind.DECIDED: "A message was asked for and decided on; nothing was handed over with it.",
    RecordKind.HANDING_OVER: "A message was allowed and began to be handed over.",
    RecordKind.SENT: "The message was handed over.",
    RecordKind.REJECTED: "The next mail server or provider rejected the message.",
    RecordKind.POSTPONED: "The next mail server or provider asked for the message later.",
    RecordKind.UNKNOWN: "Whether the message was taken is not known.",
    RecordKind.BOUNCED: "It was reported that a message did not arrive.",
    RecordKind.QUEUED: "A message was accepted, to be handed over when it is due.",
    RecordKind.CANCELLED: "The message was cancelled before it was handed over, or before it arrived.",
    RecordKind.DEAD: "The message could not be handed over in time.",
    RecordKind.DELIVERED: "The message arrived.",
    RecordKind.UNDELIVERED: "The message did not arrive.",
    RecordKind.RECEIVED: "A text or a call came in from this number; it was no stop.",
    RecordKind.REVIEW_OPENED: "What came in was unclear, and waited for somebody to read it.",
    RecordKind.REVIEWED: "Somebody read what had come in, and decided what it meant.",
    RecordKind.SUPPRESSED: "Messages were stopped.",
    RecordKind.LIFTED: "A stop was ended.",
    RecordKind.CONSENTED: "A consent was recorded.",
    RecordKind.WITHDRAWN: "A consent was withdrawn.",
    RecordKind.LINKED: "The address became known as one of a person's, or what is known of the person was noted.",
    RecordKind.UNLINKED: "The address is no longer known as the person's.",
    RecordKind.ERASED: "All that was known was erased, but for stops.",
    RecordKind.RETURNED: "The erased became a customer again: what is required may be sent.",
    RecordKind.REQUESTED: "A request about the data that is kept was confirmed by the recipient.",
    RecordKind.EXPORTED: "All that is held was given out.",
    RecordKind.CHECKED: "A list of addresses was checked for use elsewhere.",
    RecordKind.VIEWED: "The page behind a link was looked at, by a person or a program.",
}
_OUTCOMES = {
    "send": " It might be sent.",
    "refuse": " It was refused.",
    "defer": " It had to wait.",
}


def meaning(record: Record) -> str:
    return _MEANINGS[record.kind] + (
        _OUTCOMES.get(record.outcome, "") if record.kind is RecordKind.DECIDED else ""
    )
