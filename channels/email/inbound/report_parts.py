"""What reports are made of: blocks of fields, addresses with a type, and the mail that a report is about."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from channels.email.addresses import addresses
from channels.email.header_block import HeaderBlock
from channels.email.inbound.received import MAX_HEADER, Received, field_values, header_text, with_crlf
from channels.email.parts import Part

MAX_BLOCKS = 10_000
MAX_ADDRESS = 400
Fields = Mapping[str, Sequence[str]]

RETURNED = frozenset(
    {
        "message/rfc822", "message/global", "message/partial", "message/rfc822-headers", "message/global-headers",
        "text/rfc822-headers", "text/rfc822", "text/rfc822-header", "message/external-body",
    }
)  # fmt: skip
BLANK_LINES = re.compile(rb"(?:[ \t]*+\r\n){2,}|\A(?:[ \t]*+\r\n)+")
COMMENT = re.compile(r"\([^()]*+\)")
UTF8_ESCAPE = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
MESSAGE_ID = re.compile(r"<([^<>\s]{1,900})>|([^\s<>]{1,900})")
URI = re.compile(r"<([^<>]{1,2000})>")
# Gateways to X.400 write an address within their own (RFC 2156 4.3.4.1): (a) for "@".
X400_RFC822 = re.compile(r"/RFC-822=([^/()\s]{1,64})\(a\)([^/()\s]{1,255})", re.IGNORECASE)


def blocks(data: bytes) -> list[Fields]:
    """The blocks of fields between empty lines (RFC 3464 2.1); lines that are no fields are passed over."""
    data = with_crlf(data)
    found: list[Fields] = []
    at = 0
    while at < len(data) and len(found) < MAX_BLOCKS:
        gap = BLANK_LINES.search(data, at)
        end = gap.start() if gap else len(data)
        block = _fields(data[at:end])
        if block:
            found.append(block)
        at = gap.end() if gap else len(data)
    return found


def _fields(data: bytes) -> dict[str, list[str]]:
    header = HeaderBlock(data + b"\r\n\r\n")
    return {name.decode("ascii"): field_values(header, name.decode("ascii")) for name in header.names()}


def first(fields: Fields, name: str) -> str:
    values = fields.get(name)
    return values[0] if values else ""


def typed_address(value: str) -> str | None:
    """`rfc822; user@example.com`, with and without type, brackets, comments (RFC 3464 2.3.1, RFC 6533 3)."""
    kind, separator, text = value[:MAX_ADDRESS].partition(";")
    if not separator:
        return one_address(value)
    kind = kind.strip().lower()
    if kind == "x400":
        inner = X400_RFC822.search(text)
        return one_address(f"{inner[1]}@{inner[2]}") if inner else None
    if kind == "utf-8":
        text = UTF8_ESCAPE.sub(_character, text)
    return one_address(text)


def _character(escape: re.Match[str]) -> str:
    code = int(escape[1], 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "?"


def one_address(text: str) -> str | None:
    """The address in a text that has one and nothing else."""
    found = address_list(text)
    return found[0] if len(found) == 1 else None


def address_list(text: str) -> list[str]:
    # What gateways leave before an address: a source route without brackets (RFC 5321 appendix F.2).
    route, _, rest = text.strip().partition(":")
    text = rest if route.startswith("@") and "@" in rest else text
    if "@" not in text:
        return []
    return [found for found in addresses(text.encode("utf-8", "replace")) if len(found) <= MAX_ADDRESS]


@dataclass(frozen=True, slots=True)
class Original:
    """What a report has of the mail that it is about. Everything may be missing; nothing is to be believed.

    message_id   without angle brackets
    recipients   To, Cc and Delivered-To
    unsubscribe  the URIs of List-Unsubscribe: tokens of ours are in them
    feedback_id  CFBL-Feedback-ID, blanks taken out (RFC 9477 3.2)
    fields       all its header fields, names in lower case
    """

    message_id: str = ""
    sender: str | None = None
    recipients: tuple[str, ...] = ()
    unsubscribe: tuple[str, ...] = ()
    feedback_id: str = ""
    fields: Fields = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        return bool(self.fields)


NO_ORIGINAL = Original()


def original(received: Received) -> Original:
    """From the part with the returned message, or with its header only."""
    for part in received.leaves:
        if part.media.name in RETURNED:
            found = original_of(received.content(part))
            if found:
                return found
    return NO_ORIGINAL


def original_of(data: bytes) -> Original:
    """From the bytes of a message or of its header."""
    fields = _fields_until_body(with_crlf(data[:MAX_HEADER]).lstrip(b"\r\n"))
    if not fields:
        return NO_ORIGINAL
    listed = [
        a
        for name in ("to", "cc", "delivered-to")
        for value in fields.get(name, ())
        for a in address_list(value)
    ]
    return Original(
        message_id=message_id(first(fields, "message-id")),
        sender=next(iter(address_list(first(fields, "from"))), None),
        recipients=tuple(dict.fromkeys(listed)),
        unsubscribe=tuple(
            uri.strip() for value in fields.get("list-unsubscribe", ()) for uri in URI.findall(value)
        ),
        feedback_id="".join(first(fields, "cfbl-feedback-id").split()),
        fields=fields,
    )


def _fields_until_body(data: bytes) -> dict[str, list[str]]:
    header = HeaderBlock(data)
    return {name.decode("ascii"): field_values(header, name.decode("ascii")) for name in header.names()}


def message_id(value: str) -> str:
    match = MESSAGE_ID.search(COMMENT.sub("", value))
    return (match[1] or match[2]) if match else ""


def parts_named(received: Received, names: frozenset[str]) -> Iterator[Part]:
    return (part for part in received.leaves if part.media.name in names)


__all__ = [
    "NO_ORIGINAL",
    "RETURNED",
    "Fields",
    "Original",
    "address_list",
    "blocks",
    "first",
    "header_text",
    "message_id",
    "one_address",
    "original",
    "original_of",
    "parts_named",
    "typed_address",
]
