"""An empty store is filled from the archive, when there is no backup of it: who stopped what, who consented.

deploy/guides/operating.md says what does not come back that way.
"""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

from gateway.archive.archive import Archive
from gateway.archive.archiver import Archiver
from gateway.archive.questions import Question
from suppression.records import CHANGES, Record
from suppression.store.replaying import Replayed, replay
from suppression.store.store import Store

_PAGE = 20_000
_CHANGES = Question(kinds=CHANGES)


async def restore(store: Store, archive: Archive, archiver: Archiver) -> Replayed:
    """Conflict for a store that was used; ArchiveUnavailable, ArchiveDamaged. Killed, it may be run again."""
    changes = hashes = 0
    for shard in store.shards.all:
        replayed = await replay(store, _changes(archive, shard.number))
        changes, hashes = changes + replayed.changes, hashes + replayed.hashes
    await archiver.adopt()
    await archiver.release()
    return Replayed(changes, hashes)


async def _changes(archive: Archive, shard: int) -> AsyncIterator[Record]:
    """Of one shard, oldest first: all of a recipient's, or a person's, are there."""
    after = ""
    while True:
        page = await asyncio.to_thread(partial(archive.page, None, _CHANGES, shard, after, _PAGE))
        for record in page:
            yield record
        if len(page) < _PAGE:
            return
        after = page[-1].id
