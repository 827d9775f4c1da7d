"""Whose fault a failed delivery is: the table of status codes (RFC 3463, RFC 5248 and their registry) and of what
servers say where the code says nothing.

Only ADDRESS may suppress at once. An address is at fault only where nothing speaks for another cause: of several
codes and sentences the one that suppresses least counts. Postfix and sendmail write 5.0.0, 5.1.0, 5.2.0 and 5.5.0
for a reply without a code of its own, so there the reply's words decide; codes of system (5.3), network (5.4),
content (5.6) and policy (5.7) stand whatever the words are.
"""

import re
from enum import StrEnum

from channels.email.inbound import server_words
from channels.email.inbound.server_words import MAX_WORDS, normalised


class Action(StrEnum):
    """RFC 3464 2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


class Kind(StrEnum):
    """Why a mail did not arrive.

    address       there is no such mailbox, for good: suppresses
    mailbox_full  counts
    temporary     given up after trying, or a mailbox that is not there now: counts
    sender        policy, authentication, content, size, rate: never suppresses, shows up as an alert
    network       the way there, or the system at its end: neither
    delayed       still being tried: no bounce yet
    delivered     delivered, relayed or expanded: no bounce
    unknown       failed, and nobody says why: neither suppresses nor counts
    """

    ADDRESS = "address"
    MAILBOX_FULL = "mailbox_full"
    TEMPORARY = "temporary"
    SENDER = "sender"
    NETWORK = "network"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    UNKNOWN = "unknown"

    @property
    def suppresses(self) -> bool:
        return self is Kind.ADDRESS

    @property
    def counts(self) -> bool:
        """Whether N of it in a window suppress."""
        return self in (Kind.MAILBOX_FULL, Kind.TEMPORARY)


# The longest entry that a code begins with counts. No entry: the words decide.
CODES: dict[str, Kind] = {
    "4": Kind.TEMPORARY,
    "4.1.8": Kind.SENDER,  # the sender's domain cannot be resolved
    "4.2.2": Kind.MAILBOX_FULL,
    "4.7": Kind.SENDER,  # Gmail 4.7.23 to 4.7.40, Yahoo's 4.7.0 [TSS04], Microsoft's 4.7.5xx and 4.7.650
    "5.1.1": Kind.ADDRESS,  # no such mailbox
    "5.1.2": Kind.ADDRESS,  # no such domain
    "5.1.3": Kind.ADDRESS,  # no valid address
    "5.1.4": Kind.UNKNOWN,  # ambiguous
    "5.1.5": Kind.UNKNOWN,  # says that the address is valid
    "5.1.6": Kind.ADDRESS,  # moved
    "5.1.7": Kind.SENDER,
    "5.1.8": Kind.SENDER,
    "5.1.9": Kind.SENDER,
    "5.1.10": Kind.ADDRESS,  # RFC 7505: the domain takes no mail; Microsoft: no such recipient
    "5.1.351": Kind.ADDRESS,  # Microsoft: the remote server knows no such recipient
    "5.2.1": Kind.ADDRESS,  # disabled
    "5.2.2": Kind.MAILBOX_FULL,
    "5.2.3": Kind.SENDER,  # too long for this mailbox
    "5.2.4": Kind.NETWORK,  # a list that does not expand
    "5.2.121": Kind.SENDER,  # Microsoft: the recipient's hourly rate, from this sender
    "5.2.122": Kind.SENDER,
    "5.3": Kind.NETWORK,
    "5.3.4": Kind.SENDER,  # too big
    "5.4": Kind.NETWORK,
    "5.5.3": Kind.SENDER,  # too many recipients
    "5.6": Kind.SENDER,
    "5.7": Kind.SENDER,  # Gmail 5.7.1 and 5.7.25 to 5.7.40, Microsoft 5.7.5xx and 5.7.6xx, Yahoo and AOL 5.7.9
    "5.7.17": Kind.ADDRESS,  # RFC 7293: the mailbox changed hands
    "5.7.18": Kind.ADDRESS,  # RFC 7293: the domain changed hands
}
LEAST_FIRST = (Kind.SENDER, Kind.NETWORK, Kind.UNKNOWN, Kind.TEMPORARY, Kind.MAILBOX_FULL, Kind.ADDRESS)


WORDS = (
    (server_words.FULL, Kind.MAILBOX_FULL),
    (server_words.SENDER, Kind.SENDER),
    (server_words.TRY_AGAIN, Kind.TEMPORARY),
    (server_words.ADDRESS, Kind.ADDRESS),
    (server_words.TEMPORARY, Kind.TEMPORARY),
    (server_words.NETWORK, Kind.NETWORK),
)

STATUS = re.compile(r"(?<![\d.])([245])\.0{0,2}([0-7])\.(\d{1,3})(?![\d.]*\d)")
# What follows a reply in a sentence; not a telephone number, a size or a time.
REPLY = re.compile(
    r"(?<![\d.#(-])([45]\d\d)(?=[ :;,\]-]*(?:[ :;,\]-](?!k?bytes|[km]b\b|sec|min|hour|messages)[A-Za-z]"
    r"|-?[^A-Za-z0-9 -]|[ -][245]\.\d{1,3}\.|[ -][45]\d\d[ -]|$))",
    re.IGNORECASE,
)


def statuses(text: str) -> list[str]:
    """The codes of failures in a text, normalised (RFC 3463 2: no leading zeros)."""
    return [f"{a}.{b}.{int(c)}" for a, b, c in STATUS.findall(text[:MAX_WORDS]) if a != "2"]


def status(text: str) -> str:
    """The first of them, "" without one."""
    return next(iter(statuses(text)), "")


def field_status(value: str) -> str:
    """The code of a Status field, which also tells of successes (RFC 3464 2.3.4); comments are passed over."""
    match = STATUS.search(value[:MAX_WORDS])
    return f"{match[1]}.{match[2]}.{int(match[3])}" if match else ""


def reply_code(text: str) -> int | None:
    """The SMTP reply that a text quotes."""
    match = REPLY.search(text[:MAX_WORDS])
    return int(match[1]) if match else None


def kind_of(action: Action, code: str, said: str) -> Kind:
    """Why; `code` is the report's status, `said` what the server said, in which other codes may be."""
    if action is Action.DELAYED:
        return Kind.DELAYED
    if action is not Action.FAILED:
        return Kind.DELIVERED
    words = normalised(said)
    if server_words.SENDER_FOR_SURE.search(words):
        return Kind.SENDER
    codes = [code, *statuses(said)] if code else statuses(said)
    reply = reply_code(said)
    kinds = [kind for kind in map(_by_code, codes) if kind is not None]
    if any(code.startswith("4") for code in codes) or (reply is not None and reply < 500):
        return _given_up(kinds, words)
    if kinds:
        least = min(kinds, key=LEAST_FIRST.index)
        return Kind.MAILBOX_FULL if least is Kind.ADDRESS and server_words.FULL.search(words) else least
    return _by_words(words)


def _given_up(kinds: list[Kind], words: str) -> Kind:
    """RFC 3464 appendix E: failed with 4.x.x means that a temporary fault lasted too long."""
    if Kind.SENDER in kinds:
        return Kind.SENDER
    if Kind.MAILBOX_FULL in kinds or server_words.FULL.search(words):
        return Kind.MAILBOX_FULL
    return Kind.TEMPORARY


def _by_code(code: str) -> Kind | None:
    while code:
        if code in CODES:
            return CODES[code]
        code = code.rpartition(".")[0]
    return None


def _by_words(words: str) -> Kind:
    return next((kind for pattern, kind in WORDS if pattern.search(words)), Kind.UNKNOWN)
