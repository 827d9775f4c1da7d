"""Charsets of text parts: how to look for ASCII in their bytes, and how to say something in them.

A reader may trust the label or the bytes, and either may be wrong; so what we add is ASCII wherever it can be.
"""

import codecs
import re
import unicodedata
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

LABEL = re.compile(rb"[A-Za-z0-9_.:+-]{1,40}")
# Text codecs of Python that are no charsets.
NO_CHARSETS = frozenset(
    {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined", "mbcs", "oem"}
)
LETTERS = str.maketrans(
    {
        "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
        "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "–": "-", "—": "-", "‐": "-",
        "‑": "-", "‘": "'", "’": "'", "‚": ",", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "…": "...",
        "•": "*", "€": "EUR", "£": "GBP", "·": "-", "№": "No.",
    }
)  # fmt: skip
# Bytes between a shift out of ASCII and the shift back (RFC 1468, 1554, 1557, 1922; RFC 1843).
SHIFTED_ISO = re.compile(rb"\x1b\$(?:[@AB]|\([@-Z])[^\x1b]*+|\x0e[^\x0f\r\n]*+")
SHIFTED_HZ = re.compile(rb"~\{(?:[^~\r\n]|~(?!\}))*+(?:~\})?+")
ESCAPES = re.compile(rb"\x1b\$[@AB(]|\x1b\([@-Z]")
BACK_TO_ASCII = b"\x1b(B"


class Family(Enum):
    """How ASCII stands in the bytes: as itself; as itself between shifts; in another form."""

    ASCII = auto()
    SHIFTED = auto()
    WIDE = auto()


@dataclass(frozen=True, slots=True)
class Charset:
    """A charset as labelled. `codec` is Python's name for it, "ascii" where the label says nothing to us."""

    codec: str
    family: Family

    def encode(self, text: str) -> bytes:
        """The text in this charset; where it cannot say it, its nearest ASCII spelling."""
        try:
            return text.encode(self.codec)
        except UnicodeEncodeError:
            return to_ascii(text).encode(self.codec)

    def has_letters_for(self, text: str) -> bool:
        """Whether `encode` keeps it readable: no letter of it becomes a question mark."""
        try:
            text.encode(self.codec)
        except UnicodeEncodeError:
            return to_ascii(text).count("?") == text.count("?")
        return True

    def encode_html(self, text: str) -> bytes:
        """The same for HTML, where numeric references can say everything, whatever the label is worth."""
        return text.encode("ascii", "xmlcharrefreplace").decode("ascii").encode(self.codec)


UNKNOWN = Charset("ascii", Family.ASCII)


def charset(label: bytes | None) -> Charset:
    """The charset of a Content-Type's parameter."""
    if label is None or not LABEL.fullmatch(label):
        return UNKNOWN
    return _known(label.decode("ascii").lower())


@lru_cache(maxsize=256)
def _known(label: str) -> Charset:
    try:
        codec = codecs.lookup(label).name
        encoded = "<a".encode(codec)
    except (LookupError, UnicodeError, TypeError, ValueError):
        return UNKNOWN
    if codec in NO_CHARSETS:
        return UNKNOWN
    if codec == "utf-8-sig":
        return Charset("utf-8", Family.ASCII)
    if encoded != b"<a":
        return Charset(codec, Family.WIDE)
    return Charset(codec, Family.SHIFTED if codec.startswith(("iso2022", "hz")) else Family.ASCII)


def to_ascii(text: str) -> str:
    """The nearest ASCII spelling: accents off, ligatures apart, the rest a question mark."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKD", text.translate(LETTERS))
    return (
        "".join(c for c in plain if not unicodedata.combining(c)).encode("ascii", "replace").decode("ascii")
    )


@dataclass(frozen=True, slots=True)
class Readable:
    """A part's decoded bytes made searchable: `scan` has ASCII where the text has it, one byte a character.

    charset  what to write in (UTF-16 and UTF-32: with the byte order that the text has)
    mark     length of the byte order mark
    closing  what leads back to ASCII at the end of the text
    """

    scan: bytes
    charset: Charset
    text: str | None = None
    mark: int = 0
    closing: bytes = b""

    def offset(self, at: int) -> int:
        """The place in the decoded bytes of a place in `scan`."""
        if self.text is None:
            return at
        return self.mark + len(self.text[:at].encode(self.charset.codec))


def readable(data: bytes, labelled: Charset) -> Readable | None:
    """None when the bytes are not in that charset, so that no place in them is sure."""
    match labelled.family:
        case Family.ASCII:
            return Readable(data, labelled)
        case Family.SHIFTED:
            return _readable_shifted(data, labelled)
        case Family.WIDE:
            return _readable_wide(data, labelled)


def _readable_shifted(data: bytes, labelled: Charset) -> Readable:
    hz = labelled.codec == "hz"
    scan = (SHIFTED_HZ if hz else SHIFTED_ISO).sub(lambda match: b"\x00" * len(match[0]), data)
    return Readable(scan, labelled, closing=_closing_hz(data) if hz else _closing_iso(data))


def _closing_hz(data: bytes) -> bytes:
    return b"~}" if data.rfind(b"~{") > max(data.rfind(b"~}"), data.rfind(b"\n")) else b""


def _closing_iso(data: bytes) -> bytes:
    shift_in = b"\x0f" if data.rfind(b"\x0e") > data.rfind(b"\x0f") else b""
    escapes = ESCAPES.findall(data)
    return shift_in + (BACK_TO_ASCII if escapes and escapes[-1] != BACK_TO_ASCII else b"")


def _readable_wide(data: bytes, labelled: Charset) -> Readable | None:
    if labelled.codec.startswith("utf") and data and b"\x00" not in data:
        return Readable(
            data, UNKNOWN
        )  # a wrong label: no line end of UTF-16 or UTF-32 is without a zero byte
    codec, mark = _byte_order(data, labelled.codec)
    try:
        text = data[mark:].decode(codec)
    except UnicodeError:
        return None
    if text.encode(codec) != data[mark:]:
        return None
    return Readable(text.encode("ascii", "replace"), Charset(codec, Family.WIDE), text, mark)


def _byte_order(data: bytes, codec: str) -> tuple[str, int]:
    if codec not in ("utf-16", "utf-32"):
        return codec, 0
    marks = {
        "utf-16": ((codecs.BOM_UTF16_LE, "-le"), (codecs.BOM_UTF16_BE, "-be")),
        "utf-32": ((codecs.BOM_UTF32_LE, "-le"), (codecs.BOM_UTF32_BE, "-be")),
    }
    for mark, order in marks[codec]:
        if data.startswith(mark):
            return codec + order, len(mark)
    # RFC 2781 4.3 says big-endian; where the zero bytes stand says what it is.
    last = 1 if codec == "utf-16" else 3
    width = last + 1
    little = data[last::width].count(0) > data[0::width].count(0)
    return codec + ("-le" if little else "-be"), 0
