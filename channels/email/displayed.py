"""Which text parts a reader sees, in the order of reading."""

from collections.abc import Iterator

from channels.email.parts import Part

# Signed and encrypted content breaks at the first changed byte; a report and a digest are about other mail.
CLOSED = frozenset({"signed", "encrypted", "report", "digest"})


def displayed(message: Part) -> list[Part]:
    """The text/plain and text/html parts that are shown. A part with a file name is an attachment in all but
    name, unless the message has no other text.
    """
    shown = list(_shown(message))
    unnamed = [part for part in shown if not part.has_file_name()]
    if unnamed:
        return unnamed
    return [part for part in shown if part.top]


def _shown(part: Part) -> Iterator[Part]:
    if part.media.main == "multipart":
        for child in _shown_children(part):
            yield from _shown(child)
    elif part.media.name in ("text/plain", "text/html") and not part.attached():
        yield part


def _shown_children(part: Part) -> list[Part]:
    if part.media.sub in CLOSED or part.attached() or not part.sure:
        return []
    if part.media.sub == "related":
        return _root(part)
    return part.children


def _root(related: Part) -> list[Part]:
    # RFC 2387 3.2: the part named by `start`, or the first.
    start = related.media.parameters.get("start", b"").strip()
    for child in related.children:
        if start and start in child.header.values(b"content-id"):
            return [child]
    return related.children[:1]
