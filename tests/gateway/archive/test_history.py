"""The log is one, wherever its records are: hot, archived, or on their way; and no answer is silently shorter."""

import asyncio
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.archive.archive import Archive
from gateway.archive.database import Database
from gateway.archive.folder import Folder
from gateway.archive.history import History
from gateway.archive.manifest import File
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable
from gateway.archive.questions import Question
from suppression.decision import Reason
from suppression.errors import NotFound, StoreUnavailable, Unavailable
from suppression.model import Recipient
from suppression.records import Record, RecordKind
from suppression.store import feed
from suppression.store.newest import EVER, Wanted
from suppression.store.store import Store
from tests.gateway.archive.house import STEPS, archiver, begun, hot_lines, raw, strange

SENDER = frozenset({"brand", "*"})
QUESTIONS = (
    Question(),
    Question(senders=SENDER),
    Question(kinds=frozenset({RecordKind.SUPPRESSED, RecordKind.CONSENTED})),
    Question(purpose="marketing", channel="email"),
    Question(reason=Reason.UNSUBSCRIBED),
)


async def pages(history: History, question: Question, limit: int) -> list[str]:
    """Newest first, as somebody reads who turns page after page."""
    found: list[Record] = []
    while True:
        part = await history.part(question, limit)
        assert len(part.records) <= limit
        found += part.records
        if part.before is None:
            return [record.id for record in found]
        question = replace(question, before=part.before)


async def everything(history: History, store: Store) -> dict[str, Any]:
    """Answers to all that can be asked."""
    told: dict[str, Any] = {"all": [record async for record in history.all()]}
    told["pages"] = [await pages(history, question, 23) for question in QUESTIONS]
    firsts = [record for record in told["all"] if record.kind is RecordKind.HANDING_OVER]
    assert firsts
    told["histories"] = [await history.history(record.id) for record in firsts]
    assert await history.histories([record.id for record in firsts]) == told["histories"]
    for key in {bytes.fromhex(record.recipient) for record in firsts}:
        facts = await store.facts(Recipient(key, ""))
        told[key.hex()] = [
            await history.of(key),
            await history.of(key, 2),
            await history.recent(key, facts),
            await history.between(key, datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)),
        ]
    some = [record.id for record in told["all"][::7]]
    told["records"] = await history.records(some)
    told["messages"] = [await history.message(record.id) for record in firsts]
    told["feed"] = await feed_of(history, store)
    return told


async def feed_of(history: History, store: Store) -> list[str]:
    place, found = await feed.begin(store, 0), []
    while True:
        page = await feed.read(store, place, 7, history.page)
        found += [record.id for record in page.records]
        place = page.place
        if not page.more:
            return found


@pytest.mark.usefixtures("full_log")
async def test_answers_are_the_same_at_every_step_of_the_archiver(
    small_store: Store, root: Path, history: History
) -> None:
    expected = await everything(History(small_store.log), small_store)
    assert len(expected["all"]) > 300
    assert expected["pages"][0] == [record.id for record in reversed(expected["all"])]
    assert len(expected["feed"]) >= 3
    cycle = await begun(small_store, root)
    for step in cycle.steps:
        await step()
        assert await everything(history, small_store) == expected
    assert len(cycle.steps) == len(STEPS)
    assert await hot_lines(small_store) == {}


@pytest.mark.usefixtures("full_log")
async def test_answers_are_the_same_when_half_of_it_is_archived(
    small_store: Store, root: Path, history: History
) -> None:
    assert await archiver(small_store, root, most=120, page=30).cycle()
    await raw(small_store, 50)
    before = await everything(history, small_store)
    assert 50 < len(await hot_lines(small_store)) < len(before["all"]) - 50
    other = archiver(small_store, root)
    await small_store.client.bulk.execute("HSET", small_store.shards.all[0].archiver, "until", 0)
    assert await other.cycle()
    assert await everything(history, small_store) == before


@pytest.mark.usefixtures("full_log")
async def test_nothing_is_missed_while_records_move(small_store: Store, root: Path, history: History) -> None:
    """Whoever asks while the archiver works, in small bites, has each record once, whatever the moment."""
    expected = {record.id: record async for record in History(small_store.log).all()}
    recipients = {record.recipient for record in expected.values() if record.kind is RecordKind.HANDING_OVER}
    moving = asyncio.create_task(move(small_store, root))
    asked = 0
    while not moving.done() or asked < 5:
        found = [record.id async for record in history.all()]
        assert found == sorted(expected)
        assert await pages(history, Question(), 100) == sorted(expected, reverse=True)
        for key in recipients:
            mine = [record.id for record in await history.of(bytes.fromhex(key))]
            assert mine == sorted((r.id for r in expected.values() if r.recipient == key), reverse=True)
        one = sorted(expected)[asked * 37 % len(expected)]
        assert (await history.find(one)).id == one
        asked += 1
    await moving
    assert asked >= 5


async def move(store: Store, root: Path) -> None:
    worker = archiver(store, root, most=20, page=5)
    while (moved := await worker.cycle()) and moved.read:  # noqa: ASYNC110 - it is the work
        await asyncio.sleep(0.01)


@pytest.mark.usefixtures("full_log")
async def test_with_the_archive_away_only_what_is_hot_is_told(
    small_store: Store, root: Path, history: History
) -> None:
    assert await archiver(small_store, root).cycle()
    archived = [record async for record in history.all()]
    await raw(small_store, 20)
    hot = (await small_store.log.newest(Wanted(keeps=lambda _: True), 1)).records[0]
    away(root)
    assert (await history.find(hot.id)).id == hot.id
    assert await history.records([hot.id]) == [hot]
    for ask in (
        history.find(archived[0].id),
        history.records([hot.id, archived[0].id]),
        history.part(Question(), 10),
        history.of(bytes.fromhex(archived[0].recipient)),
        history.page(0, "", 0, EVER - 1, 10),
        history.message("0f" * 12),
    ):
        with pytest.raises(ArchiveUnavailable):
            await ask
    with pytest.raises(ArchiveUnavailable):
        await anext(history.all())


def away(root: Path) -> None:
    root.rename(root.with_name("elsewhere"))


def copied(root: Path, name: str) -> Path:
    return Path(shutil.copytree(root, root.with_name(name)))


def new(root: Path, name: str) -> Path:
    root.with_name(name).mkdir()
    return root.with_name(name)


def spoilt(root: Path) -> None:
    """Files of the same size with other content."""
    for path in root.glob("records/**/*.parquet"):
        path.write_bytes(b"x" * path.stat().st_size)


@pytest.mark.usefixtures("full_log")
async def test_an_archive_that_lost_its_end_is_no_answer(
    small_store: Store, root: Path, history: History
) -> None:
    """An empty folder in its place, or one that was put back from yesterday, would tell less."""
    worker = archiver(small_store, root)
    assert await worker.cycle()
    yesterday = copied(root, "yesterday")
    await raw(small_store, 5)
    assert await worker.cycle()
    assert await history.part(Question(), 10)
    for folder in (yesterday, new(root, "empty")):
        rolled_back = History(small_store.log, Archive(Folder(folder), root.with_name("scratch2")))
        with pytest.raises(ArchiveUnavailable, match="ends before"):
            await rolled_back.part(Question(), 10)


@pytest.mark.usefixtures("full_log")
async def test_another_stores_archive_is_no_answer(small_store: Store, root: Path, tmp_path: Path) -> None:
    assert await archiver(small_store, root).cycle()
    await small_store.client.bulk.execute("HSET", small_store.shards.all[0].archiver, "head", "1|" + "0" * 64)
    with pytest.raises(ArchiveDamaged):
        await History(small_store.log, Archive(Folder(root), tmp_path / "s")).part(Question(), 10)


@pytest.mark.usefixtures("full_log")
async def test_settings_that_lost_their_archive_are_no_answer(small_store: Store, root: Path) -> None:
    assert await archiver(small_store, root).cycle()
    with pytest.raises(ArchiveUnavailable):
        await History(small_store.log).part(Question(), 10)


@pytest.mark.usefixtures("full_log")
async def test_an_archive_that_answers_slowly_is_waited_for_so_long(
    small_store: Store, root: Path, tmp_path: Path
) -> None:
    """Two questions at once; others wait, and all are told in time."""
    assert await archiver(small_store, root).cycle()
    history = History(small_store.log, Archive(SlowFolder(root), tmp_path / "s", seconds=0.2))
    began = time.monotonic()
    answers = await asyncio.gather(*(history.part(Question(), 5) for _ in range(5)), return_exceptions=True)
    assert time.monotonic() - began < 5
    assert {type(answer) for answer in answers} == {ArchiveUnavailable}


class SlowFolder(Folder):
    def local(self, file: File) -> Path:
        time.sleep(3)
        return super().local(file)


async def test_a_question_that_takes_too_long_ends(tmp_path: Path) -> None:
    database = Database(tmp_path)
    began = time.monotonic()
    with pytest.raises(ArchiveUnavailable, match="too long"):
        database.rows(
            "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range % 7 = b.range % 5", {}, 0.3
        )
    assert time.monotonic() - began < 5


@pytest.mark.usefixtures("full_log")
async def test_a_file_that_is_none_is_damage(small_store: Store, root: Path, history: History) -> None:
    assert await archiver(small_store, root).cycle()
    spoilt(root)
    with pytest.raises(Unavailable):
        await history.part(Question(), 10)


@pytest.mark.usefixtures("full_log")
async def test_what_a_newer_version_logged_is_passed_over(
    small_store: Store, root: Path, history: History
) -> None:
    """Hot or archived, records of unknown kinds end no answer; `gateway log sql` shows them."""
    known = [record.id async for record in history.all()]
    await strange(small_store)
    assert [record.id async for record in history.all()][: len(known)] == known
    hot = {record.id async for record in history.all()}
    assert await archiver(small_store, root).cycle()
    archived = {record.id async for record in history.all()}
    assert archived >= {*known}
    assert archived <= hot


@pytest.mark.usefixtures("full_log")
async def test_old_files_are_not_opened_for_the_newest_records(
    small_store: Store, root: Path, tmp_path: Path
) -> None:
    """Nor are those of other times, or of classes that cannot hold it."""
    worker = archiver(small_store, root)
    assert await worker.cycle()
    await asyncio.sleep(0.01)
    await raw(small_store, 40)
    assert await worker.cycle()
    folder = CountingFolder(root)
    archive = Archive(folder, tmp_path / "s")
    history, files = History(small_store.log, archive), archive.state(None).files.values()
    last = max(file.last for file in files)
    recent = {file.name for file in files if file.last >= last}
    assert (await history.part(Question(since=last), 1)).records
    assert folder.opened <= recent
    folder.opened.clear()
    await history.part(Question(kinds=frozenset({RecordKind.LIFTED})), 1)
    assert folder.opened == {file.name for file in files if file.class_ == "changes"}


@pytest.mark.usefixtures("full_log")
@pytest.mark.parametrize(("text", "looked"), [("unheard-of", False), ("0f" * 12, True), ("msg_0a1", True)])
async def test_what_is_no_messages_id_is_not_looked_for_in_all_files(
    small_store: Store, root: Path, tmp_path: Path, text: str, *, looked: bool
) -> None:
    """Anybody with a key could keep the archive busy with it."""
    assert await archiver(small_store, root).cycle()
    folder = CountingFolder(root)
    assert await History(small_store.log, Archive(folder, tmp_path / "s")).message(text) == []
    assert bool(folder.opened) is looked


class CountingFolder(Folder):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.opened: set[str] = set()

    def local(self, file: File) -> Path:
        self.opened.add(file.name)
        return super().local(file)


@pytest.mark.parametrize("before", ["nonsense", "0" * 15 + "~", "000000000000vvvv"])
async def test_a_cursor_that_cannot_be_one_is_not_found(history: History, before: str) -> None:
    with pytest.raises(NotFound):
        await history.part(Question(before=before), 5)


def test_duckdb_is_not_there_before_the_archive_is_asked() -> None:
    """Its import takes memory, in each worker."""
    code = "import sys, gateway.assembly.wiring; print('duckdb' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


async def test_who_follows_is_told_what_was_archived_meanwhile(
    small_store: Store, root: Path, history: History
) -> None:
    """However soon after it was logged it left the hot log between two looks."""
    own = archiver(small_store, root)
    await raw(small_store, 50)
    found: list[str] = []
    following = asyncio.ensure_future(_ids(history.follow(pause=0.8), found))
    await asyncio.sleep(0.3)
    for count in (1, 30, 300):
        await raw(small_store, count)
        assert await own.cycle()
    await asyncio.sleep(2)
    following.cancel()
    assert len(set(found)) == len(found) == 331


async def test_who_stood_still_while_following_has_missed_nothing(
    small_store: Store, root: Path, history: History
) -> None:
    await raw(small_store, 5)
    told = history.follow(pause=0.01)
    first = asyncio.ensure_future(anext(told))
    await asyncio.sleep(0.3)
    await raw(small_store, 1)
    found = [(await first).id]
    await raw(small_store, 30)
    assert await archiver(small_store, root).cycle()
    async with asyncio.timeout(20):
        while len(found) < 31:
            found.append((await anext(told)).id)
    assert len(set(found)) == 31


async def _ids(told: AsyncIterator[Record], found: list[str]) -> None:
    async for record in told:
        found.append(record.id)  # noqa: PERF401 - it never ends


def test_times_end_before_the_end_of_times() -> None:
    assert datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=EVER) > datetime(5000, 1, 1, tzinfo=UTC)
    assert issubclass(ArchiveUnavailable, Unavailable)
    assert not issubclass(ArchiveUnavailable, StoreUnavailable)
