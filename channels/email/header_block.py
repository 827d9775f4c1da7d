"""Where the header fields of a message or of one of its parts stand: offsets into the bytes, no copies.

The block goes up to the first empty line. A line in it that is neither a field nor a continuation makes it broken:
some readers end the header there, others go on, and whoever edits must be right for both.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

# RFC 5322 3.6.8 and 4.5: a name, blanks before the colon tolerated; RFC 5322 2.2.3: continuation lines.
FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+\n?+)", re.MULTILINE)
MAILBOX_LINES = re.compile(rb"(?:>?From [^\n]*+\n?+)*+")  # left by mailbox files; readers pass over them


class Field(NamedTuple):
    """One field: `name` in lower case, where its line starts, where its value starts, where it ends (after CRLF)."""

    name: bytes
    start: int
    value: int
    end: int


class HeaderBlock:
    """The fields between `start` and `end`; `body` is where the body begins, `separated` whether an empty line
    says so; `broken_at` the offset of the first line that is no field, None in a sound block.
    """

    __slots__ = ("_by_name", "body", "broken_at", "end", "fields", "raw", "separated", "start")

    def __init__(self, raw: bytes, start: int = 0, limit: int | None = None) -> None:
        limit = len(raw) if limit is None else limit
        self.raw = raw
        self.start = start
        self.end, self.body, self.separated = _extent(raw, start, limit)
        self.fields, self.broken_at = _fields(raw, start, self.end)
        self._by_name: dict[bytes, list[Field]] = {}
        for field in self.fields:
            self._by_name.setdefault(field.name, []).append(field)

    def named(self, name: bytes) -> list[Field]:
        """The fields of that name (lower case), in order."""
        return self._by_name.get(name, [])

    def values(self, name: bytes) -> list[bytes]:
        """Their values, unfolded, without blanks around them."""
        return [self.value(field) for field in self.named(name)]

    def value(self, field: Field) -> bytes:
        return unfolded(self.raw[field.value : field.end])

    def names(self) -> Iterator[bytes]:
        return iter(self._by_name)

    def starts_with_continuation(self) -> bool:
        """Whether the first line would become part of whatever field is put on top of it."""
        return self.raw[self.start : min(self.start + 1, self.end)] in (b" ", b"\t")


def unfolded(value: bytes) -> bytes:
    # RFC 5322 2.2.3: unfolding removes the CRLF only.
    return value.replace(b"\r\n", b"").strip(b" \t\r\n")


def _extent(raw: bytes, start: int, limit: int) -> tuple[int, int, bool]:
    if raw.startswith(b"\r\n", start, limit):
        return start, start + 2, True
    blank = raw.find(b"\r\n\r\n", start, limit)
    if blank < 0:
        return limit, limit, False
    return blank + 2, blank + 4, True


def _fields(raw: bytes, start: int, end: int) -> tuple[list[Field], int | None]:
    at = start
    broken_at = None
    fields = []
    for match in FIELD.finditer(raw, start, end):
        begin, finish = match.span()
        if begin != at and broken_at is None:
            broken_at = _first_no_field(raw, at, begin)
        fields.append(Field(match[1].lower(), begin, match.start(2), finish))
        at = finish
    if at != end and broken_at is None:
        broken_at = _first_no_field(raw, at, end)
    return fields, broken_at


def _first_no_field(raw: bytes, at: int, end: int) -> int | None:
    """The first line in raw[at:end], where there is no field, that a reader would not pass over."""
    lines = MAILBOX_LINES.match(raw, at, end)
    at = lines.end() if lines else at
    return at if at < end else None
