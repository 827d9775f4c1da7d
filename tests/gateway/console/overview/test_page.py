"""The overview and the log behind it, over HTTP and a real store."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from gateway.archive.archive import Archive
from gateway.archive.folder import Folder
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable
from gateway.assembly.log_questions import LogQuestions
from gateway.console.overview.figures import Counted, Span, fold
from gateway.console.overview.hot import HotFigures, depths
from gateway.console.overview.log_view import SORTS, filtered
from gateway.console.overview.sql import SqlFigures
from gateway.console.overview.watching import Watching, spans
from suppression.decision import Reason
from suppression.model import Channel, Scope, Way
from suppression.records import Record, RecordKind
from suppression.store import codec
from suppression.store.hot import HotLog
from suppression.store.store import Store
from tests.gateway.console.house import Browser, House, employ, house
from tests.gateway.http.world import RealWorld, real_world

ANN, BOB = "ann@example.net", "bob@example.net"
HOSTILE = '"><script>alert(1)</script>'


@dataclass
class Desk:
    house: House
    world: RealWorld

    async def at(self, path: str, role: str = "auditor") -> Browser:
        browser = await self.house.signed_in(role)
        answer = await browser.get(path)
        assert answer.status_code == 200, answer.text
        return browser

    async def log(self, kind: RecordKind, to: str = ANN, **more: str) -> None:
        store, key = self.world.store, self.world.recipient(to).key
        told = {"channel": "email", "purpose": "marketing/promotions", "sender": "shop", "app": "demo"} | more
        record = Record(kind, codec.milliseconds(store.now()), recipient=key.hex(), **told)  # type: ignore[arg-type]
        await store.log_record(key, record, store.client.stops)

    async def stop(self, to: str, reason: Reason = Reason.UNSUBSCRIBED, purpose: str = "marketing") -> None:
        way = Way.PROVIDER if reason is Reason.COMPLAINED else Way.LINK
        recipient = self.world.recipient(to)
        scope = Scope(frozenset({Channel.EMAIL}), purpose)
        await self.world.doors.changes.suppress(
            recipient, scope, reason=reason, way=way, source="test", actor="recipient"
        )


@pytest.fixture
async def desk(store: Store, tmp_path: Path) -> Desk:
    world = await real_world(store, tmp_path)
    made = house(store, world.doors)
    await employ(made)
    return Desk(made, world)


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


def links(page: str) -> list[str]:
    return [html.unescape(found) for found in re.findall(r'href="(/console/log[^"]*)"', page)]


def rows(page: str) -> list[str]:
    return [
        words("<main" + found) for found in re.findall(r"<tr><td class=\"short\">.*?</tr>", page, re.DOTALL)
    ]


async def some(desk: Desk) -> None:
    for _ in range(3):
        await desk.log(RecordKind.SENT)
    await desk.log(RecordKind.DECIDED, outcome="refuse", reason="no_consent", rule="consent")
    await desk.log(RecordKind.DECIDED, outcome="refuse", reason="unsubscribed", rule="suppression")
    await desk.log(RecordKind.DECIDED, outcome="defer", reason="outside_hours", rule="hours")
    await desk.log(RecordKind.REJECTED)
    await desk.stop(ANN)
    await desk.stop(BOB, Reason.COMPLAINED, "*")


async def test_each_figure_leads_to_the_records_behind_it(desk: Desk) -> None:
    await some(desk)
    page = (await desk.at("/console/overview")).page
    said = words(page)
    assert "3 today, none a week before" in said
    assert "1 today: 33.33 % of mails sent." in said
    assert "At or above 0.3 %: providers act" in said
    assert "1 today: 25.00 % of mails came back or were rejected." in said
    for label, count in {
        "what=sent": 3,
        "what=refused": 2,
        "what=refused&reason=no_consent": 1,
        "what=deferred&reason=outside_hours": 1,
        "what=complaints": 1,
        "what=bounces": 1,
        "what=unsubscribed&purpose=marketing": 1,
    }.items():
        link = next(one for one in links(page) if one.startswith(f"/console/log?{label}&since="))
        shown = (await desk.at(link)).page
        assert len(rows(shown)) == count, (label, words(shown))


async def test_nothing_yet_is_said_so(desk: Desk) -> None:
    said = words((await desk.at("/console/overview")).page)
    assert "0 today, as many as a week before" in said
    assert "no mail to take a share of" in said
    for empty in ("Nothing was refused.", "Nothing was put off.", "Nobody unsubscribed."):
        assert empty in said
    assert "Not archived" in said


async def test_the_log_is_paged_to_its_end(desk: Desk) -> None:
    for number in range(120):
        await desk.log(RecordKind.SENT, to=f"n{number}@example.net")
    seen: list[str] = []
    path = "/console/log?what=sent"
    for _ in range(4):
        page = (await desk.at(path)).page
        seen += re.findall(r"/console/recipients/(rcp_\w+)", page)
        older = [one for one in links(page) if "before=" in one]
        if not older:
            break
        path = older[-1]
    assert len(seen) == len(set(seen)) == 120


async def test_a_record_leads_to_its_recipient_and_to_why(desk: Desk) -> None:
    await desk.stop(ANN)
    await desk.log(RecordKind.DECIDED, outcome="refuse", reason="unsubscribed", rule="suppression")
    page = (await desk.at("/console/log?what=refused")).page
    assert ANN in page
    assert re.search(r'href="/console/recipients/rcp_\w+"', page)
    assert re.search(r'href="/console/explain\?decision=\w+">Refused: stopped', page)


async def test_filters_that_cannot_be_are_told_and_change_nothing(desk: Desk) -> None:
    browser = await desk.house.signed_in()
    answer = await browser.get(f"/console/log?what={HOSTILE}&since=yesterday&purpose={HOSTILE}&app={HOSTILE}")
    assert answer.status_code == 422
    assert "There is no such thing." in answer.text
    assert "A time is written like" in answer.text
    assert "<script>alert" not in answer.text
    assert (await browser.get("/console/log?before=nonsense")).status_code == 200
    assert (await browser.get("/console/log?since=9999-12-31T23:59:59Z&until=0001-01-01")).status_code == 200


@pytest.mark.parametrize("what", SORTS)
async def test_every_sort_of_records_can_be_asked_for(desk: Desk, what: str) -> None:
    await some(desk)
    await desk.at(f"/console/log?what={what}&channel=email&reason=unsubscribed&purpose=marketing")


def test_a_link_says_what_was_asked_for() -> None:
    asked = filtered({"what": "refused", "reason": "no_consent", "since": "2026-11-25T00:00Z"})
    assert asked.link("x1") == (
        "/console/log?what=refused&reason=no_consent&since=2026-11-25T00%3A00%3A00Z&before=x1"
    )


async def test_figures_of_archived_and_hot_records_come_by_one_question(store: Store, tmp_path: Path) -> None:
    """The archive is empty here: what is in the store is asked for by SQL."""
    folder = tmp_path / "archive"
    folder.mkdir()
    world = await real_world(store, tmp_path)
    desk = Desk(house(store, world.doors), world)
    await some(desk)
    asking = LogQuestions(store, Archive(Folder(folder), tmp_path / "scratch"), tmp_path / "scratch")
    both = spans(datetime.now(UTC).replace(microsecond=999_000))
    assert await SqlFigures(asking.rows).counted(both) == await HotFigures(store).counted(both)


class _Away:
    """Figures of an archive that cannot be asked."""

    def __init__(self, error: Exception) -> None:
        self.error: Exception | None = error

    async def counted(self, spans: Sequence[Span]) -> list[Counted]:
        if self.error is not None:
            raise self.error
        return fold(spans, ())


@pytest.mark.parametrize("error", [ArchiveUnavailable("no bucket"), ArchiveDamaged("a file is another")])
async def test_while_the_archive_is_away_it_shows_what_waits_and_says_what_it_cannot_tell(
    store: Store, tmp_path: Path, error: Exception
) -> None:
    world = await real_world(store, tmp_path)
    figures = _Away(error)
    watching = Watching(figures, partial(depths, store), HotLog(store).oldest, every=0)
    made = house(store, world.doors, watching=watching)
    await employ(made)
    desk = Desk(made, world)
    await desk.log(RecordKind.SENT)
    said = words((await desk.at("/console/overview")).page)
    assert "The archive of the log cannot be asked now." in said
    assert "Waiting in the outbox 0" in said
    assert "Archive 0 min behind" in said
    assert "0 today" not in said
    assert str(error) not in said
    figures.error = None
    assert "0 today, as many as a week before" in words((await desk.at("/console/overview")).page)


async def test_it_is_for_all_who_may_see_figures(desk: Desk) -> None:
    for role in ("agent", "supervisor", "auditor", "admin"):
        await desk.at("/console/overview", role)
