"""The whole log asked by SQL, hot and archived, for pages of this process."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.archive.archive import Archive
from gateway.archive.places import ArchiveUnavailable
from gateway.archive.scratch import Scratch
from suppression.store.hot import HotLog
from suppression.store.store import Store

_SECONDS = 20.0  # for one question


class LogQuestions:
    """`scratch`: a folder for what does not fit into memory."""

    def __init__(self, store: Store, archive: Archive, scratch: Path) -> None:
        self._store = store
        self._archive = archive
        self._scratch = scratch

    async def rows(self, question: str, since: int, until: int) -> Sequence[Sequence[Any]]:
        """One SELECT of ours over the view `log`, of what was logged from `since` on and before `until` (ms).

        ArchiveUnavailable, StoreUnavailable.
        """
        from gateway.archive import sql  # noqa: PLC0415 - DuckDB takes a while, and memory, where nobody looks

        scratch = await asyncio.to_thread(Scratch, self._scratch)
        try:
            batch = await sql.gather(HotLog(self._store), scratch.path, since)
            remembered = await self._store.log.archived()

            def ask() -> list[Sequence[Any]]:
                asked = sql.answered(
                    question, batch, self._archive, remembered, since=since, until=until, seconds=_SECONDS
                )
                with asked as answer:
                    return [row for some in answer.rows for row in some]

            return await asyncio.to_thread(ask)
        except sql.Refused as error:
            raise ArchiveUnavailable(str(error)) from error
        finally:
            scratch.close()
