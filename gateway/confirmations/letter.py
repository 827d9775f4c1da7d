"""The mail that asks a recipient whether what was asked for in their name is meant. Pure."""

import hashlib
from collections.abc import Sequence

from channels.email.letter import Letter, Link
from gateway.confirmations.wishes import Kind
from gateway.languages import Words, marked
from suppression.model import Sender

_SUBJECT = {
    Kind.CONSENT: marked("Please confirm: messages from {sender}"),
    Kind.EXPORT: marked("Please confirm: a copy of your data from {sender}"),
    Kind.ERASURE: marked("Please confirm: deletion of your data at {sender}"),
}
_ASKED = {
    Kind.CONSENT: marked("Somebody asked us to send you:"),
    Kind.EXPORT: marked("Somebody asked {sender} for a copy of all that is kept about this email address."),
    Kind.ERASURE: marked("Somebody asked {sender} to delete what is kept about this email address."),
}
_IF_YOU = marked(
    "If that was you, open this page and press the button on it. The link works for {days} days."
)
_IF_NOT = marked("If it was not you, do nothing. Unless you confirm, nothing changes.")
_OPEN = marked("Open the page to confirm")
_PHONE = marked("Phone: {phone}")


def letter(
    words: Words,
    sender: Sender,
    kind: Kind,
    lines: Sequence[str],
    *,
    url: str,
    days: int,
    to: str,
    id: str,  # noqa: A002
) -> Letter:
    """`lines`: what would be sent, for a consent."""
    asked = words(_ASKED[kind], sender=sender.title)
    blocks = (asked, tuple(lines)) if lines else (asked,)
    return Letter(
        id=id,
        from_name=sender.title,
        from_address=sender.from_address,
        to=to,
        subject=words(_SUBJECT[kind], sender=sender.title),
        blocks=(*blocks, words(_IF_YOU, days=days), Link(url, words(_OPEN)), words(_IF_NOT)),
        close=close(words, sender),
        language=words.language,
    )


def close(words: Words, sender: Sender) -> tuple[str, ...]:
    """The small print: who sends it."""
    phone = (words(_PHONE, phone=sender.support_phone),) if sender.support_phone else ()
    address = (sender.postal_address,) if sender.postal_address else ()
    return (sender.title, *address, *phone)


def wording(words: Words, kind: Kind) -> str:
    """Names the very words that were confirmed, for the evidence: another text has another name."""
    texts = (_SUBJECT[kind], _ASKED[kind], _IF_YOU, _IF_NOT, _OPEN)
    return hashlib.sha256("\x00".join(map(words, texts)).encode()).hexdigest()[:12]
