"""A text part that is shown, prepared once per message, given its way out once per copy."""

import re
from dataclasses import replace
from functools import cached_property

from channels.email.charsets import Family, Readable, charset, readable
from channels.email.encodings import Encoding, decoded, encoding
from channels.email.footer import Setting, html_value, plain_value
from channels.email.html_end import Document
from channels.email.parts import Part
from channels.email.placeholders import placeholders
from channels.email.splices import (
    Body,
    Edit,
    Kind,
    Place,
    Recoded,
    Splice,
    Tail,
    spliced_identity,
    spliced_qp,
)
from channels.email.ways_out import WaysOut
from channels.email.wording import wording

MAX_LINE = 998  # RFC 5322 2.1.1
PGP_MARK = b"-----BEGIN PGP "
PGP = re.compile(rb"^-----BEGIN PGP (?:SIGNED )?MESSAGE-----", re.MULTILINE)
TRANSFER_LABEL = b"Content-Transfer-Encoding: quoted-printable\r\n"
MIME_VERSION = b"MIME-Version: 1.0\r\n"


class TextPart:
    """One part, decoded and searched. `edits` may be asked for any number of copies."""

    def __init__(self, part: Part, body: Body, kind: Encoding, text: Readable) -> None:
        self._part = part
        self._body = body
        self._kind = kind
        self._text = text
        self.html = part.media.sub == "html"
        self._splices: dict[tuple[bool, bool], Splice | None] = {}

    @classmethod
    def of(cls, raw: bytes, part: Part) -> "TextPart | None":
        """None for a part in which no place is sure, or that must not be touched."""
        kind = encoding(part.transfer_encoding)
        if kind is None or not part.sure:
            return None
        encoded = raw[part.body : part.end]
        data = decoded(kind, encoded)
        text = None if data is None else readable(data, charset(part.media.parameters.get("charset")))
        if data is None or text is None or _is_pgp(text.scan):
            return None
        return cls(part, Body(encoded, part.body, part.end, data), kind, text)

    def has_link(self, ways: WaysOut) -> bool:
        """Whether its reader already finds a link of theirs here, or a place for one."""
        found = any(self._shows(link.start()) for link in ways.own_link.finditer(self._text.scan))
        return found or self._has_place_for_link

    def edits(self, ways: WaysOut, *, footer: bool) -> list[Edit] | None:
        """What gives this part its way out; None when it cannot be given one."""
        if not footer and not self._placeholders:
            return []
        kinds = {place.kind for place in self._placeholders} | ({Kind.FOOTER} if footer else set())
        values = {kind: self._value(kind, ways) for kind in kinds}
        splice = self._splice(footer, ascii_only=all(map(bytes.isascii, values.values())))
        if splice is None:
            return None
        edits = splice.fill(values)
        return [*edits[:-1], edits[-1]._replace(new=self._gap + edits[-1].new)] if self._gap else edits

    def _value(self, kind: Kind, ways: WaysOut) -> bytes:
        charset = self._text.charset
        if self.html:
            value = charset.encode_html(html_value(kind, ways))
        else:
            value = charset.encode(plain_value(kind, self._in_its_letters(ways), self._setting))
        at_end = kind is Kind.FOOTER and self._end == len(self._text.scan)
        return self._text.closing + value if at_end else value

    def _in_its_letters(self, ways: WaysOut) -> WaysOut:
        """In English where the part's charset cannot write the language: what nobody can read is no way out."""
        readable = self._text.charset.has_letters_for(wording(ways.language).stop)
        return ways if readable else replace(ways, language="en")

    @cached_property
    def _setting(self) -> Setting:
        scan = self._text.scan
        eol = "\n" if b"\n" in scan and b"\r\n" not in scan else "\r\n"
        return Setting(eol, scan.endswith(b"\n"), not scan, self._part.top)

    @cached_property
    def _end(self) -> int:
        return self._document.end if self.html else len(self._text.scan)

    @cached_property
    def _document(self) -> Document:
        return Document(self._text.scan)

    @cached_property
    def _placeholders(self) -> list[Place]:
        return placeholders(self._text.scan)

    @cached_property
    def _has_place_for_link(self) -> bool:
        return any(p.kind is Kind.UNSUBSCRIBE and self._shows(p.start) for p in self._placeholders)

    def _shows(self, at: int) -> bool:
        return not self.html or self._document.shows(at)

    @cached_property
    def _gap(self) -> bytes:
        """What a part without even an empty line after its header lacks before its first line."""
        header = self._part.header
        if header.separated or self._body.start < self._body.end:
            return b""
        ended = header.end == 0 or header.raw.endswith(b"\n", 0, header.end)  # a delimiter's line too
        return b"\r\n" if ended else b"\r\n\r\n"

    def _splice(self, footer: bool, *, ascii_only: bool) -> Splice | None:  # noqa: FBT001 - a key of the cache
        key = (footer, ascii_only)
        if key not in self._splices:
            self._splices[key] = self._worked_out(self._places(footer=footer), ascii_only=ascii_only)
        return self._splices[key]

    def _places(self, *, footer: bool) -> list[Place]:
        places = self._placeholders + ([Place(self._end, self._end, Kind.FOOTER)] if footer else [])
        offset = self._text.offset
        return [Place(offset(p.start), offset(p.end), p.kind) for p in sorted(places, key=lambda p: p.start)]

    def _worked_out(self, places: list[Place], *, ascii_only: bool) -> Splice | None:
        encoded = self._body.encoded
        long = _has_long_line(encoded)
        if self._kind is Encoding.BASE64:
            return Tail(self._body, places, whole=long)
        binary = self._text.charset.family is Family.WIDE
        first_eight_bit = self._kind is Encoding.IDENTITY and not ascii_only and encoded.isascii()
        if long or first_eight_bit:
            if self._part.header.broken_at is not None:
                return None
            return Recoded(self._body, places, self._labels(), binary=binary)
        if self._kind is Encoding.QUOTED_PRINTABLE:
            return spliced_qp(self._body, places, binary=binary)
        return spliced_identity(self._body, places)

    def _labels(self) -> list[Edit]:
        """The edits that say quoted-printable in this part's header."""
        header = self._part.header
        fields = header.named(b"content-transfer-encoding")
        if fields:
            edits = [Edit(field.start, field.end, b"") for field in fields]
            return [edits[0]._replace(new=TRANSFER_LABEL), *edits[1:]]
        mime = self._part.top and not header.named(b"mime-version")
        return [Edit(header.start, header.start, TRANSFER_LABEL + (MIME_VERSION if mime else b""))]


def _has_long_line(data: bytes) -> bool:
    at = 0
    while len(data) - at > MAX_LINE:
        line_end = data.rfind(b"\n", at, at + MAX_LINE + 2)  # as many lines at a time as fit into one
        if line_end < 0:
            return True
        at = line_end + 1
    return False


def _is_pgp(text: bytes) -> bool:
    return PGP_MARK in text and PGP.search(text) is not None
