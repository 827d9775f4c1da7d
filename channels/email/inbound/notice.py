"""Bounces in prose: mailers that tell people, not programs, which recipient failed and why.

A message is a notice only where something besides its words says that a mail server wrote it; a person who quotes or
forwards a bounce writes no notice.
"""

import re
from collections.abc import Iterator
from functools import cached_property

from channels.email.inbound import flufl
from channels.email.inbound.bounce_codes import Action, Kind, kind_of
from channels.email.inbound.html_text import html_to_text
from channels.email.inbound.received import Received
from channels.email.inbound.report_parts import NO_ORIGINAL, Original, address_list, original_of

MAX_LINES = 400
MAX_LINE = 500
MAX_SLICE = 1200
MAX_RECIPIENTS = 100
MAX_PARTS = 100

_ADDRESS = r"""([^\s<>()"',;:\[\]=|]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9._-]{0,250}[A-Za-z0-9])?)"""
SERVER = re.compile(
    r"mailer[-_ ]?daemon|mail ?deliver|^[^@]*<>|delivery (?:system|subsystem|report)|mdaemon", re.IGNORECASE
)
OFFICE = re.compile(r"\b(?:post[_-]?master|mail administrator|system administrator)\b", re.IGNORECASE)
FAILURE_SUBJECT = re.compile(
    r"undeliver|deliver(?:y|ed)\W+(?:\w+\W+){0,3}(?:fail|problem|error|status|report|delay|notif|warn)"
    r"|fail\w* (?:mail|notice|deliver)"
    r"|mail\W+(?:\w+\W+){0,3}(?:fail|delivery|system error|not delivered|could not be)|return(?:ed"
    r"|ing) (?:mail|message)|non[- ]?(?:delivery|remis)"
    r"|could not be delivered|not delivered|processing error|automatically rejected|aws notification message"
    r"|delayed (?:mail|\d+)|(?:has not yet|not yet) been delivered|could not send|доставлено|non recens"
    r"|mail error|メールエラー|malformed recipient",
    re.IGNORECASE,
)
ANSWER = re.compile(r"\s*(?:re|fwd?|aw|wg|tr|antw|sv|vs)\s*(?:\[\d+\])?:", re.IGNORECASE)
FAILURE = re.compile(
    r"fail|undeliver|not (?:yet )?(?:be(?:en)? )?deliver|n't (?:be )?deliver|unable|could ?n[o']t|cannot"
    r"|reject|unknown|not reach|invalid"
    r"|error|not (?:be )?accept|no such|delayed|not sent|not exist|no longer|returned|quota|mailbox"
    r"|送信できません|не может быть доставлено",
    re.IGNORECASE,
)
DELAY = re.compile(
    r"has been delayed|not yet been delivered|(?<!further )delivery attempts will (?:continue|be made)"
    r"|will (?:continue to attempt|be retried)"
    r"|warning (?:message )?only|only a temporary failure|still being retried|could not send mail for past"
    r"|has been postponed"
    r"|continue to try|attempts will continue|is delayed for",
    re.IGNORECASE,
)
# Where the returned mail begins. The last two: its first header field, or a server's own line before it.
RETURNED = re.compile(
    r"^[^\w\n]{0,80}(?:(?:this|below|above|included|here|enclosed|attachment)\W+(?:\w+\W+){0,5}(?:is|are"
    r"|follows)\W+(?:\w+\W+){0,2}(?:copy|original)"
    r"|(?:the )?(?:original|unsent|returned|undelivered|bounced|old|start of returned) (?:e-?)?(?:mail"
    r"|message)(?: text)?(?: (?:follows|attached|below|headers?|as))?"
    r"|(?:message|mail) (?:header|text|body)s?(?: follows?)?|the header|a copy of|header of the source"
    r"|mensaje original|copy of your"
    r"|your message reads|smtp command|forwarded message|no more than \d+k?)\b[^\n]{0,200}$"
    r"|^(?:return-path|received|x-google-smtp-source|dkim-signature|x-received):[^\n]{0,300}$"
    r"|^From \S{1,200} {1,3}\w{3} \w{3} [ \d]\d ",
    re.IGNORECASE | re.MULTILINE,
)
FIRST_FIELD = re.compile(
    r"^(?:return-path|received|x-google-smtp-source|dkim-signature|x-received|date|from|to|subject"
    r"|message-id):",
    re.IGNORECASE | re.MULTILINE,
)
LETTERS = re.compile(r"[A-Za-z]{2,}")
FIELDS = re.compile(r"^(?:final|original)-recipient[ \t]*:", re.IGNORECASE | re.MULTILINE)
NOT_OF_THE_RECIPIENT = re.compile(
    r"contact|assist|question|please reply|support|in error|for help|mail from|(?<!expanded )from:|unsubscribe",
    re.IGNORECASE,
)
# A line that begins with the address, or says that it is one that failed.
LEADS = re.compile(
    r"""^[\s>*|•-]{0,40}["'<\[]{0,3}(?:mailto:)?"""
    + _ADDRESS
    + r"""["'>\]]{0,3}(?=\s*(?:[:;(\[<-]|,?$|\.\.\.)|\s+(?:on|invalid|error|unknown|no|is|was)\b)""",
    re.IGNORECASE,
)
TRANSCRIPT = re.compile(
    r"^[45]\d\d[ -](?:\d\.\d\.\d )?<?" + _ADDRESS + r">?\.\.\.[^\n]{0,400}$", re.MULTILINE
)
NAMED = re.compile(
    r"(?:rcpt to|recipients?(?: address)?|error-for|undeliverable(?: to| address)|unknown user|userid"
    r"|delivered to|deliver\w* (?:your |the )?(?:mail|message)(?: to)?"
    r"|attempts|addressed to|is full|following recipient|your message to|address to which"
    r"|email to this address|doesn't have an? \S{1,100} account"
    r"|generated from|expanded from|[45]\d\d(?:[ -]\d\.\d\.\d)?|recipient: ?\[smtp|dda:smtp"
    r"|local mailbox)[\s:=(<\"'*\[,-]{1,12}" + _ADDRESS,
    re.IGNORECASE,
)


class Notice:
    """A received message as a mailer's notice."""

    def __init__(self, received: Received, mail_from: str | None = None) -> None:
        self._received = received
        self._mail_from = mail_from

    @cached_property
    def by_a_server(self) -> bool:
        """Whether a mail server wrote it, by all but its text."""
        if self._null_return_path or self._from_server:
            return True
        subject = self._received.value("subject")
        return not ANSWER.match(subject) and (
            bool(self._received.header.named(b"x-failed-recipients"))
            or self._received.report_type in ("delivery-status", "?")
            or bool(FAILURE_SUBJECT.search(subject))
        )

    @cached_property
    def _null_return_path(self) -> bool:
        if self._mail_from is not None:
            return not self._mail_from
        values = self._received.values("return-path")
        return any(value.replace(" ", "") == "<>" or SERVER.search(value) for value in values)

    @cached_property
    def _from_server(self) -> bool:
        sender = self._received.value("from")
        return bool(SERVER.search(sender) or OFFICE.search(sender))

    def is_delay(self) -> bool:
        """Whether it only warns: the mailer goes on trying."""
        return bool(DELAY.search(self._received.value("subject")) or DELAY.search(self.text))

    def recipients(self) -> list[tuple[str | None, str]]:
        """Each recipient that failed, and what is said of it. None for one that is not named."""
        if not (FAILURE.search(self.text) or self._from_server or self._failed):
            return []
        found = self._named or flufl.recipients(self._received)
        if found:
            return [(address, said(self.text, address, found)) for address in found[:MAX_RECIPIENTS]]
        if FAILURE_SUBJECT.search(self._received.value("subject")):
            return [(None, _flat(self.text))]
        return []

    def reason(self, address: str | None) -> str:
        """What the text says of a recipient."""
        return said(self.text, address, self._named) if self.text else ""

    def returned(self) -> Original:
        """The mail that was returned below the notice, without a part of its own."""
        start = RETURNED.search(self._whole)
        field = FIRST_FIELD.search(self._whole, start.start()) if start else None
        return original_of(self._whole[field.start() :].encode("utf-8", "replace")) if field else NO_ORIGINAL

    def status_fields(self) -> bytes:
        """The lines of a text in which fields of RFC 3464 stand, from the block of the first on."""
        at = FIELDS.search(self._whole)
        if at is None:
            return b""
        start = max(self._whole.rfind("\n\n", 0, at.start()), 0)
        return self._whole[start:].encode("utf-8", "replace")

    @cached_property
    def _whole(self) -> str:
        """The first part with words; of HTML, what it shows."""
        for part in self._received.leaves[:MAX_PARTS]:
            if part.media.main not in ("text", "multipart", ""):
                continue
            text = self._received.text(part)
            if part.media.sub == "html":
                text = html_to_text(text)
            if text.strip():
                lines = text.split("\n", 4 * MAX_LINES)[: 4 * MAX_LINES]
                return "\n".join(line[:MAX_LINE] for line in lines)
        return ""

    @cached_property
    def text(self) -> str:
        """The text before the returned mail; not the lines in which our own subject stands."""
        text = self._whole
        for start in RETURNED.finditer(text):
            if text[: start.start()].strip():
                text = text[: start.start()]
                break
        lines = text.split("\n", MAX_LINES)[:MAX_LINES]
        return "\n".join(line for line in lines if not line.lstrip()[:8].lower().startswith("subject:"))

    @cached_property
    def _failed(self) -> list[str]:
        return address_list(", ".join(self._received.values("x-failed-recipients")))

    @cached_property
    def _named(self) -> list[str]:
        """The recipients that failed, by X-Failed-Recipients (Exim, Gmail) or by the text."""
        found = self._failed or list(_in_lines(self.text))
        own = self._own
        others = [address for address in found if address.lower() not in own and not OFFICE.search(address)]
        return list(dict.fromkeys(others or found))[:MAX_RECIPIENTS]

    @cached_property
    def _own(self) -> frozenset[str]:
        """The addresses that the notice is from and for."""
        names = ("to", "cc", "from", "reply-to", "return-path", "delivered-to", "x-original-to")
        listed = (value for name in names for value in self._received.values(name))
        return frozenset(address.lower() for value in listed for address in address_list(value))


def _in_lines(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        match = (LEADS.match(line) or NAMED.search(line)) if "@" in line else None
        if match and not NOT_OF_THE_RECIPIENT.search(line, 0, match.start(1)):
            yield match[1]


def said(text: str, address: str | None, known: list[str]) -> str:
    """What is said of an address; all of it where it is about one."""
    if address is None or len(known) <= 1 or not any(other in text for other in known):
        return _flat(text)
    lines = [line[0] for line in TRANSCRIPT.finditer(text) if line[1] == address]
    if lines:
        return _flat("\n".join(lines))
    places = sorted(
        (place.start(), place[0])
        for place in re.finditer("|".join(map(re.escape, sorted(known, key=len, reverse=True))), text)
    )
    at = next((index for index, (_, found) in enumerate(places) if found == address), len(places))
    if at == len(places):
        return ""
    start, words = places[at][0], ""
    # A list of addresses, and what is said of all of them.
    while not LETTERS.search(words.replace(address, "")) and at < len(places):
        at = next(
            (i for i, (_, other) in enumerate(places) if i > at and other != places[at][1]), len(places)
        )
        words = _from_to(text, start, places[at][0] if at < len(places) else len(text))
    if kind_of(Action.FAILED, "", words) is Kind.UNKNOWN:
        words = f"{words} {_flat(text[: places[0][0]])}"  # said once, before the first
    return words[:MAX_SLICE]


def _from_to(text: str, start: int, end: int) -> str:
    """Whole lines, from that of the first place up to that of the second."""
    start = text.rfind("\n", 0, start) + 1
    return _flat(text[start : end if end == len(text) else max(text.rfind("\n", 0, end), start)])


def _flat(text: str) -> str:
    return " ".join(text.split())[:MAX_SLICE]
