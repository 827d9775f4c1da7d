"""What somebody pasted into the one box: an address, a number, an id, a link. Pure: it is looked up later.

Several readings may be possible (twelve digits are a phone number and may be a customer's number): all are told.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from suppression.address import Address, parse_email, parse_phone
from suppression.errors import UnusableAddress

LONGEST = 2000
_LONGEST_PERSON = 200


class Kind(StrEnum):
    EMAIL = "an e-mail address"
    PHONE = "a phone number"
    LINK = "a link of ours"
    RECORD = "the id of a decision or mail"
    MESSAGE = "the id of a text or call"
    STOP = "the id of a stop"
    CONSENT = "the id of a consent"
    RECIPIENT = "a recipient's page"
    PERSON = "a person's id"


@dataclass(frozen=True, slots=True)
class Reading:
    """`value`: the token or id; `address`: of an address or number."""

    kind: Kind
    value: str
    address: Address | None = None


_UNSEEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_TOKEN = r"(?:[A-Za-z2-7]{64}|[A-Za-z0-9_-]{54})"  # noqa: S105 - how one looks
_LINK = re.compile(rf"/[uc]/({_TOKEN})(?![A-Za-z0-9_-])")
_BARE_TOKEN = re.compile(_TOKEN)
_OUR_ADDRESS = re.compile(r"(?<![A-Za-z0-9._-])([A-Za-z2-7]{64})@")
_NAMED = re.compile(r"[^<>]*<\s*([^<>\s]+@[^<>\s]+)\s*>\s*[;,]?")
_SCHEME = re.compile(r"(?i)(?:mailto|tel|sms|callto|sip):(?://)?([^?]*)(?:\?.*)?")
_RECORD = re.compile(r"[0-9a-vA-V]{16}")
_HANDLES = {"msg_": Kind.MESSAGE, "sup_": Kind.STOP, "con_": Kind.CONSENT, "rcp_": Kind.RECIPIENT}
_HANDLE = re.compile(r"(?:msg|sup|con|rcp)_[0-9a-vA-V]{20,80}")
_REPLY = re.compile(
    r"(?:\b[245]\d\d[ -])?[245]\.\d{1,3}\.\d{1,3} .*?\b([0-9a-v]{16})\b"
)  # "250 2.0.0 <id> ..."
_IN_PATH = re.compile(r"/(?:console/recipients|v1/\w+)/((?:msg|sup|con|rcp)_[0-9a-v]+)")


def readings(text: str, regions: Iterable[str] = ()) -> tuple[Reading, ...]:
    """All that the text may be, the surest first; none for nothing at all.

    regions  countries that a number without "+" may be of ("US")
    """
    text = _UNSEEN.sub("", text)[:LONGEST].strip().strip("\"'`").strip()
    if not text:
        return ()
    found = _of_ours(text)
    return found or tuple(dict.fromkeys((*_elsewhere(text, regions), *_person(text))))


def _of_ours(text: str) -> tuple[Reading, ...]:
    """What only we make: nothing else looks like it."""
    for pattern in (_LINK, _OUR_ADDRESS):
        if token := pattern.search(text):
            return (Reading(Kind.LINK, token[1]),)
    bare = text.strip("<>,;. ")
    if _BARE_TOKEN.fullmatch(bare):
        return (Reading(Kind.LINK, bare),)
    if within := _IN_PATH.search(text):
        bare = within[1]
    if _HANDLE.fullmatch(bare):
        return (Reading(_HANDLES[bare[:4]], bare.lower()),)
    if reply := _REPLY.fullmatch(text) or _REPLY.match(text):
        return (Reading(Kind.RECORD, reply[1]),)
    return ()


def _elsewhere(text: str, regions: Iterable[str]) -> Iterable[Reading]:
    if _RECORD.fullmatch(text):
        yield Reading(Kind.RECORD, text.lower())
    text = _bare(text)
    if "@" in text:
        if (mailbox := _mailbox(text)) is not None:
            yield Reading(Kind.EMAIL, mailbox.text, mailbox)
        return
    for region in (None, *dict.fromkeys(regions)):
        if (number := _number(text, region)) is not None:
            yield Reading(Kind.PHONE, number.text, number)
            if region is None:
                return


def _bare(text: str) -> str:
    """Without what stands around an address: a scheme, a name, brackets."""
    if scheme := _SCHEME.fullmatch(text):
        text = unquote(scheme[1])
    named = _NAMED.fullmatch(text)
    return named[1] if named else text.strip("<>,; ")


def _mailbox(text: str) -> Address | None:
    try:
        return parse_email(text)
    except UnusableAddress:
        return None


def _number(text: str, region: str | None) -> Address | None:
    """Also with 00 for the plus, a (0) that is not dialled from abroad, and slashes."""
    written = re.sub(r"(?<=\d)\s*\(0\)", " ", text) if text.startswith(("+", "00")) else text
    written = re.sub(r"^\(?00\)?(?=[1-9 ])", "+", written).replace("/", " ")
    try:
        return parse_phone(written, region)
    except UnusableAddress:
        return None


def _person(text: str) -> Iterable[Reading]:
    if len(text) <= _LONGEST_PERSON and text.isprintable():
        yield Reading(Kind.PERSON, text)
