"""The rejected rows as a table for the one who brought them, in which no cell is a formula."""

import csv
import io
from collections.abc import AsyncIterator

from gateway.imports.batch import SEALED_FOR
from gateway.state.imports import Imports
from suppression.store.store import Store

HEADING = b"line,reason,row\r\n"
# What a spreadsheet takes for the beginning of a formula, or passes over to find one.
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_AT_ONCE = 500


def harmless(cell: str) -> str:
    """With "'" before what a spreadsheet would run; before a phone number's "+" too, which looks the same."""
    return "'" + cell if cell.startswith(_BEGINS_FORMULA) else cell


async def rejects(store: Store, imports: Imports, import_id: str) -> AsyncIterator[bytes]:
    """RFC 4180, in pieces."""
    yield HEADING
    start = 0
    while sealed := await imports.rejects(import_id, start, _AT_ONCE):
        text = io.StringIO()
        table = csv.writer(text)
        for one in sealed:
            told = store.sealer.open_evidence(one, SEALED_FOR)
            table.writerow([told["line"], told["reason"], harmless(told["row"])])
        yield text.getvalue().encode("utf-8", "replace")
        start += len(sealed)
