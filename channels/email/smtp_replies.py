"""What a next hop's SMTP reply means for one copy: the one table from reply to Outcome.

RFC 5321 4.2.1: the first digit decides. Enhanced codes (RFC 3463) are passed on where they agree with it. The
hop's words go into our log and replies, so addresses, control characters and length are cut here.
"""

import re
from dataclasses import dataclass

from channels.carrier import Outcome, Postponed, Rejected, Sent, Unknown

LONGEST_TEXT = 400

_ENHANCED = re.compile(r"^([245])\.(\d{1,3})\.(\d{1,3})(?=\s|$)")
_ADDRESS = re.compile(r"<[^<>@]*@[^<>]*>|\"[^\"]*\"@\S+|[^\s<>()\[\],;:\"'=]+@[^\s<>()\[\],;:\"'=]+")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_QUEUE_IDS = (
    re.compile(r"queued (?:mail for delivery )?as ([\w./-]{3,64})", re.IGNORECASE),  # Postfix, Exchange
    re.compile(r"\bid=([\w./-]{3,64})"),  # Exim
    re.compile(r"^ok:? ([0-9a-f][\w-]{7,80})(?:\s|$)", re.IGNORECASE),  # Amazon SES
    re.compile(r"^(\w{6,32}) message accepted", re.IGNORECASE),  # Sendmail
)

# RFC 5321 4.2.3 and RFC 5248 2.4: the enhanced code that a bare code stands for.
_PLAIN_STATUS = {
    421: "4.3.2", 450: "4.2.0", 451: "4.3.0", 452: "4.3.1", 454: "4.7.0", 455: "4.5.4",
    500: "5.5.2", 501: "5.5.4", 502: "5.5.1", 503: "5.5.1", 504: "5.5.4", 521: "5.3.2", 530: "5.7.0",
    550: "5.0.0", 551: "5.1.6", 552: "5.3.4", 553: "5.1.3", 554: "5.0.0", 555: "5.5.4", 556: "5.1.10",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class HopReply:
    """A reply of the next hop, its enhanced code taken off the text."""

    code: int
    status: str
    text: str


def read_reply(code: int, message: str) -> HopReply:
    """`message`: the lines of the reply without codes, joined by line feeds."""
    status = ""
    words = []
    for line in message.split("\n"):
        found = _ENHANCED.match(line)
        if found and found[1] == str(code)[:1]:
            status = status or found[0]
            line = line[found.end() :]  # noqa: PLW2901 - the same line, shortened
        words.append(line.strip())
    return HopReply(code, status or plain_status(code), harmless(" ".join(words)))


def plain_status(code: int) -> str:
    return _PLAIN_STATUS.get(code, f"{code // 100}.0.0")


def harmless(text: str) -> str:
    """A peer's words without addresses and control characters, bounded."""
    printable = _UNPRINTABLE.sub(" ", text.encode("utf-8", "replace").decode())
    return _ADDRESS.sub("[address]", printable)[:LONGEST_TEXT].strip()


def queue_id(text: str) -> str:
    """The hop's own id of the message, where its words hold one."""
    return next((found[1].rstrip(".") for form in _QUEUE_IDS if (found := form.search(text))), "")


def outcome(reply: HopReply, *, finished: bool = False) -> Outcome:
    """What the reply to MAIL, RCPT or DATA means, or (`finished`) the one to the final dot."""
    match reply.code // 100:
        case 2 if finished:
            return Sent(reply.text, queue_id(reply.text))
        case 4:
            return Postponed(reply.code, reply.status, reply.text)
        case 5:
            return Rejected(reply.code, reply.status, reply.text)
    if finished:
        return Unknown("next hop's reply was out of step")
    return Postponed(451, "4.5.0", "next hop's reply was out of step")


def lost(*, finished: bool = False) -> Outcome:
    """The connection failed: before the final dot nothing was handed over, after it nobody knows."""
    text = "connection to next hop lost"
    return Unknown(text) if finished else Postponed(451, "4.4.2", text)
