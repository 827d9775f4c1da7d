"""Lists of addresses as text of lines, in pieces that end anywhere: CSV and NDJSON, both ways."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

LONGEST_LINE = 1000
_HEADINGS = frozenset({"address", "email", "e-mail", "phone", "number", "hash", "sha256", "md5"})


class Lines(Protocol):
    """One list: `read` and `rest` give addresses as they were given, `write` and `end` what is answered."""

    media_type: str
    heading: bytes

    def read(self, piece: bytes) -> list[str]: ...
    def rest(self) -> list[str]: ...
    def write(self, usable: Sequence[str]) -> bytes: ...
    def end(self, told: Mapping[str, Any]) -> bytes: ...


class _Split:
    """Whole lines of pieces. What is no UTF-8, or too long, is no address: it is passed on as such."""

    def __init__(self) -> None:
        self._open = b""

    def whole(self, piece: bytes) -> Iterator[str]:
        *whole, self._open = (self._open + piece).split(b"\n")
        if len(self._open) > LONGEST_LINE:
            self._open = self._open[: LONGEST_LINE + 1]
        return self._texts(whole)

    def rest(self) -> Iterator[str]:
        return self._texts([self._open])

    def _texts(self, lines: Iterable[bytes]) -> Iterator[str]:
        return (line[: LONGEST_LINE + 1].decode("utf-8", "replace").strip() for line in lines if line.strip())


class Csv:
    """The first column of each row. A first row that is a heading is passed over."""

    media_type = "text/csv"
    heading = b"address\r\n"

    def __init__(self) -> None:
        self._lines = _Split()
        self._first = True

    def read(self, piece: bytes) -> list[str]:
        return self._addresses(self._lines.whole(piece))

    def rest(self) -> list[str]:
        return self._addresses(self._lines.rest())

    def _addresses(self, lines: Iterator[str]) -> list[str]:
        found = []
        for line in lines:
            text = line if '"' not in line and "," not in line else _first_column(line)
            if self._first:
                self._first = False
                text = text.removeprefix("\ufeff")
                if text.lower() in _HEADINGS:
                    continue
            found.append(text)
        return found

    def write(self, usable: Sequence[str]) -> bytes:
        return "".join(f"{_quoted(text)}\r\n" for text in usable).encode()

    def end(self, told: Mapping[str, Any]) -> bytes:  # noqa: ARG002 - a CSV has no place for it: the log has
        return b""


def _first_column(line: str) -> str:
    try:
        return next(iter(next(csv.reader([line]), [])), "").strip()
    except csv.Error:
        return line


def _quoted(text: str) -> str:
    """RFC 4180 2.6, 2.7."""
    if '"' not in text and "," not in text:
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


class Ndjson:
    """A JSON string a line, or an object with `address`. The last line answered says how many there were."""

    media_type = "application/x-ndjson"
    heading = b""

    def __init__(self) -> None:
        self._lines = _Split()

    def read(self, piece: bytes) -> list[str]:
        return [_address(line) for line in self._lines.whole(piece)]

    def rest(self) -> list[str]:
        return [_address(line) for line in self._lines.rest()]

    def write(self, usable: Sequence[str]) -> bytes:
        return "".join(json.dumps({"address": text}) + "\n" for text in usable).encode()

    def end(self, told: Mapping[str, Any]) -> bytes:
        return json.dumps(told).encode() + b"\n"


def _address(line: str) -> str:
    """What is no address is refused as one: "" is none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    if isinstance(value, dict):
        value = value.get("address")
    return value if isinstance(value, str) else ""


FORMATS: Mapping[str, Callable[[], Lines]] = {
    "text/csv": Csv,
    "application/x-ndjson": Ndjson,
    "application/ndjson": Ndjson,
}
