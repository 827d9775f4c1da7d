"""A form with a file, as browsers send it (RFC 7578), read as it comes: fields are kept, the file is handed on."""

import re
from collections.abc import AsyncIterator, Callable
from urllib.parse import unquote

from starlette.exceptions import HTTPException

from gateway.console.forms import Form

_LONGEST_HEAD = 8 * 1024
_LONGEST_FIELDS = 64 * 1024  # all of them
_MOST_FIELDS = 50
_BOUNDARY = re.compile(
    r'multipart/form-data\s*;\s*boundary=(?:"([^"]{1,70})"|([^\s;",]{1,70}))\s*', re.ASCII | re.IGNORECASE
)
_NAME = re.compile(r'[;\s]name="([^"]*)"', re.IGNORECASE)
_WRITTEN_OTHERWISE = re.compile("%(?:22|0[AD])", re.IGNORECASE)
_FILE = re.compile(r'[;\s]filename="([^"]*)"', re.IGNORECASE)


class Upload:
    """One form with one file at most. `form` and `filename` are complete once `file` has ended."""

    def __init__(self, content_type: str, pieces: AsyncIterator[bytes]) -> None:
        """HTTPException for a body of another kind."""
        found = _BOUNDARY.fullmatch(content_type.strip())
        if found is None:
            raise HTTPException(415, "This is no form of ours.", {"Connection": "close"})
        self._parts = Parts((found[1] or found[2]).encode("latin-1", "replace"))
        self._pieces = pieces

    @property
    def form(self) -> Form:
        return Form(self._parts.fields)

    @property
    def filename(self) -> str:
        """Empty where no file was chosen."""
        return self._parts.filename

    async def file(self) -> AsyncIterator[bytes]:
        """The file's bytes. HTTPException for what is no form, or half of one."""
        async for piece in self._pieces:
            if found := self._parts.feed(piece):
                yield found
        if not self._parts.ended:
            raise HTTPException(400, "The upload broke off: nothing was done.")


class Parts:
    """The parts of one form, out of bytes that come in pieces."""

    def __init__(self, boundary: bytes) -> None:
        self.fields: list[tuple[str, str]] = []
        self.filename = ""
        self.ended = False
        self._mark = b"\r\n--" + boundary
        self._waiting = bytearray(b"\r\n")  # the first mark stands at the beginning of a line too
        self._next: Callable[[bytearray], bool] = self._first
        self._name, self._is_file = "", False
        self._value = bytearray()
        self._left = _LONGEST_FIELDS

    def feed(self, data: bytes) -> bytes:
        """What of it is the file's."""
        if self.ended:
            return b""  # an epilogue is nobody's (RFC 2046 5.1.1)
        self._waiting += data
        out = bytearray()
        while self._next(out):
            pass
        return bytes(out)

    def _first(self, _out: bytearray) -> bool:
        if len(self._waiting) < len(self._mark):
            return False
        if not self._waiting.startswith(self._mark):
            raise _no_form()
        del self._waiting[: len(self._mark)]
        self._next = self._after_mark
        return True

    def _after_mark(self, _out: bytearray) -> bool:
        if len(self._waiting) < 2:
            return False
        ends = bytes(self._waiting[:2])
        if ends not in {b"--", b"\r\n"}:
            raise _no_form()
        del self._waiting[:2]
        self.ended = ends == b"--"
        self._next = self._head
        return not self.ended

    def _head(self, _out: bytearray) -> bool:
        end = self._waiting.find(b"\r\n\r\n")
        if max(end, len(self._waiting) if end < 0 else 0) > _LONGEST_HEAD:
            raise _no_form()
        if end < 0:
            return False
        head = self._waiting[:end].decode("utf-8", "replace")
        del self._waiting[: end + 4]
        self._begin(head)
        self._next = self._content
        return True

    def _begin(self, head: str) -> None:
        name, file = _NAME.search(head), _FILE.search(head)
        if name is None or len(self.fields) >= _MOST_FIELDS or (file is not None and self.filename):
            raise _no_form()
        self._name, self._is_file = _plain(name[1]), file is not None
        if file is not None:
            self.filename = _plain(file[1])

    def _content(self, out: bytearray) -> bool:
        end = self._waiting.find(self._mark)
        ready = end if end >= 0 else max(0, len(self._waiting) - len(self._mark) + 1)
        self._keep(self._waiting[:ready], out)
        del self._waiting[:ready]
        if end < 0:
            return False
        del self._waiting[: len(self._mark)]
        if not self._is_file:
            self.fields.append((self._name, self._value.decode("utf-8", "replace")))
            self._value.clear()
        self._next = self._after_mark
        return True

    def _keep(self, content: bytearray, out: bytearray) -> None:
        if self._is_file:
            out += content
            return
        self._left -= len(content)
        if self._left < 0:
            raise HTTPException(413, "This is more text than fits here.", {"Connection": "close"})
        self._value += content


def _plain(name: str) -> str:
    """Browsers write quotes and ends of lines in names as %22, %0D and %0A."""
    return _WRITTEN_OTHERWISE.sub(lambda found: unquote(found[0]), name)


def _no_form() -> HTTPException:
    return HTTPException(400, "This is no form of ours.", {"Connection": "close"})
