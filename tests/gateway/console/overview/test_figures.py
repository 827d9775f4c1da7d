"""Figures out of a log: counted here and asked for by SQL, they are the same."""

import json
from collections.abc import Sequence
from typing import Any

import duckdb
import pytest

from gateway.console.overview.figures import Counted, Span, fold, tally_of
from gateway.console.overview.hot import HotFigures, depths
from gateway.console.overview.sql import SqlFigures
from gateway.console.overview.watching import Depths, Watching, spans
from suppression.records import Record
from suppression.store import codec
from suppression.store.record_lines import encode_record
from suppression.store.store import Store
from tests.gateway.console.overview.records import BEFORE, LOG, NOW, TODAY

BOTH = (TODAY, BEFORE)


def counted_here() -> list[Counted]:
    tallies = [
        tally_of(one, number, (one.at - codec.milliseconds(span.since)) // 3_600_000)
        for number, span in enumerate(BOTH)
        for one in LOG
        if codec.milliseconds(span.since) <= one.at < codec.milliseconds(span.until)
        and (one.recipient or one.kind != "suppressed")
    ]
    return fold(BOTH, tallies)


def check(found: Sequence[Counted]) -> None:
    now, then = found
    assert now.sent == {"email": 4, "sms": 1}
    assert [(hour, count) for hour, count in enumerate(now.by_hour) if count] == [
        (0, 1),
        (9, 2),
        (10, 1),
        (13, 1),
    ]
    assert now.refused == {"unsubscribed": 2}
    assert now.deferred == {"outside_hours": 1}
    assert (now.complaints, now.rejected, now.bounced) == (1, 1, 1)
    assert now.unsubscribed == {"marketing": 1, "*": 1}
    assert now.complaint_rate == 0.25
    assert now.bounce_rate == 0.4
    assert (then.sent, then.refused, then.complaint_rate) == ({"email": 1}, {"no_consent": 1}, 0)


def test_figures_are_sums_of_what_is_alike() -> None:
    check(counted_here())


async def test_sql_over_the_archives_columns_tells_the_same() -> None:
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE log (ms BIGINT, recipient VARCHAR, kind VARCHAR, channel VARCHAR, purpose VARCHAR, "
        "scope VARCHAR, outcome VARCHAR, reason VARCHAR, way VARCHAR, details VARCHAR, repeated BOOLEAN)"
    )
    connection.executemany(
        "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [_row(one) for one in LOG]
    )
    asked: list[tuple[int, int]] = []

    async def rows(sql: str, since: int, until: int) -> Sequence[Sequence[Any]]:
        asked.append((since, until))
        return connection.execute(sql).fetchall()

    check(await SqlFigures(rows).counted(BOTH))
    assert asked == [(codec.milliseconds(BEFORE.since), codec.milliseconds(TODAY.until))], "one question"


def _row(one: Record) -> tuple[Any, ...]:
    told = (one.channel, one.purpose, one.scope, one.outcome, one.reason, one.way)
    details = json.dumps(dict(one.details)) if one.details else None
    return (
        one.at,
        one.recipient or None,
        one.kind.value,
        *(text or None for text in told),
        details,
        one.repeated or None,
    )


async def _log(store: Store) -> None:
    """Into streams, as of when it says."""
    for place, one in enumerate(sorted(LOG, key=lambda one: one.at)):
        shard = store.shards.all[place % len(store.shards.all)]
        await store.client.bulk.execute("XADD", shard.log, f"{one.at}-{place}", "r", encode_record(one))


async def test_the_hot_log_is_counted_over_all_shards(store: Store) -> None:
    await _log(store)
    check(await HotFigures(store).counted(BOTH))


async def test_what_is_too_much_to_count_is_said_to_be_a_part(store: Store) -> None:
    await _log(store)
    found = await HotFigures(store, most=3).counted(BOTH)
    assert [one.whole for one in found] == [False, False]


async def test_nothing_is_nothing_and_no_share_of_it(store: Store) -> None:
    (now, _) = await HotFigures(store).counted(BOTH)
    assert (now.sent_in_all, now.complaint_rate, now.bounce_rate, now.whole) == (0, None, None, True)
    assert await depths(store) == Depths(0, 0, 0, 0)


def test_today_is_compared_with_as_much_of_the_day_a_week_before() -> None:
    assert spans(NOW) == (TODAY, BEFORE)


class Fixed:
    def __init__(self) -> None:
        self.asked = 0

    async def counted(self, spans: Sequence[Span]) -> list[Counted]:
        self.asked += 1
        return fold(spans, ())


async def test_however_many_look_the_log_is_asked_once_in_a_while(store: Store) -> None:
    figures = Fixed()

    async def none() -> Depths:
        return await depths(store)

    watching = Watching(figures, none, clock=lambda: NOW)
    for _ in range(5):
        await watching.look()
    assert figures.asked == 1
    watching = Watching(figures, none, clock=lambda: NOW, every=0)
    await watching.look()
    await watching.look()
    assert figures.asked == 3


@pytest.mark.parametrize("oldest", [None, codec.milliseconds(NOW) - 60_000])
async def test_the_archives_lag_is_asked_for_where_there_is_an_archive(
    store: Store, oldest: int | None
) -> None:
    async def none() -> Depths:
        return await depths(store)

    async def behind() -> int | None:
        return oldest

    seen = await Watching(Fixed(), none, behind, lambda: NOW).look()
    assert seen.archived
    assert (seen.oldest is None) is (oldest is None)
