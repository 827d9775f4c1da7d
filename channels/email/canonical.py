"""The relaxed canonical forms of DKIM (RFC 6376 3.4.2, 3.4.4), made by whole-buffer operations."""

import hashlib
import re
from collections.abc import Iterable, Iterator

CHUNK = 1 << 16
BLANKS = re.compile(rb"  +")
TAB_TO_BLANK = bytes.maketrans(b"\t", b" ")


def relaxed_header(name: bytes, value: bytes) -> bytes:
    """One field, with its CRLF. `value` is all after the colon."""
    return name.lower() + b":" + _one_blank(value.replace(b"\r\n", b"")).strip(b" ") + b"\r\n"


def relaxed_body_hash(pieces: Iterable[bytes | memoryview]) -> bytes:
    """SHA-256 of the relaxed form of a body in pieces, some lines at a time."""
    digest = hashlib.sha256()
    owed = 0  # line ends that count only when something follows them
    said = False
    for chunk in _whole_lines(pieces):
        text, ends = _relaxed_lines(chunk)
        if text:
            digest.update(b"\r\n" * owed)
            digest.update(text)
            owed, said = 0, True
        owed += ends
    if said:
        digest.update(b"\r\n")  # RFC 6376 3.4.4 (b): a body that says something ends with one line end
    return digest.digest()


def _relaxed_lines(chunk: bytes) -> tuple[bytes, int]:
    """The lines without the line ends at their end, and how many those were."""
    lines = _one_blank(chunk).replace(b" \r\n", b"\r\n")
    if lines.endswith(b" "):
        lines = lines[:-1]  # the last line of a body, unended
    rest = len(lines) - len(lines.rstrip(b"\r\n"))
    ends = 0
    while 2 * ends < rest and lines.endswith(b"\r\n", 0, len(lines) - 2 * ends):
        ends += 1
    return lines[: len(lines) - 2 * ends], ends


def _one_blank(data: bytes) -> bytes:
    if b"\t" in data:
        data = data.translate(TAB_TO_BLANK)
    return BLANKS.sub(b" ", data)


def _whole_lines(pieces: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """The body in chunks that end with a CRLF, all but the last."""
    held: list[bytes] = []
    for data in _limited(pieces):
        cut = data.rfind(b"\r\n") + 2
        if cut < 2:
            held.append(data)
            continue
        yield b"".join((*held, data[:cut]))
        held = [data[cut:]]
    yield b"".join(held)


def _limited(pieces: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """The same bytes in chunks of a size that stays in the processor's cache."""
    small: list[bytes] = []
    size = 0
    for piece in pieces:
        for at in range(0, len(piece), CHUNK):
            part = bytes(piece[at : at + CHUNK])
            small.append(part)
            size += len(part)
            if size >= CHUNK:
                yield b"".join(small)
                small, size = [], 0
    yield b"".join(small)
