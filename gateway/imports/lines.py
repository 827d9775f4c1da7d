"""The text of a list, line by line, out of bytes that come in pieces: encodings, ends of lines, bounds.

UTF-8, with or without its mark, is read as it is; UTF-16 with its mark becomes UTF-8 first. Each line is decoded by
itself, so that one that is in no such encoding is rejected alone.
"""

import codecs
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from gateway.imports.rows import FileRefused

LONGEST = 64 << 10  # bytes of a line
_PIECE = 256 << 10
_LOOKED_AT = 4096
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
ENCODINGS = {"": "utf-8", "utf-8": "utf-8", "utf8": "utf-8", "windows-1252": "cp1252", "cp1252": "cp1252"}


class Line:
    """One line. `fault`: why it cannot be read; `text` is then what can be shown of it."""

    __slots__ = ("fault", "number", "text")

    def __init__(self, number: int, text: str, fault: str = "") -> None:
        self.number = number
        self.text = text
        self.fault = fault


class Lines:
    """The lines of one file, once. `place`: bytes read so far."""

    def __init__(self, file: BinaryIO, encoding: str = "") -> None:
        if encoding.lower() not in ENCODINGS:
            raise FileRefused("encoding: utf-8 or windows-1252; UTF-16 is known by its mark")
        self._file = file
        self._encoding = ENCODINGS[encoding.lower()]
        self._back: deque[Line] = deque()
        self.place = 0
        self._lines = self._read()

    def __iter__(self) -> Iterator[Line]:
        return self

    def __next__(self) -> Line:
        return self._back.popleft() if self._back else next(self._lines)

    def put_back(self, lines: list[Line]) -> None:
        """They come again, in this order, before all others."""
        self._back.extendleft(reversed(lines))

    def _read(self) -> Iterator[Line]:
        number, rest, cut = 0, b"", False
        for piece in self._pieces():
            *whole, rest = (rest + piece).split(b"\n")
            for raw in whole:
                number += 1
                yield self._line(number, raw, cut=cut)
                cut = False
            if len(rest) > LONGEST:  # its end is passed over as it comes
                rest, cut = rest[: LONGEST + 1], True
        if rest:
            yield self._line(number + 1, rest, cut=cut)

    def _line(self, number: int, raw: bytes, *, cut: bool) -> Line:
        if cut or len(raw) > LONGEST:
            return Line(number, raw[:LONGEST].decode("utf-8", "replace"), f"a line of over {LONGEST} bytes")
        try:
            text = raw.decode(self._encoding)
        except UnicodeDecodeError:
            name = "UTF-8" if self._encoding == "utf-8" else "windows-1252"
            return Line(number, raw.decode("utf-8", "replace"), f"not in {name}")
        return Line(number, text.removesuffix("\r"))

    def _pieces(self) -> Iterator[bytes]:
        """In an encoding that has ASCII in single bytes, lines ended by a line feed."""
        first = self._next()
        for mark, name in _UTF16.items():
            if first.startswith(mark):
                self._encoding = "utf-8"
                yield from self._of_utf16(first[len(mark) :], name)
                return
        if first.startswith(codecs.BOM_UTF8):
            self._encoding, first = "utf-8", first[len(codecs.BOM_UTF8) :]
        if b"\0" in first[:_LOOKED_AT]:
            raise FileRefused("no text in UTF-8, or UTF-16 without its mark")
        old_ends = b"\r" in first and b"\n" not in first
        while first:
            yield first.replace(b"\r", b"\n") if old_ends else first
            first = self._next()

    def _of_utf16(self, first: bytes, name: str) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(name)("replace")
        while first:
            yield decoder.decode(first).encode("utf-8", "replace")
            first = self._next()
        yield decoder.decode(b"", final=True).encode("utf-8", "replace")

    def _next(self) -> bytes:
        piece = self._file.read(_PIECE)
        self.place += len(piece)
        return piece
