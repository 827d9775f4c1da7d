"""Whose records a file of the archive has: a Bloom filter beside it, so that a question about one recipient opens few.

A recipient is a keyed hash: its bits are as good as random already. A filter is pages of one size, and a recipient is
of one of them: one read tells of a file. Each page says of which file it is and has a checksum, so it is believed or
not by itself; where there is none that can be believed, the file is opened. Nothing else ever hangs on a filter: all of
them may be deleted at any time, and are made again.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from gateway.archive.manifest import File

PAGE = 4096  # bytes
_HEAD = struct.Struct(
    ">4sHHII32s"
)  # format, its version, bits a recipient sets, page, pages, SHA-256 of the file
_SUM = struct.Struct(">I")  # CRC-32 of what is before it, at a page's end
_FORMAT, _VERSION = b"sgrf", 1
_HASHES = 8
_BITS = (PAGE - _HEAD.size - _SUM.size) * 8  # of a page
_ROOM = 12  # bits for each recipient: of files without him, one in 300 is opened
_KEY = struct.Struct(
    ">IIQ"
)  # of a recipient's bytes: which page, the first bit there, and how far on the next


class Filters:
    """In a folder, by the SHA-256 of their files. `folder`: None where there are none."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def may_hold(self, file: File, recipient: str) -> bool:
        """False: there is nothing of this recipient (a keyed hash, in hex) in the file."""
        if self._folder is None or len(recipient) != _KEY.size * 2:
            return True
        try:
            handle = os.open(self._folder / file_name(file), os.O_RDONLY)
        except OSError:
            return True
        try:
            return _asked(handle, bytes.fromhex(file.sha256), bytes.fromhex(recipient))
        except (OSError, ValueError):
            return True
        finally:
            os.close(handle)


def file_name(file: File) -> str:
    return f"{file.sha256}.filter"


def _asked(handle: int, sha256: bytes, recipient: bytes) -> bool:
    pages, rest = divmod(os.fstat(handle).st_size, PAGE)
    if rest or not pages:
        return True
    part, first, step = _KEY.unpack(recipient)
    number = part * pages >> 32
    page = os.pread(handle, PAGE, number * PAGE)
    if not _is_whole(page, _head(number, pages, sha256)):
        return True
    return all(page[bit >> 3] & 1 << (bit & 7) for bit in _bits(first, step))


def _bits(first: int, step: int) -> Iterator[int]:
    """Their places in a page."""
    return (_HEAD.size * 8 + (first + number * step) % _BITS for number in range(_HASHES))


def _head(number: int, pages: int, sha256: bytes) -> bytes:
    return _HEAD.pack(_FORMAT, _VERSION, _HASHES, number, pages, sha256)


def _is_whole(page: bytes | bytearray, head: bytes) -> bool:
    return (
        len(page) == PAGE
        and page.startswith(head)
        and _SUM.unpack_from(page, PAGE - _SUM.size)[0] == zlib.crc32(page[: -_SUM.size])
    )


def content_of(recipients: bytes, sha256: str) -> bytearray:
    """A filter. `recipients`: the keyed hashes, one after the other; better without the same twice."""
    count = len(recipients) // _KEY.size
    pages = max(1, -(-count * _ROOM // _BITS))
    content = bytearray(pages * PAGE)
    for part, first, step in _KEY.iter_unpack(recipients):
        start = (part * pages >> 32) * PAGE
        for bit in _bits(first, step):
            content[start + (bit >> 3)] |= 1 << (bit & 7)
    for number in range(pages):
        start, end = number * PAGE, (number + 1) * PAGE - _SUM.size
        content[start : start + _HEAD.size] = _head(number, pages, bytes.fromhex(sha256))
        _SUM.pack_into(content, end, zlib.crc32(memoryview(content)[start:end]))
    return content


def is_whole(content: bytes | bytearray, sha256: str) -> bool:
    """All of a filter can be believed."""
    pages, rest = divmod(len(content), PAGE)
    return (
        pages > 0
        and not rest
        and all(
            _is_whole(
                content[number * PAGE : (number + 1) * PAGE], _head(number, pages, bytes.fromhex(sha256))
            )
            for number in range(pages)
        )
    )
