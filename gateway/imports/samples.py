"""The first rows of a list, for the one who decides whether it shall be put in."""

import asyncio
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from gateway.imports.batch import SEALED_FOR
from gateway.imports.reading import Reader
from gateway.imports.rows import FileRefused, House, Options, Rejected, Row
from gateway.state.imports import Import, Imports
from suppression.store.store import Store

_LOOKED_AT = 2000  # rows, for some that were understood


async def understood(one: Import, house: House, count: int) -> Sequence[Row]:
    """As they were read; none once its file is gone."""
    try:
        return await asyncio.to_thread(_first, one, house, count)
    except (OSError, FileRefused):
        return ()


def _first(one: Import, house: House, count: int) -> Sequence[Row]:
    with Path(one.path).open("rb") as file:
        read = islice(Reader(file, Options(**one.options), house), _LOOKED_AT)
        return tuple(islice((row for row in read if isinstance(row, Row)), count))


async def rejected(store: Store, imports: Imports, import_id: str, count: int) -> Sequence[Rejected]:
    found = []
    for sealed in await imports.rejects(import_id, 0, count):
        told = store.sealer.open_evidence(sealed, SEALED_FOR)
        found.append(Rejected(int(told["line"]), told["reason"], told["row"]))
    return found
