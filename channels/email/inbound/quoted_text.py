"""What the person who sent a mail wrote in it: their own first lines, without quotes, signatures and footers.

A sentence in what they quote is not theirs: whoever answers a newsletter that says "unsubscribe" did not say it.
Bounded: MAX_LINES lines are looked at, KEPT lines and MAX_CHARACTERS characters kept; each line is matched once.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from channels.email.inbound.automatic import auto_submitted
from channels.email.inbound.html_text import html_to_text
from channels.email.inbound.received import Received
from channels.email.inbound.report_parts import address_list
from channels.email.parts import Part

MAX_LINES = 5000
KEPT = 100
MAX_LINE = 1000
MAX_CHARACTERS = 10_000
FOLDED = 3  # lines over which mailers wrap the line before a quote

QUOTE = re.compile(r"\s{0,10}[>|｜›»]")
QUOTES = re.compile(r"\A(?:\s{0,3}[>|｜›»]){1,20}")
# The line before a quote, in one or wrapped over several: begins and ends with one of these pairs.
INTRODUCTIONS = re.compile(
    r"\s*\W{0,3}(?:"
    r"on\b.{5,300}\b(?:wrote|writes|said)\s*:"  # English
    r"|am\b.{5,300}\b(?:schrieb|hat geschrieben)\b.{0,200}:"  # German
    r"|.{0,200}\bschrieb am\b.{5,200}:"
    r"|le\b.{5,300}\ba (?:é|e)crit\s*:"  # French
    r"|(?:el|en|el día)\b.{5,300}\b(?:escribió|escribio|escribi(?:ó|o) lo siguiente)\s*:"  # Spanish
    r"|.{0,100}\d.{5,250}(?:ने लिखा|को लिखा).{0,100}:"  # Hindi
    r"|.{1,250}\bने\b.{0,100}लिखा\s*:"
    r"|il\b.{5,300}\bha scritto\s*:|op\b.{5,300}\bschreef\b.{0,200}:|em\b.{5,300}\bescreveu\s*:"
    r"|\d{4}.{5,250}(?:写道|寫道|のメール)\s*[:：]"
    r"|.{1,200}<[^<>\s]{1,200}@[^<>\s]{1,200}>\s*(?:wrote|schrieb|a écrit|escribió|ने लिखा)?\s*:"
    r")\s*$",
    re.IGNORECASE,
)
MAY_INTRODUCE = re.compile(
    r"\s*\W{0,3}(?:on|am|le|el|en|il|op|em|\d{1,4})\b|.{0,250}(?:schrieb|लिखा|<[^<>\s]{1,200}@)",
    re.IGNORECASE,
)
# From here on it is another mail: Outlook, Gmail's and Apple's forwards, mobile mailers.
SEPARATORS = re.compile(
    r"\s*(?:"
    r"[-_=]{2,}\s*(?:original(?: message| appointment)?|ursprüngliche nachricht|original-?nachricht"
    r"|weitergeleitete nachricht|forwarded message"
    r"|message (?:d'origine|original|transféré)|mensaje (?:original|reenviado)|mensagem original"
    r"|messaggio originale|oorspronkelijk bericht"
    r"|mail (?:original|d'origine)|original email|reply message|मूल संदेश|अग्रेषित संदेश)\s*[-_=]*"
    r"|(?:begin forwarded message|anfang der weitergeleiteten nachricht|début du message transféré"
    r"|début du message réexpédié|inicio del mensaje reenviado|अग्रेषित संदेश आरंभ)\s*:"
    r"|_{10,}|-{20,}|={20,}"
    r")\s*$",
    re.IGNORECASE,
)
# Outlook's block of fields without a line before it: From and, within the next lines, Sent, To or Subject.
OUTLOOK_FROM = re.compile(r"\s*\*?(?:from|von|de|expéditeur|da|van|प्रेषक|से)\s*:\*?\s*\S", re.IGNORECASE)
OUTLOOK_NEXT = re.compile(
    r"\s*\*?(?:sent|gesendet|date|datum|envoyé|enviado(?: el)?|fecha|to|an|à|para|cc|subject|betreff|objet"
    r"|asunto|भेजा गया|दिनांक|विषय|प्रति)\s*:",
    re.IGNORECASE,
)
SIGNATURE = re.compile(r"--[ \u00a0]?$|—$|__$")  # RFC 3676 4.3, and what is left of it when blanks are cut
MOBILE = re.compile(
    r"\s*(?:sent (?:from|via|with) (?:my |the )?\S.{0,60}|get outlook for (?:ios|android).{0,60}|(?:von"
    r"|gesendet von|gesendet mit) (?:mein\w* |der |dem )?(?:iphone|ipad|android|handy|samsung|smartphone"
    r"|mobil|gmx|web\.de|outlook)\S{0,30}.{0,60}"
    r"|envoyé (?:de|depuis|à partir d)\S? ?(?:mon|l')?.{0,60}|enviado desde (?:mi )?.{0,60}"
    r"|diese nachricht wurde von meinem .{0,60}|outlook für (?:ios|android).{0,40}"
    r"|मेरे .{0,40} से भेजा गया.{0,10})\s*$",
    re.IGNORECASE,
)
SPACES = re.compile(r"[ \t\u00a0\u200b\ufeff]+")


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody wrote.

    subject           decoded, "Re:" and its kin left on
    text              their own lines, quotes and signature cut off; "" where they wrote nothing
    cut               whether something was cut off: a text that stands below quotes may be incomplete
    sender            the address in From; None without exactly one
    reply_to          the address in Reply-To
    auto_submitted    RFC 3834: "" and "no" are a person's
    null_return_path  nobody answers such mail
    """

    subject: str
    text: str
    cut: bool
    sender: str | None
    reply_to: str | None
    auto_submitted: str
    null_return_path: bool


def written(received: Received, mail_from: str | None = None) -> Written:
    """`mail_from`: of the envelope, None if unknown."""
    text, cut = own_words(_text(received))
    senders = address_list(received.value("from")) if len(received.values("from")) == 1 else []
    replies = address_list(received.value("reply-to"))
    return Written(
        subject=received.value("subject")[:MAX_LINE],
        text=text,
        cut=cut,
        sender=senders[0] if len(senders) == 1 else None,
        reply_to=replies[0] if len(replies) == 1 else None,
        auto_submitted=auto_submitted(received),
        null_return_path=null_return_path(received, mail_from),
    )


def shown(raw: bytes) -> str:
    """All that a mail shows, marks of quotes taken away: others' words too."""
    lines = _text(Received(raw)).split("\n", MAX_LINES)[:MAX_LINES]
    return "\n".join(QUOTES.sub("", line[:MAX_LINE]) for line in lines)[:MAX_CHARACTERS]


def null_return_path(received: Received, mail_from: str | None) -> bool:
    if mail_from is not None:
        return not mail_from
    return any(value.replace(" ", "") == "<>" for value in received.values("return-path"))


def _text(received: Received) -> str:
    """The first part with words: plain text before HTML."""
    shown = [part for part in received.leaves if part.media.main == "text" and not part.attached()]
    plain = [part for part in shown if part.media.sub != "html"]
    for part in (*plain[:10], *shown[:10]):
        text = _part_text(received, part)
        if text.strip():
            return text
    return ""


def _part_text(received: Received, part: Part) -> str:
    text = received.text(part)
    if part.media.sub == "html":
        return html_to_text(text)
    if part.media.parameters.get("format", b"").lower() == b"flowed":
        return _unflowed(text, delsp=part.media.parameters.get("delsp", b"").lower() == b"yes")
    return text


def _unflowed(text: str, *, delsp: bool) -> str:
    """RFC 3676 4: a line that ends in a blank goes on in the next; quotes stay as they are."""
    out: list[str] = []
    flowing = False
    for line in text.split("\n", MAX_LINES)[:MAX_LINES]:
        quoted = line.startswith(">")
        bare = line.removeprefix(" ")  # space-stuffing
        if flowing and not quoted and bare != "-- " and len(out[-1]) < MAX_LINE:
            out[-1] += bare
        else:
            out.append(line if quoted else bare)
        flowing = not quoted and bare.endswith(" ") and bare != "-- "
        if flowing and delsp:
            out[-1] = out[-1][:-1]
    return "\n".join(out)


def own_words(text: str) -> tuple[str, bool]:
    """The lines of their own, and whether anything was cut off."""
    lines = [line[:MAX_LINE] for line in text.split("\n", MAX_LINES)[:MAX_LINES]]
    kept: list[str] = []
    cut = False
    at = 0
    while at < len(lines) and len(kept) < KEPT:
        line = lines[at]
        if QUOTE.match(line):
            cut = True
        elif passed := _introduction(lines, at):
            cut = True
            at += passed - 1
        elif _ends_here(lines, at):
            cut = True
            break
        elif not MOBILE.match(line):
            kept.append(SPACES.sub(" ", line).strip())
        at += 1
    cut = cut or at < len(lines)
    return "\n".join(_without_blank_runs(kept))[:MAX_CHARACTERS].strip(), cut


def _introduction(lines: list[str], at: int) -> int:
    """How many lines from `at` on introduce a quote; 0 for none. Without a quote behind it a sentence is a sentence."""
    if not MAY_INTRODUCE.match(lines[at]):
        return 0
    joined = ""
    for count, line in enumerate(lines[at : at + FOLDED], start=1):
        if not line.strip():
            return 0
        joined = f"{joined} {line.strip()}"[:MAX_LINE]
        if line.rstrip().endswith((":", "：")):
            return count if INTRODUCTIONS.match(joined) and _something_follows(lines, at + count) else 0
    return 0


def _something_follows(lines: list[str], at: int) -> bool:
    """A quote, or the end: mailers that do not mark quotes put the introduction before the last of the mail."""
    following = next((line for line in lines[at : at + FOLDED] if line.strip()), "")
    return not following or bool(QUOTE.match(following))


def _ends_here(lines: list[str], at: int) -> bool:
    line = lines[at]
    if SIGNATURE.match(line) or SEPARATORS.match(line):
        return True
    if OUTLOOK_FROM.match(line):
        return sum(bool(OUTLOOK_NEXT.match(after)) for after in lines[at + 1 : at + 6]) >= 2
    return bool(MAY_INTRODUCE.match(line)) and bool(INTRODUCTIONS.match(line)) and "@" in line


def _without_blank_runs(lines: list[str]) -> Iterator[str]:
    blank = True
    for line in lines:
        if line or not blank:
            yield line
        blank = not line
