"""Transfer encodings of text parts: decoding, and finding the encoded place of a decoded one.

Nothing here encodes a whole part anew, unless it must: see splices.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from enum import Enum, auto

from channels.email.parts import IDENTITY

LINE = 76  # RFC 2045 6.7 (5) and 6.8
NOT_BASE64 = b"\r\n \t"
BASE64 = re.compile(rb"[A-Za-z0-9+/]*+={0,2}")
# One encoded item as binascii.a2b_qp reads it, which is what decodes here; group 1: a soft break, which says nothing.
QP_ITEM = re.compile(rb"(=(?:\r[^\n]*+\n?|\n|\Z))|=[0-9A-Fa-f]{2}|==|[^=]|=")
LINES = re.compile(rb"[^\n]*+\n|[^\n]++")
QP_UNSAFE = re.compile(rb"[^ -<>-~\t]+")
QP_UNSAFE_BINARY = re.compile(rb"[^!-<>-~]+")
GUESSES = 4
GUESS_WITHIN = 1 << 18


class Encoding(Enum):
    IDENTITY = auto()
    QUOTED_PRINTABLE = auto()
    BASE64 = auto()


def encoding(name: bytes) -> Encoding | None:
    """The encoding of that name (lower case); None: nobody can say what a reader makes of it."""
    if name in IDENTITY:
        return Encoding.IDENTITY
    return {b"quoted-printable": Encoding.QUOTED_PRINTABLE, b"base64": Encoding.BASE64}.get(name)


def decoded(kind: Encoding, data: bytes) -> bytes | None:
    """The decoded body; None when two readers could decode it differently."""
    match kind:
        case Encoding.IDENTITY:
            return data
        case Encoding.QUOTED_PRINTABLE:
            return binascii.a2b_qp(data)
        case Encoding.BASE64:
            return _from_base64(data)


def _from_base64(data: bytes) -> bytes | None:
    digits = data.translate(None, NOT_BASE64)
    if BASE64.fullmatch(digits) is None:
        return None
    digits = digits.rstrip(b"=")
    if len(digits) % 4 == 1:
        return None
    return b64decode(digits + b"=" * (-len(digits) % 4))


def base64_offset(data: bytes, group: int) -> int:
    """Where the four digits of the given group begin in the encoded body."""
    wanted = 4 * group
    at = 0
    for line in data.splitlines(keepends=True):
        digits = len(line.translate(None, NOT_BASE64))
        if digits >= wanted:
            return at + _digit_offset(line, wanted)
        wanted -= digits
        at += len(line)
    return len(data)


def _digit_offset(line: bytes, wanted: int) -> int:
    if wanted == 0:
        return 0
    for at, byte in enumerate(line):
        if byte not in NOT_BASE64:
            wanted -= 1
            if wanted == 0:
                return at + 1
    return len(line)


def base64_lines(data: bytes) -> bytes:
    """Encoded, in lines of 76, without a line end at the end."""
    digits = binascii.b2a_base64(data, newline=False)
    return b"\r\n".join(digits[at : at + LINE] for at in range(0, len(digits), LINE))


def qp_offsets(data: bytes, text: bytes, places: Sequence[int]) -> list[int]:
    """Where in the quoted-printable `data`, decoded to `text`, the decoded offsets `places` (rising) are."""
    if len(places) <= GUESSES and len(data) <= GUESS_WITHIN:
        guessed = [_guess(data, text, place) for place in places]
        if -1 not in guessed:
            return guessed
    return list(_walk(data, places))


def _guess(data: bytes, text: bytes, place: int) -> int:
    """What follows the place is mostly there unencoded: find it from the end, and count."""
    if place >= len(text):
        return len(data)
    needle = text[place : place + 6]
    at = len(data)
    for _ in range(GUESSES):
        at = data.rfind(needle, 0, at)
        if at < 0 or b"=" in needle:
            return -1
        if len(binascii.a2b_qp(data[:at])) == place and data[at - 1 : at] != b"=":
            return at
    return -1


def _walk(data: bytes, places: Sequence[int]) -> Iterator[int]:
    lines = LINES.finditer(data)
    line = next(lines, None)
    at = 0  # of the line, in the text
    for place in places:
        while line is not None and at + (size := len(binascii.a2b_qp(line[0]))) < place:
            at += size
            line = next(lines, None)
        yield len(data) if line is None else line.start() + _within(line[0], place - at)


def _within(line: bytes, wanted: int) -> int:
    if wanted <= 0:
        return 0
    for item in QP_ITEM.finditer(line):
        wanted -= item[1] is None
        if wanted == 0:
            return item.end()
    return len(line)


def qp_text(data: bytes) -> bytes:
    """Text encoded line by line; CRLF stays a line end (RFC 2045 6.7)."""
    return b"\r\n".join([_qp_line(line, QP_UNSAFE) for line in data.split(b"\r\n")])


def qp_binary(data: bytes) -> bytes:
    """Bytes in which CR and LF are no line ends (UTF-16)."""
    return _qp_line(data, QP_UNSAFE_BINARY)


def _qp_line(line: bytes, unsafe: re.Pattern[bytes]) -> bytes:
    quoted = unsafe.sub(_hex, line)
    if quoted.endswith((b" ", b"\t")):
        quoted = quoted[:-1] + b"=%02X" % quoted[-1]
    if quoted.startswith((b"--", b".", b"From ")):
        # No line of ours may look like a delimiter, an end of data or a mailbox line.
        quoted = b"=%02X" % quoted[0] + quoted[1:]
    return quoted if len(quoted) <= LINE else b"=\r\n".join(_soft_lines(quoted))


def _hex(match: re.Match[bytes]) -> bytes:
    return b"".join([b"=%02X" % byte for byte in match[0]])


def _soft_lines(quoted: bytes) -> Iterator[bytes]:
    at, head = 0, b""
    while len(quoted) - at > LINE - len(head):
        cut = at + LINE - 1 - len(head)
        escape = quoted.find(b"=", cut - 2, cut)
        cut = escape if escape >= 0 else cut
        yield head + quoted[at:cut]
        at, head = cut, b""
        if quoted.startswith(b"--", at):
            at, head = cut + 1, b"=2D"
    yield head + quoted[at:]
