"""DKIM signatures that came with a mail, and which of them no longer hold after what we did to it."""

import re
from collections.abc import Set as AbstractSet

from channels.email.header_block import Field, HeaderBlock

SIGNATURE = b"dkim-signature"
BLANKS = re.compile(rb"[ \t\r\n]+")


def tags(value: bytes) -> dict[bytes, bytes]:
    """The tag list of a signature (RFC 6376 3.2), blanks taken out of the values."""
    found: dict[bytes, bytes] = {}
    for tag in BLANKS.sub(b"", value).split(b";"):
        name, _, text = tag.partition(b"=")
        found.setdefault(name, text)
    return found


def signature_domain(value: bytes) -> str:
    return tags(value).get(b"d", b"").decode("utf-8", "replace").lower()


def broken_signatures(header: HeaderBlock, changed: AbstractSet[bytes], *, body_changed: bool) -> list[Field]:
    """The signature fields to take out: those of a body that changed, and those that signed a field which we
    added, replaced or took out (signing an absent field promises that it stays absent: RFC 6376 5.4).
    """
    fields = header.named(SIGNATURE)
    if body_changed:
        return fields
    return [field for field in fields if not changed.isdisjoint(_signed(header.value(field)))]


def _signed(value: bytes) -> list[bytes]:
    return tags(value).get(b"h", b"").lower().split(b":")
