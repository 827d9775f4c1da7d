"""What the overview says, and its drawings, letter for letter."""

from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from gateway.console.overview import drawings
from gateway.console.overview.charts import COMPLAINT_LIMITS, change
from gateway.console.overview.figures import fold
from gateway.console.overview.links import log_link
from gateway.console.overview.view import OverviewView, view
from gateway.console.overview.watching import Depths, Seen
from suppression.purposes import Catalogue
from suppression.store.event_backlog import Dropped
from tests.gateway.console.overview.records import BEFORE, NOW, TODAY

HOSTILE = "<script>alert(1)</script>"


def seen(**more: object) -> Seen:
    now, then = fold((TODAY, BEFORE), ())
    return Seen(NOW, replace(now, **more), then, Depths(5, 1, 2, 3), archived=False, oldest=None)  # type: ignore[arg-type]


def shown(of: Seen) -> OverviewView:
    return view(of, Catalogue.shipped())


def test_a_bar_is_solid_for_today_and_hatched_for_the_week_before() -> None:
    assert drawings.bar("b", 5, 10, 10) == (
        '<svg class="bar" viewBox="0 0 162 20" aria-hidden="true" focusable="false">'
        '<defs><pattern id="b-hatch" width="4" height="4" patternUnits="userSpaceOnUse">'
        '<path class="hatch" d="M0 4 L4 0"/></pattern></defs>'
        '<rect class="now" x="0" y="2" width="80.0" height="8"/>'
        '<rect class="then" x="0.5" y="12.5" width="160.0" height="5" fill="url(#b-hatch)"/></svg>'
    )


def test_a_rate_stands_among_its_limits_with_words_on_each() -> None:
    drawn = drawings.rate("c", "Complaints", "says", 0.002, 0.0005, COMPLAINT_LIMITS)
    root = ET.fromstring(drawn)  # noqa: S314 - made here
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == "c-title c-says"
    assert [one.text for one in root if one.tag in {"title", "desc"}] == ["Complaints", "says"]
    assert [one.text for one in root if one.tag == "text"] == [
        "0.1 % stay below", "0.3 % never reach", "0.20 %", "0 %",
    ]  # fmt: skip
    places = [float(one.attrib["x1"]) for one in root if one.attrib.get("class") == "limit"]
    (circle,) = (float(one.attrib["cx"]) for one in root if one.tag == "circle")
    assert circle < places[0] < places[1] < 320


@pytest.mark.parametrize("now", [None, 0.0, 0.0005, 0.5, 1.0])
def test_any_rate_is_drawn_within_the_drawing(now: float | None) -> None:
    root = ET.fromstring(drawings.rate("c", "t", "s", now, None, COMPLAINT_LIMITS))  # noqa: S314 - made here
    for text in (one for one in root if one.tag == "text"):
        assert 0 <= float(text.attrib["x"]) <= 320


def test_hours_have_a_column_each_where_there_was_something() -> None:
    now, then = [0] * 24, [0] * 24
    now[9], then[9], then[10] = 8, 4, 2
    root = ET.fromstring(drawings.hours("s", "Sent", "says", now, then))  # noqa: S314 - made here
    rects = [(one.attrib["class"], one.attrib["height"]) for one in root if one.tag == "rect"]
    assert rects == [("then", "46.0"), ("now", "92.0"), ("then", "23.0")]


def test_words_in_drawings_are_words() -> None:
    for drawn in (
        drawings.hours("s", HOSTILE, HOSTILE, [1], [1]),
        drawings.rate("s", HOSTILE, HOSTILE, 0.1, 0.1, ((0.1, HOSTILE),)),
    ):
        assert "<script>" not in drawn
        ET.fromstring(drawn)  # noqa: S314 - made here


def test_complaints_are_judged_by_the_providers_lines() -> None:
    judged = [
        (one.charts[1].state, one.charts[1].verdict)
        for complaints in (0, 1, 3)
        for one in (shown(seen(sent={"email": 1000}, complaints=complaints)),)
    ]
    assert judged == [
        ("", "Below 0.1 %"),
        ("attention", "Above 0.1 %: find out why"),
        ("bad", "At or above 0.3 %: providers act"),
    ]


def test_rows_are_the_most_first_with_links_to_their_records() -> None:
    table = shown(seen(refused={"no_consent": 2, "unsubscribed": 9, "something_new": 1})).tables[0]
    assert [(row.label, row.now) for row in table.rows] == [
        ("Stopped", 9),
        ("No consent", 2),
        ("something_new".capitalize(), 1),
    ]
    assert table.rows[0].link == (
        "/console/log?what=refused&reason=unsubscribed&since=2026-11-25T00%3A00%3A00Z&until=2026-11-25T14%3A05%3A00Z"
    )


def test_a_link_holds_whole_minutes() -> None:
    span = TODAY._replace(until=NOW + timedelta(seconds=7))
    assert log_link(span).endswith("until=2026-11-25T14%3A06%3A00Z")


def test_the_outbox_and_the_archive_are_told() -> None:
    told = {tile.label: (tile.value, tile.note) for tile in shown(seen()).tiles}
    assert [told[name][0] for name in ("Waiting in the outbox", "Being handed over", "Held for agents", "Reviews")] == [
        "5", "1", "2", "3",
    ]  # fmt: skip
    assert told["Archive"] == ("Not archived", "the log is kept in the store only")
    behind = replace(seen(), archived=True, oldest=NOW - timedelta(minutes=130))
    assert shown(behind).tiles[-1].value == "2 h behind"
    assert shown(replace(seen(), archived=True)).tiles[-1].value == "Up to date"


@pytest.mark.parametrize(
    ("now", "then", "said"),
    [
        (5, 5, "as many as a week before"),
        (5, 0, "none a week before"),
        (112, 100, "+12 % against a week before (100)"),
        (0, 1000, "-100 % against a week before (1,000)"),
    ],
)
def test_a_change_is_said_in_words(now: int, then: int, said: str) -> None:
    assert change(now, then) == said


def test_events_that_were_dropped_are_told_of_for_a_week() -> None:
    day = 86_400_000
    now = int(NOW.timestamp() * 1000)
    told = replace(seen(), dropped={"shop": Dropped(1234, now - 6 * day), "crm": Dropped(5, now - 8 * day)})
    (notice,) = shown(told).notices
    assert notice.startswith("1,234 events for app shop were dropped")
    assert "gateway events replay --app shop" in notice
    assert shown(seen()).notices == []


def test_what_was_only_counted_in_part_is_said() -> None:
    assert not shown(seen(whole=False)).whole
