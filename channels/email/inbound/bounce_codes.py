"""Whose fault a failed delivery is: the table of status codes (RFC 3463, RFC 5248 and their registry) and of what
servers say where the code says nothing.

Only ADDRESS may suppress at once. An address is at fault only where nothing speaks for another cause: of several
codes and sentences the one that suppresses least counts. Postfix and sendmail write 5.0.0, 5.1.0, 5.2.0 and 5.5.0
for a reply without a code of its own, so there the reply's words decide; codes of system (5.3), network (5.4),
content (5.6) and policy (5.7) stand whatever the words are.
"""

import re
from enum import StrEnum

MAX_WORDS = 4000


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

    @property
    def alerts(self) -> bool:
        return self is Kind.SENDER


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


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases))


# Said by servers that use an address code for something else: never an address fault, whatever the code.
SENDER_FOR_SURE = _any(
    r"\bdmarc\b", r"\bspf\b", r"\bdkim\b", r"\brbl\b", r"\bdnsbl\b", r"\bspam\b", "spamhaus", "spamming", "blacklist",
    "block ?list", "blocklisted", "reverse dns", "poor reputation", "bad reputation", "not accepted for policy",
    "policy reasons", "security polic", "unauthenticated", "authentication level", "sending domain",
    "too many recipients", "too many messages", r"(?:after|reply to) (?:mail from|initial connection|helo|ehlo)",
    "sender was rejected", "my name was rejected", "sending rate", "at a rate that", "rate limit", "relay quota",
    "unsolicited", "bulk mail", r"\bube\b", r"\bvirus\b", "malware",
)  # fmt: skip
FULL = _any(
    r"(?:mail ?box|mail ?folder|inbox|account|mail box|boîte|postfach|maildrop)\W{0,3}(?:\w+\W+){0,4}?(?:full|voll|pleine)\b",
    r"over[- ]?quota", r"exceed\w*(?: \w+){0,3} quota", r"quota(?: \w+){0,3} exceed", "quota violation",
    "disk quota", "mail quota", r"out of (?:disk|storage) space", "box space not enough", "insufficient storage",
    "not enough (?:disk |storage )?space", "too much mail stored", "exceeded the local limit", "user has exhausted",
    r"cuota (?:\w+ ){0,2}(?:excedida|superada)", "quota dépassé", "переполнен",
)  # fmt: skip
SENDER = _any(
    "sender (?:address )?(?:was )?(?:rejected|denied|verify)", "sender domain", "unroutable sender",
    "may not send", "not (?:allowed|authorized|permitted) to send", "relay(?:ing)?\\W+(?:access )?(?:denied|not|prohibited)",
    "not configured to relay", "unable to relay", "no relay", "client host (?:rejected|blocked)",
    "(?:message|mail) (?:content )?rejected", "header error", "message looping", r"no\W+resent-from", "message not allowed",
    "invalid domain name", r"messages? from \S+ weren'?t", "weren't sent", "line limit exceeded",
    r"(?:message|mail)(?: \w+){0,2} (?:size|length|too (?:large|big|long))", "size (?:limit )?exceed", "exceeded maximum (?:inbound )?message",
    "incorrectly constructed", "does not support tls", "invalid ip for sending", "not verified",
    r"(?:message|mail|ip|host|connection|address)\W+(?:\w+\W+){0,3}blocked", "blocked (?:using|by|for|because)",
    "not accepting mail from",
    "bad spf", "access denied", "permission to post", "not a member", "join the group", "open relay",
    "send mail as", "banned", "refused by our", "suspicious", "malformed",
)  # fmt: skip
TRY_AGAIN = _any("not found, try again", "try (?:again )?later", "temporar", r"(?:account|compte)(?: \w+){0,2} (?:is|est) blo(?:cked|que)")
TEMPORARY = _any(
    "retry timeout", "message expired", "envelope expired", "giving up", r"given up after", "has not been collected",
    r"failed \d+ attempts", "maximum delivery attempts", "multiple retries", "in the queue too long",
    r"could not (?:be delivered|deliver) for", "for the last \\d+ seconds", "not delivered within", "queue period",
    "cannot send message for", "all hosts have been failing", "deferred",
    "timed out", "connection refused", "not reachable within", "time-expired", "did not accept our requests",
    "not responding", "aborted after", "unable to establish|wasn't able to establish", "unavailable or busy",
    r"account (?:is |has been )?(?:temporarily )?(?:locked|suspended|blocked|frozen)", "mailbox is frozen",
    r"(?:mailbox|account) (?:is )?(?:currently |temporarily )?unavailable", "has not yet been delivered",
)  # fmt: skip
NETWORK = _any(
    "network error", "no route to host", "not reachable", "unreachable", "socket error", "loop", "hop count",
    "too many hops", "not accepting (?:connections|messages|network)", "service (?:currently )?unavailable",
    "internal (?:system|server|software) error", "mailer error", "ldap server", "command died", "lock failure",
    "remote protocol error", "could not find a gateway", "does not advertise auth", "improper sequence",
    "not implemented",
)  # fmt: skip
ADDRESS = _any(
    r"(?:user|account|recipient|mailbox|address|addressee|login|name|userid)(?: \w+){0,2}? (?:is )?(?:unknown|not (?:known|found|exist|recogni[sz]ed|listed)|invalid|does(?:n't| not) exist)",
    r"(?:unknown|illegal|invalid|nonexistent|non-existent|no such|undeliverable) (?:or illegal |local |final delivery )?(?:\w+ )?(?:user|account|recipient|mailbox|address|addressee|userid|destination)",
    r"no (?:such )?(?:mailbox|user|person|account)(?: \w+)? (?:here|by|with|found|known)",
    r"(?:doesn'?t|does not) (?:have|exist)", r"not our (?:customer|user)", "no such (?:user|mailbox|recipient|person|address|account)",
    r"(?:account|mailbox|address|user|recipient)(?: \w+){0,3}? (?:disabled|discontinued|deactivated|closed|deleted|terminated|inactive|expired)",
    r"disabled recipient", "inactive (?:email|user|account|address|mailbox)", "is no longer (?:valid|available|in use|active|on)",
    "no longer (?:valid|on server)", "has moved", "wrong or no longer", "valid recipients?|not a valid user", "no matches to nameserver",
    "is not (?:hbc )?e-?mail users", r"not exactly match", "null mx", "no smtp service", r"(?:host|domain) (?:is )?unknown", "unknown host", "unrouteable address",
    "no such domain", r"domain (?:name )?(?:does not exist|not found)", r"couldn'?t find any host named", "host not found",
    r"host \S+ not found", "nxdomain", "empf(?:ae|ä)nger unbekannt", "utilisateur (?:inconnu|non recens)", "destinataire invalide", r"adresse[^.]{0,60} n'existe (?:pas|plus)",
    "usuario (?:desconocido|no existe)", "no existe", "no encontrad", "пользователь не найден", "user not exist",
    "recipient name is not recognized", "final email delivery point", "見つかりません", "存在しません",
)  # fmt: skip
WORDS = (
    (FULL, Kind.MAILBOX_FULL),
    (SENDER, Kind.SENDER),
    (TRY_AGAIN, Kind.TEMPORARY),
    (ADDRESS, Kind.ADDRESS),
    (TEMPORARY, Kind.TEMPORARY),
    (NETWORK, Kind.NETWORK),
)

STATUS = re.compile(r"(?<![\d.])([245])\.([0-7])\.(\d{1,3})(?![\d.]*\d)")
# What follows a reply in a sentence; not a telephone number, a size or a time.
REPLY = re.compile(
    r"(?<![\d.#(-])([45]\d\d)(?=[ :;,\]-]*(?:[ :;,\]-](?!k?bytes|[km]b\b|sec|min|hour|messages)[A-Za-z]|-?[^A-Za-z0-9 -]|[ -][245]\.\d\.|[ -][45]\d\d[ -]|$))",
    re.IGNORECASE,
)
BRACKETS = re.compile(r"[()\[\]{}<>\"]+")
# Addresses, URLs and host names hold any word: they are no sentence of the server.
NO_WORDS = re.compile(r"<[^<>\s]{1,300}>|(?:https?://|www\.)\S+|[^\s<>()]{1,300}@[^\s<>()]{1,300}")


def statuses(text: str) -> list[str]:
    """The codes of failures in a text, normalised (RFC 3463 2: no leading zeros)."""
    return [f"{a}.{b}.{int(c)}" for a, b, c in STATUS.findall(text[:MAX_WORDS]) if a != "2"]


def status(text: str) -> str:
    """The first of them, "" without one."""
    return next(iter(statuses(text)), "")


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
    words = _words(said)
    if SENDER_FOR_SURE.search(words):
        return Kind.SENDER
    codes = [code, *statuses(said)] if code else statuses(said)
    reply = reply_code(said)
    kinds = [kind for kind in map(_by_code, codes) if kind is not None]
    if any(code.startswith("4") for code in codes) or (reply is not None and reply < 500):
        return _given_up(kinds, words)
    if kinds:
        least = min(kinds, key=LEAST_FIRST.index)
        return Kind.MAILBOX_FULL if least is Kind.ADDRESS and FULL.search(words) else least
    return _by_words(words)


def _given_up(kinds: list[Kind], words: str) -> Kind:
    """RFC 3464 appendix E: failed with 4.x.x means that a temporary fault lasted too long."""
    if Kind.SENDER in kinds:
        return Kind.SENDER
    if Kind.MAILBOX_FULL in kinds or FULL.search(words):
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


def _words(said: str) -> str:
    return " ".join(BRACKETS.sub(" ", NO_WORDS.sub(" ", said[:MAX_WORDS])).lower().split())
