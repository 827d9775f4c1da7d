"""The tree of a message's parts: what kind each is and where its bytes stand. Reads only, keeps offsets only.

Work is bounded whatever comes: nesting 100 deep, 10,000 parts, and budgets of bytes in their headers and of bytes
looked at for delimiters.
Beyond them, and wherever two readers could differ, a part is marked as not `sure`: nobody edits it then.
"""

from dataclasses import dataclass, field

from channels.email.header_block import HeaderBlock
from channels.email.media_type import PLAIN, UNREADABLE, MediaType, disposition, media_type, transfer_encoding

MAX_DEPTH = 100
MAX_PARTS = 10_000
MAX_ODD_LINES = 10_000
MAX_SCANNED = 1 << 28
MAX_HEADERS = 2 << 20

ENCAPSULATED = MediaType("message", "rfc822")
# RFC 2045 6.2, and spellings that nobody reads differently.
IDENTITY = frozenset({b"", b"7bit", b"8bit", b"binary", b"7-bit", b"8-bit", b"7bits", b"8bits"})


@dataclass(slots=True)
class Part:
    """A message or a body part. Its body is raw[body:end]; `top` for the message itself."""

    header: HeaderBlock
    media: MediaType
    body: int
    end: int
    sure: bool = True
    top: bool = False
    children: list["Part"] = field(default_factory=list)

    @property
    def transfer_encoding(self) -> bytes:
        values = self.header.values(b"content-transfer-encoding")
        return transfer_encoding(values[0]) if values else b""

    def attached(self) -> bool:
        """RFC 2183 2.8: a disposition that is not known is an attachment."""
        values = self.header.values(b"content-disposition")
        return bool(values) and disposition(values[0])[0] not in ("inline", "")

    def has_file_name(self) -> bool:
        values = self.header.values(b"content-disposition")
        named = values and any(name.startswith("filename") for name in disposition(values[0])[1])
        return bool(named) or any(name.startswith("name") for name in self.media.parameters)


@dataclass(slots=True)
class _Budget:
    parts: int = MAX_PARTS
    odd_lines: int = MAX_ODD_LINES
    scanned: int = MAX_SCANNED
    headers: int = MAX_HEADERS


@dataclass(frozen=True, slots=True)
class _Region:
    """Bytes between two delimiter lines; `odd`: one in it begins like a delimiter and is none."""

    start: int
    end: int
    odd: bool


def parse(raw: bytes, header: HeaderBlock) -> Part:
    """The message whose header block is given."""
    media = _media(header, PLAIN)
    part = Part(header, media, header.body, len(raw), _sound(header), top=True)
    if header.broken_at is not None:
        _end_header_where_broken(part, header.broken_at)
    if part.sure:
        _descend(part, raw, 0, _Budget())
    return part


def _end_header_where_broken(part: Part, at: int) -> None:
    # Postfix, Python and others end the header at the first line that is no field, some read on. Both find the
    # same parts when nothing after that line says what the message is, and the body needs no decoding.
    late = any(field.name.startswith(b"content-") for field in part.header.fields if field.start > at)
    decoded = part.media.main != "multipart" and part.transfer_encoding not in IDENTITY
    part.body = at
    part.sure = part.sure and part.header.separated and not late and not decoded


def _descend(part: Part, raw: bytes, depth: int, budget: _Budget) -> None:
    boundary = _boundary(part.media)
    if part.media.main != "multipart" or not boundary:
        return
    default = ENCAPSULATED if part.media.sub == "digest" else PLAIN
    if depth >= MAX_DEPTH:
        part.sure = False
        return
    for region in _regions(part, raw, boundary, budget):
        child = _child(raw, region, default, budget)
        part.children.append(child)
        if child.sure and child.media.main == "multipart":
            _descend(child, raw, depth + 1, budget)


def _child(raw: bytes, region: _Region, default: MediaType, budget: _Budget) -> Part:
    limit = min(region.end, region.start + max(budget.headers, 0))
    header = HeaderBlock(raw, region.start, limit)
    budget.headers -= header.end - header.start
    media = _media(header, default)
    whole = header.separated or limit == region.end
    sure = whole and _sound(header) and header.broken_at is None
    if region.odd and media.main != "multipart":
        sure = False
    return Part(header, media, header.body, region.end, sure)


def _regions(part: Part, raw: bytes, boundary: bytes, budget: _Budget) -> list[_Region]:
    """What stands between the delimiter lines, up to the closing one or the end (RFC 2046 5.1.1)."""
    budget.scanned -= part.end - part.body
    if budget.scanned < 0:
        return []
    delimiter = b"\r\n--" + boundary
    regions: list[_Region] = []
    start, odd = -1, False
    at = raw.find(delimiter, max(part.body - 2, 0), part.end)
    while at >= 0 and budget.parts > 0 and budget.odd_lines > 0:
        line_end = _line_end(raw, at + 2, part.end)
        rest = raw[at + len(delimiter) : line_end].strip(b" \t")
        if rest not in (b"", b"--"):
            # RFC 2046 would let a reader take this for the delimiter; most want the whole line.
            odd = True
            budget.odd_lines -= 1
        else:
            if start >= 0:
                # Without even an empty line between two delimiters there is no part to add to.
                regions.append(_Region(start, max(at, start), odd or at < start))
                budget.parts -= 1
            start, odd = (line_end + 2, False) if not rest else (-1, False)
            if rest:
                break
        at = raw.find(delimiter, line_end, part.end)
    if start >= 0 and at < 0:
        regions.append(_Region(min(start, part.end), part.end, odd))
    return regions


def _line_end(raw: bytes, at: int, end: int) -> int:
    found = raw.find(b"\r\n", at, end)
    return end if found < 0 else found


def _boundary(media: MediaType) -> bytes:
    if media.main != "multipart":
        return b""
    boundary = media.parameters.get("boundary", b"").rstrip(b" \t")
    return boundary if b"\r" not in boundary and b"\n" not in boundary else b""


def _media(header: HeaderBlock, default: MediaType) -> MediaType:
    values = header.values(b"content-type")
    if not values:
        return default
    if len(values) > 1 and len(set(values)) > 1:
        return UNREADABLE
    return media_type(values[0])


def _sound(header: HeaderBlock) -> bool:
    """Whether all readers agree on what the part is: no field that decides it is there twice, differently."""
    return not any(
        len(header.named(name)) > 1 and len(set(header.values(name))) > 1
        for name in (b"content-type", b"content-transfer-encoding", b"content-disposition")
    )
