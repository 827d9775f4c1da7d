"""A mail that is ready to leave: one copy for one recipient."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mail:
    """`id`: the message's id, as in its Permit. `raw`: CRLF lines, signed, not dot-stuffed.

    mail_from  "" for the null sender
    options    ESMTP parameters for MAIL that came with it and are passed on ("SMTPUTF8", "BODY=8BITMIME")
    """

    id: str
    sender: str
    mail_from: str
    raw: bytes
    options: tuple[str, ...] = ()
