"""The only place that makes an Address: after it there are no raw addresses (enforced by a test)."""

from dataclasses import dataclass
from enum import StrEnum

from suppression import email_address, phone_number

CANONICAL_FORMS = 1  # version of `exact` and `folded`: the store refuses to start on another one


class Kind(StrEnum):
    EMAIL = "email"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Address:
    """An e-mail address or phone number in canonical forms (frozen by a golden table: they make the keys).

    text    what a message is sent to: local part as given, domain in A-labels; or E.164
    exact   one mailbox: `text` with case folded, quotes that are not needed removed, NFC; consents bind to it
    folded  the broad form that stops bind to: plus-tag cut, Gmail's dots and googlemail folded; E.164
    """

    kind: Kind
    text: str
    exact: str
    folded: str


def parse(text: str, channel: str | None = None) -> Address:
    """What the channel writes to; without one that says it, "@" does. UnusableAddress for anything else."""
    match channel:
        case "email":
            return parse_email(text)
        case "sms" | "voice":
            return parse_phone(text)
        case _:
            return parse_email(text) if "@" in text else parse_phone(text)


def parse_email(text: str) -> Address:
    """A Mailbox or Path of RFC 5321 and 6531, without display name. UnusableAddress for anything else."""
    return Address(Kind.EMAIL, *email_address.spellings(text))


def parse_phone(text: str, region: str | None = None) -> Address:
    """A number in international format, or in the region's own ("GB"). UnusableAddress for anything else."""
    number = phone_number.e164(text, region)
    return Address(Kind.PHONE, number, number, number)
