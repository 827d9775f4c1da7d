"""While the archive cannot be asked, nobody is told less than is known without a word of it."""

from pathlib import Path

import pytest

from gateway.archive.archive import Archive
from gateway.archive.archiver import Archiver
from gateway.archive.folder import Folder
from gateway.archive.history import History
from gateway.archive.places import ArchiveUnavailable
from gateway.roads.changes import Changes
from gateway.roads.reading import Reading
from suppression.decision import Reason
from suppression.model import Recipient, Scope, Way
from suppression.store.hot import HotLog
from suppression.store.store import Store


async def test_stops_are_told_without_the_archive_and_records_are_not_said_to_be_none(
    store: Store, ann: Recipient, tmp_path: Path
) -> None:
    await Changes(store).suppress(
        ann, Scope(), reason=Reason.UNSUBSCRIBED, way=Way.AGENT, source="api", actor="test"
    )
    folder = tmp_path / "archive"
    folder.mkdir()
    assert await Archiver(HotLog(store), Folder(folder), tmp_path / "scratch").cycle()
    reading = Reading(store, History(store.log, Archive(Folder(folder), tmp_path / "scratch")))
    before = await reading.records(ann)
    assert before is not None
    assert [record.kind for record in before] == ["suppressed"]

    folder.rename(tmp_path / "away")

    assert len((await reading.facts(ann)).suppressions) == 1
    assert await reading.records(ann) is None
    with pytest.raises(ArchiveUnavailable):
        await reading.decision(before[0].id)
