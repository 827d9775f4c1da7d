"""A received message, read as mail readers do: whatever comes, there are fields, parts and text, and no exception.

Bounded: MAX_READ bytes of the message, MAX_HEADER of a header, MAX_TEXT of one part's text; nesting and the number
of parts as in `parts`. Nothing compressed is opened.
"""

import binascii
import codecs
import re
from functools import cached_property

from channels.email.charsets import UNKNOWN, Family, charset
from channels.email.header_block import HeaderBlock, unfolded
from channels.email.media_type import MediaType
from channels.email.parts import Part, parse

MAX_READ = 1 << 23
MAX_HEADER = 1 << 18
MAX_VALUE = 1 << 13
MAX_TEXT = 1 << 19
MAX_VALUES = 1000
NOT_BASE64 = bytes(byte for byte in range(256) if chr(byte) not in
                   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")  # fmt: skip
LINE_END = re.compile(rb"\r\n|\r|\n")
# RFC 2047 2, and RFC 2231 5 (the language after an asterisk).
WORD = re.compile(rb"=\?([^?*\s]{1,40})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?]*+)\?=")
BETWEEN_WORDS = re.compile(rb"(?<=\?=)[ \t]++(?==\?)")
CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


class Received:
    """Line ends are CRLF in `raw`, whatever they were."""

    def __init__(self, raw: bytes) -> None:
        self.raw = with_crlf(raw[:MAX_READ])
        self.header = HeaderBlock(self.raw, 0, min(len(self.raw), MAX_HEADER))
        self.top = parse(self.raw, self.header)

    def values(self, name: str) -> list[str]:
        """The fields of that name (lower case), decoded."""
        return field_values(self.header, name)

    def value(self, name: str) -> str:
        """The first, "" without one."""
        return next(iter(self.values(name)), "")

    @property
    def media(self) -> MediaType:
        return self.top.media

    @property
    def report_type(self) -> str:
        """RFC 6522 3; "" where it is no report."""
        if self.media.name != "multipart/report":
            return ""
        return self.media.parameters.get("report-type", b"?").decode("latin-1").lower()

    @cached_property
    def leaves(self) -> list[Part]:
        """The parts without parts, in order. A multipart in which no part is found is one of them."""
        found: list[Part] = []
        waiting = [self.top]
        while waiting:
            part = waiting.pop()
            if part.children:
                waiting += reversed(part.children)
            else:
                found.append(part)
        return found

    def content(self, part: Part) -> bytes:
        """A part's body, its transfer encoding undone as far as it can be."""
        data = self.raw[part.body : min(part.end, part.body + 2 * MAX_TEXT)]
        match part.transfer_encoding:
            case b"base64":
                return _from_base64(data)[:MAX_TEXT]
            case b"quoted-printable":
                return binascii.a2b_qp(data)[:MAX_TEXT]
            case _:
                return data[:MAX_TEXT]

    def text(self, part: Part) -> str:
        """A part's text, lines ending in LF."""
        decoded = decode(self.content(part), part.media.parameters.get("charset"))
        return decoded.replace("\r\n", "\n").replace("\r", "\n")


def with_crlf(raw: bytes) -> bytes:
    sound = raw.count(b"\r\n")
    if raw.count(b"\n") == sound == raw.count(b"\r"):
        return raw
    return LINE_END.sub(b"\r\n", raw)


def field_values(header: HeaderBlock, name: str) -> list[str]:
    named = header.named(name.encode("ascii"))[:MAX_VALUES]
    return [header_text(header.raw[field.value : field.end]) for field in named]


def header_text(value: bytes) -> str:
    """A field's value for people: unfolded, encoded words decoded, no control characters."""
    value = unfolded(value[:MAX_VALUE])
    if b"=?" in value:
        joined = BETWEEN_WORDS.sub(b"", value)
        text = WORD.sub(_as_utf8, joined).decode("utf-8", "replace")
    else:
        text = decode(value, None)
    return CONTROLS.sub(" ", text).strip()


def _as_utf8(word: re.Match[bytes]) -> bytes:
    label, encoding, data = word.groups()
    raw = _from_base64(data) if encoding in b"bB" else binascii.a2b_qp(data, header=True)
    return decode(raw, label).encode("utf-8", "replace")


def _from_base64(data: bytes) -> bytes:
    """What can be had of it: foreign bytes passed over, a torn end dropped (RFC 2045 6.8)."""
    digits = data.partition(b"=")[0] if data.count(b"=") <= 2 else data
    digits = digits.translate(None, NOT_BASE64)
    digits = digits[: len(digits) - 1] if len(digits) % 4 == 1 else digits
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def decode(data: bytes, label: bytes | None) -> str:
    """Text in the charset as labelled, unless the bytes say otherwise. Never fails."""
    known = charset(label)
    if known.family is Family.ASCII:
        return _decode_ascii_family(data, "cp1252" if known is UNKNOWN else known.codec)
    codec = known.codec
    if codec.startswith("utf") and b"\x00" not in data:
        return _decode_ascii_family(data, "cp1252")  # a wrong label: neither UTF-16 nor UTF-32 goes without
    if codec == "utf-16" and data[:2] not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        codec = "utf-16-be"  # RFC 2781 4.3
    return _replacing(data, codec)


def _decode_ascii_family(data: bytes, codec: str) -> str:
    if b"\x1b$" in data:
        return _replacing(data, "iso2022_jp_2")  # sent unlabelled by mailers in Japan
    try:
        # What is valid UTF-8 beyond ASCII is nothing else, whatever the label says.
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _replacing(data, "cp1252" if codec in ("ascii", "utf-8", "iso8859-1") else codec)


def _replacing(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec, "replace")
    except (LookupError, UnicodeError, ValueError):
        return data.decode("latin-1")
