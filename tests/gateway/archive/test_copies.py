"""A mail of many copies that is in the archive: what became of each, by few questions."""

from pathlib import Path

from gateway.archive.archive import Archive, Remembered
from gateway.archive.folder import Folder
from gateway.archive.history import History
from gateway.archive.manifest import State
from gateway.roads.reading import Reading
from suppression.address import parse
from suppression.records import Record, RecordKind
from suppression.store.store import Store
from tests.gateway.archive.house import archiver

MESSAGE = "0f" * 12
COPIES = 40
QUESTIONS = 4  # is it a record's id; which copies; the copies; how they ended


class CountingArchive(Archive):
    asked = 0

    def state(self, remembered: Remembered) -> State:
        self.asked += 1
        return super().state(remembered)


async def copies(store: Store) -> list[str]:
    """Of every third is not known how it ended."""
    ids = []
    for number in range(COPIES):
        key = store.keyring.recipient(parse(f"copy{number}@example.net")).key
        told = {"recipient": key.hex(), "channel": "email", "message": MESSAGE}
        ids.append(await store.log_record(key, Record(RecordKind.HANDING_OVER, 5, **told)))  # type: ignore[arg-type]
        if number % 3:
            told["decision"] = ids[-1]
            await store.log_record(key, Record(RecordKind.SENT, 6, **told))  # type: ignore[arg-type]
    return ids


async def test_the_archive_is_asked_once_for_all_copies(
    small_store: Store, root: Path, tmp_path: Path
) -> None:
    ids = await copies(small_store)
    hot = await Reading(small_store, History(small_store.log)).message(ids[1])
    assert hot is not None
    assert [record.kind for record in hot.history] == ["handing_over", "sent"]
    assert await archiver(small_store, root).cycle()

    archive = CountingArchive(Folder(root), tmp_path / "asked")
    shown = await Reading(small_store, History(small_store.log, archive)).message(MESSAGE)
    assert shown is not None
    assert archive.asked <= QUESTIONS
    firsts = [record for record in shown.history if record.kind is RecordKind.HANDING_OVER]
    assert {record.id for record in firsts} == set(ids)
    for first, then in zip(shown.history, shown.history[1:], strict=False):
        if then.kind is RecordKind.SENT:
            assert (then.decision, then.recipient) == (first.id, first.recipient)
    assert len(shown.history) - COPIES == COPIES * 2 // 3
