"""What came between 354 and the final dot: its end found, dots unstuffed, line ends made sure of.

Content ends at CRLF.CRLF and nowhere else (RFC 5321 4.1.1.4); what others may take for an end (a dot between bare
line feeds or carriage returns, a NUL beside it) is made harmless or refused here, before anything is signed.
"""

import asyncio
import re
from dataclasses import replace

from gateway.smtp import replies
from gateway.smtp.limits import Memory
from gateway.smtp.replies import Reply

BEFORE = b"\r\n"  # the line end before the first line
END = b"\r\n.\r\n"
_DOUBLED = re.compile(rb"(?<!\r)\n\.\.")
MAX_HEADER = 2 << 20  # bytes; mail servers refuse or cut off from a tenth of it


def unstuff(wire: bytes) -> bytes:
    """`wire` begins with the CRLF before the first line and ends with END: content without stuffing."""
    body = wire[: -len(END) + 2]
    if b"\r\n." in body:
        body = body.replace(b"\r\n.", b"\r\n")  # RFC 5321 4.5.2
    return body[2:]


def sound(wire: bytes, limit: int, bare_lf: str) -> bytes | Reply:
    """The content in CRLF lines, or why it is refused."""
    raw = unstuff(wire)
    if len(raw) > limit:
        return replies.TOO_BIG
    content = with_sound_lines(raw, bare_lf)
    return replies.HEADER_TOO_BIG if isinstance(content, bytes) and _long_header(content) else content


def _long_header(content: bytes) -> bool:
    """Every field costs: a message that is nothing but fields would hold up all others of the process."""
    if len(content) <= MAX_HEADER or content.startswith(b"\r\n"):
        return False
    return content.find(b"\r\n\r\n", 0, MAX_HEADER + 4) < 0


def with_sound_lines(content: bytes, bare_lf: str) -> bytes | Reply:
    """CRLF lines only. A bare LF is made one, or refused; a bare CR or NUL is refused.

    Clients that send bare LFs (Python's smtplib, given bytes) stuff the dots after them too: two are one. Others do not
    (curl): one stays one.
    """
    pairs = content.count(b"\r\n")
    if content.count(b"\r") != pairs or b"\0" in content:
        return replies.BARE_CR
    if content.count(b"\n") == pairs:
        return content
    if bare_lf == "refuse":
        return replies.BARE_LF
    return _DOUBLED.sub(b"\n.", content).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


class Heap:
    """The chunks of one content, as long as it is not too big for us; `problem` says why it was dropped."""

    def __init__(self, memory: Memory, limit: int) -> None:
        self._memory = memory
        self._limit = limit + len(BEFORE) + len(END)
        self._chunks: list[bytes] = []
        self._size = 0
        self.problem: Reply | None = None

    def add(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self.problem is not None:
            return
        if (
            self._size > self._limit + self._size // 50
        ):  # dot-stuffing may add a little: looked at again later
            self.problem = replies.TOO_BIG
        elif not self._memory.take(len(chunk)):
            self.problem = replies.NO_MEMORY
        else:
            self._chunks.append(chunk)
            return
        self.drop()

    @property
    def hopeless(self) -> Reply | None:
        """Past four times the limit nobody reads on."""
        if self.problem is None or self._size <= 4 * self._limit:
            return None
        return replace(self.problem, closes=True)

    def drop(self) -> None:
        self._memory.give_back(sum(map(len, self._chunks)))
        self._chunks.clear()

    def joined(self) -> bytes:
        """All of it; its memory is the caller's to give back."""
        return self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)


async def collect(reader: asyncio.StreamReader, heap: Heap) -> bytes | Reply:
    """All bytes up to the final dot; what is too much is read on to the end (RFC 5321 4.2.5) and dropped."""
    # The end of content is found together with the line end before it, which here was DATA's own.
    reader._buffer[:0] = BEFORE  # type: ignore[attr-defined] # noqa: SLF001 - no other way to put it back
    last = False
    try:
        while not last and heap.hopeless is None:
            chunk, last = await _chunk(reader)
            heap.add(chunk)
    except BaseException:
        heap.drop()
        raise
    return heap.hopeless or heap.problem or heap.joined()


async def _chunk(reader: asyncio.StreamReader) -> tuple[bytes, bool]:
    """Some bytes, and whether they end with the final dot."""
    try:
        return await reader.readuntil(END), True
    except asyncio.LimitOverrunError as more:
        return await reader.read(more.consumed), False
