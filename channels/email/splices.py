"""Putting new text into an encoded body at decoded places, with as many of its bytes as can be left alone.

A splice is worked out once per message and filled once per copy. Which one a body takes:

    Spliced    7bit, 8bit, binary, quoted-printable: new bytes between the old ones
    Tail       base64: anew from the first changed group of three bytes on
    Recoded    lines over 998 (RFC 5322 2.1.1), or text that would bring the first 8-bit bytes into an ASCII body:
               the whole body as quoted-printable
"""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from typing import NamedTuple, Protocol

from channels.email.encodings import base64_lines, base64_offset, qp_binary, qp_offsets, qp_text

SOFT_BREAK = b"=\r\n"


class Kind(Enum):
    """What goes into a place."""

    FOOTER = auto()
    UNSUBSCRIBE = auto()
    PREFERENCES = auto()
    POSTAL_ADDRESS = auto()


class Place(NamedTuple):
    """Decoded bytes to be replaced (none, for a footer)."""

    start: int
    end: int
    kind: Kind


class Edit(NamedTuple):
    """Bytes of the message to be replaced."""

    start: int
    end: int
    new: bytes


class Body(NamedTuple):
    """An encoded body, where it stands in the message, and what it says."""

    encoded: bytes
    start: int
    end: int
    text: bytes


class Splice(Protocol):
    def fill(self, values: Mapping[Kind, bytes]) -> list[Edit]:
        """The edits that put the values into their places; an empty footer leaves its place alone."""
        ...


class Spliced:
    """New bytes between the old ones."""

    def __init__(self, spans: Sequence[tuple[int, int, Kind, Callable[[bytes], bytes]]]) -> None:
        self._spans = spans

    def fill(self, values: Mapping[Kind, bytes]) -> list[Edit]:
        return [
            Edit(start, end, wrap(values[kind]))
            for start, end, kind, wrap in self._spans
            if values[kind] or end > start
        ]


class Tail:
    """Base64 from the group of the first place on; what follows the last digit stays."""

    def __init__(self, body: Body, places: Sequence[Place], *, whole: bool = False) -> None:
        group = 0 if whole or not places else places[0].start // 3
        encoded = body.encoded
        cut = base64_offset(encoded, group)
        self._start = body.start + cut
        self._end = body.start + max(len(encoded.rstrip()), cut)
        self._own_line = bool(encoded[:cut]) and not encoded[:cut].endswith(b"\n")
        self._pieces = _pieces(body.text, 3 * group, places)

    def fill(self, values: Mapping[Kind, bytes]) -> list[Edit]:
        text = b"".join(values[piece] if isinstance(piece, Kind) else piece for piece in self._pieces)
        lines = base64_lines(text)
        return [Edit(self._start, self._end, b"\r\n" + lines if self._own_line else lines)]


class Recoded:
    """All of it as quoted-printable; `label` is the edit that says so in the part's header."""

    def __init__(self, body: Body, places: Sequence[Place], labels: Sequence[Edit], *, binary: bool) -> None:
        self._body = body
        self._labels = labels
        self._encode = qp_binary if binary else qp_text
        self._pieces: list[bytes | Kind] = [
            piece if isinstance(piece, Kind) else self._encode(piece)
            for piece in _pieces(body.text, 0, places)
        ]

    def fill(self, values: Mapping[Kind, bytes]) -> list[Edit]:
        new = b""
        pieces = (self._encode(values[p]) if isinstance(p, Kind) else p for p in self._pieces)
        for piece in pieces:
            new = _joined(new, piece)
        return [*self._labels, Edit(self._body.start, self._body.end, new)]


def spliced_identity(body: Body, places: Sequence[Place]) -> Spliced:
    return Spliced([(body.start + p.start, body.start + p.end, p.kind, bytes) for p in places])


def spliced_qp(body: Body, places: Sequence[Place], *, binary: bool) -> Spliced:
    encoded = body.encoded
    ends = sorted({at for place in places for at in (place.start, place.end)})
    offsets = dict(zip(ends, qp_offsets(encoded, body.text, ends), strict=True))
    encode = qp_binary if binary else qp_text
    spans: list[tuple[int, int, Kind, Callable[[bytes], bytes]]] = []
    for place in places:
        start, end = offsets[place.start], offsets[place.end]
        bare = _bare_equals(encoded, start)
        before, after = _around(encoded, start, end)
        if spans and start == spans[-1][1] - body.start:
            before = SOFT_BREAK  # what stood before it is replaced as well
        wrap = _wrapped(encode, b"=3D" + SOFT_BREAK if bare else before, after)
        spans.append((body.start + start - bare, body.start + end, place.kind, wrap))
    return Spliced(spans)


def _bare_equals(encoded: bytes, at: int) -> int:
    """How many "=" before a place say "=" for want of digits (or of a second "=") after them: whatever came next
    would change what they say, so they are encoded.
    """
    if at == len(encoded) or not encoded.endswith(b"=", 0, at):
        return 0
    return 2 if encoded.endswith(b"==", 0, at) else 1


def _around(encoded: bytes, start: int, end: int) -> tuple[bytes, bytes]:
    """The soft breaks that keep lines short and what stands there apart from what comes."""
    before = b"" if start == 0 or encoded[start - 1 : start] == b"\n" else SOFT_BREAK
    if start == len(encoded) and (start - len(encoded.rstrip(b"="))) % 2:
        before = b"\r\n"  # the body ends in half a soft break: complete it
    following = encoded[end : end + 2]
    return before, b"" if following in (b"", b"\r\n", b"--") else SOFT_BREAK


def _wrapped(encode: Callable[[bytes], bytes], before: bytes, after: bytes) -> Callable[[bytes], bytes]:
    def wrap(value: bytes) -> bytes:
        new = encode(value)
        head = b"" if before == SOFT_BREAK and new.startswith(b"\r\n") else before
        return head + new + (b"" if new.endswith(b"\n") else after)

    return wrap


def _joined(old: bytes, new: bytes) -> bytes:
    if not old or not new or old.endswith(b"\n") or new.startswith(b"\r\n"):
        return old + new
    return old + SOFT_BREAK + new


def _pieces(text: bytes, start: int, places: Sequence[Place]) -> list[bytes | Kind]:
    pieces: list[bytes | Kind] = []
    for place in places:
        pieces += [text[start : place.start], place.kind]
        start = place.end
    pieces.append(text[start:])
    return pieces
