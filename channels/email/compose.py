"""A mail as it came, and the copies of it that leave: headers put on top, listed fields taken out, footers spliced in.

Works on bytes at offsets. Nothing parsed is ever written out again, so what is not touched is byte-identical.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from channels.email.addresses import addresses
from channels.email.broken_signatures import broken_signatures, signature_domain
from channels.email.displayed import displayed
from channels.email.feedback_headers import BOTH as FEEDBACK
from channels.email.feedback_headers import feedback_headers
from channels.email.header_block import Field, HeaderBlock
from channels.email.list_headers import LIST_ID, REPLACED, list_headers
from channels.email.media_type import media_type
from channels.email.parts import parse
from channels.email.splices import Edit
from channels.email.text_part import TextPart
from channels.email.ways_out import WaysOut

__all__ = ["Copy", "Original", "WaysOut"]

Buffer = bytes | memoryview

OURS = b"x-gateway-"
REMOVED = frozenset({b"bcc", b"resent-bcc"})
SIGNATURE = b"dkim-signature"


@dataclass(frozen=True, slots=True)
class Copy:
    """A message ready to be signed. It shares the original's bytes.

    header           field lines, each ended
    separator        the empty line, b"" for a message without one
    body             the rest in pieces
    body_touched     whether any part was given something
    visible_way_out  whether a reader finds a link of ours in the text
    """

    header: bytes
    separator: bytes
    body: tuple[Buffer, ...]
    body_touched: bool = False
    visible_way_out: bool = False

    @property
    def raw(self) -> bytes:
        return self.signed(b"")

    @property
    def signature_domains(self) -> frozenset[str]:
        """The domains (d=) of the DKIM signatures that it came with and kept, in lower case."""
        return frozenset(signature_domain(value) for value in HeaderBlock(self.header).values(SIGNATURE))

    def signed(self, signatures: bytes) -> bytes:
        """The message with these field lines on top."""
        return b"".join((signatures, self.header, self.separator, *self.body))


class Original:
    """A message as it came: CRLF line ends, otherwise any bytes. Parsed once; any number of copies."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._header = HeaderBlock(raw)

    @classmethod
    def parse(cls, raw: bytes) -> "Original":
        return cls(raw)

    def header(self, name: str) -> list[bytes]:
        """Unfolded values, in order."""
        return self._header.values(name.lower().encode("ascii"))

    @property
    def message_id(self) -> str | None:
        return self._text(b"message-id")

    @property
    def purpose_header(self) -> str | None:
        return self._text(b"x-gateway-purpose")

    @property
    def message_key(self) -> str | None:
        return self._text(b"x-gateway-message-key")

    @property
    def legal_notice(self) -> str | None:
        return self._text(b"x-gateway-legal-notice")

    @property
    def from_count(self) -> int:
        """How many From fields there are."""
        return len(self._header.named(b"from"))

    @cached_property
    def from_addresses(self) -> list[str]:
        """The addr-specs of all From fields."""
        return [address for value in self._header.values(b"from") for address in addresses(value)]

    @property
    def is_automatic(self) -> bool:
        """A report or an automatic reply: its purpose is system/dsn."""
        kinds = [media_type(value).name for value in self._header.values(b"content-type")]
        # RFC 3834 5: a keyword, perhaps with parameters and comments.
        submitted = [
            value.partition(b";")[0].partition(b"(")[0].strip().lower()
            for value in self._header.values(b"auto-submitted")
        ]
        return "multipart/report" in kinds or b"auto-replied" in submitted

    @property
    def received_count(self) -> int:
        return len(self._header.named(b"received"))

    @property
    def sound_header(self) -> bool:
        """Whether every line of the header block is a field or the continuation of one."""
        return self._header.broken_at is None

    @cached_property
    def digest(self) -> bytes:
        return hashlib.sha256(self.raw).digest()

    def untouched(self, received: bytes) -> Copy:
        """For purposes without a way out: lines on top, listed fields out, all else as it came."""
        return self._copy(received, b"", self._private, [])

    def with_way_out(self, ways: WaysOut, received: bytes) -> Copy:
        """With list headers, and with a footer or filled placeholders where a reader looks."""
        add_id = not self._header.named(LIST_ID)
        replaced = [field for name in REPLACED for field in self._header.named(name)]
        edits, visible = self._text_edits(ways)
        # Exactly one of each (RFC 9477 6): where its author asked for complaints, they go there.
        feedback = b"" if any(map(self._header.named, FEEDBACK)) else feedback_headers(ways)
        lines = list_headers(ways, list_id=add_id) + feedback
        added = REPLACED | ({LIST_ID} if add_id else frozenset()) | (FEEDBACK if feedback else frozenset())
        return self._copy(received, lines, [*self._private, *replaced], edits, added=added, visible=visible)

    def _text(self, name: bytes) -> str | None:
        """A field's value; of several, all of them, so that whoever looks sees that they contradict."""
        values = dict.fromkeys(self._header.values(name))
        return b", ".join(values).decode("utf-8", "replace") if values else None

    @cached_property
    def _private(self) -> list[Field]:
        """What never leaves: our own X-Gateway fields, and who was sent a blind copy."""
        return [
            field
            for name in self._header.names()
            if name in REMOVED or name.startswith(OURS)
            for field in self._header.named(name)
        ]

    @cached_property
    def _texts(self) -> list[tuple[str, TextPart | None]]:
        parts = displayed(parse(self.raw, self._header))
        return [(part.media.sub, TextPart.of(self.raw, part)) for part in parts]

    def _text_edits(self, ways: WaysOut) -> tuple[list[Edit], bool]:
        """All edits, and whether a reader sees a link: in the HTML where there is one, else in the plain text."""
        edits: list[Edit] = []
        visible: dict[str, bool] = {}
        for sub, text in self._texts:
            first = sub not in visible
            has_link = text is not None and text.has_link(ways)
            footer = first and ways.footer and not has_link
            own = None if text is None else text.edits(ways, footer=footer)
            edits += own or []
            visible[sub] = visible.get(sub, False) or has_link or (footer and own is not None)
        if not self.sound_header and any(edit.start < self._header.body for edit in edits):
            return [], False  # some readers take those lines for text, others for header fields
        return sorted(edits, key=lambda edit: edit.start), visible.get("html", visible.get("plain", False))

    def _copy(
        self,
        received: bytes,
        lines: bytes,
        removed: Sequence[Field],
        edits: Sequence[Edit],
        *,
        added: frozenset[bytes] = frozenset(),
        visible: bool = False,
    ) -> Copy:
        head = self._header
        in_header = [edit for edit in edits if edit.start < head.body]
        in_body = edits[len(in_header) :]
        changed = added | {field.name for field in removed}
        gone = [*removed, *broken_signatures(head, changed, body_changed=bool(edits))]
        out = sorted([*(Edit(field.start, field.end, b"") for field in gone), *in_header])
        header = self._top(received, lines) + b"".join(_spliced(self.raw, 0, head.end, out))
        body = tuple(_spliced(self.raw, head.body, len(self.raw), in_body))
        separator = self.raw[head.end : head.body]
        if in_body and not head.separated:
            header, separator, body = _separated(header, body)
        return Copy(header, separator, body, body_touched=bool(edits), visible_way_out=visible)

    def _top(self, received: bytes, lines: bytes) -> bytes:
        # A first line that begins with a blank becomes part of the field above it: let that be Received.
        return lines + received if self._header.starts_with_continuation() else received + lines


def _spliced(raw: bytes, start: int, end: int, edits: Sequence[Edit]) -> list[Buffer]:
    """raw[start:end] with the edits (in order) made, in pieces; what stays is not copied."""
    view = memoryview(raw)
    pieces: list[Buffer] = []
    at = start
    for edit in edits:
        if edit.start < at:
            continue  # within a field that is taken out
        if edit.start > at:
            pieces.append(view[at : edit.start])
        if edit.new:
            pieces.append(edit.new)
        at = edit.end
    if at < end:
        pieces.append(view[at:end])
    return pieces


def _separated(header: bytes, body: Sequence[Buffer]) -> tuple[bytes, bytes, tuple[Buffer, ...]]:
    """The division of a message whose empty line was missing: it came with the first line of the body."""
    first, _, rest = (header + b"".join(body)).partition(b"\r\n\r\n")
    return first + b"\r\n", b"\r\n", (rest,)
