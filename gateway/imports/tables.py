"""Rows of cells out of lines: CSV as RFC 4180 has it, with the separators that spreadsheets write.

A quoted cell may hold ends of lines, within bounds: a quote that nobody closed must not swallow the stops that stand
after it, so its row is rejected alone and reading goes on with the next line.
"""

import csv
import re
from collections.abc import Iterator

from gateway.imports.lines import LONGEST, Line, Lines
from gateway.imports.rows import Rejected

SEPARATORS = ",;\t"
_MOST_LINES = 50  # of a row


def separator_of(heading: str) -> str:
    """The one that it has most of."""
    return max(SEPARATORS, key=heading.count)


class Cells:
    """(line's number, cells, text) of each row; Rejected for what is none."""

    def __init__(self, lines: Lines, separator: str) -> None:
        self._lines = lines
        self._separator = separator
        given = re.escape(separator)
        # What has begun, but not ended, within quotes.
        self._is_open = re.compile(
            rf'(?:(?:"(?:[^"]|"")*+"|[^{given}"][^{given}]*+)?+{given})*+"(?:[^"]|"")*+', re.DOTALL
        ).fullmatch

    def __iter__(self) -> Iterator[tuple[int, list[str], str] | Rejected]:
        separator = self._separator
        for line in self._lines:
            text = line.text
            if line.fault:
                yield Rejected(line.number, line.fault, text)
            elif '"' not in text:
                if text and not text.isspace():
                    yield line.number, text.split(separator), text
            else:
                yield self._quoted(line)

    def _quoted(self, first: Line) -> tuple[int, list[str], str] | Rejected:
        text, more = first.text, []
        while self._is_open(text):
            following = next(self._lines, None)
            if following is not None:
                more.append(following)
            if following is None or following.fault or len(more) >= _MOST_LINES or len(text) > LONGEST:
                self._lines.put_back(more)
                return Rejected(first.number, "a quote that nobody closed", first.text)
            text = f"{text}\n{following.text}"
        try:
            (cells,) = csv.reader([text], delimiter=self._separator, strict=True)
        except (csv.Error, ValueError):
            self._lines.put_back(more)
            return Rejected(first.number, "quotes that cannot be understood", first.text)
        return first.number, cells, text
