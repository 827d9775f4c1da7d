"""The page: whole, alone, and saying what it is of."""

import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from selectolax.lexbor import LexborHTMLParser

from gateway.archive.report.page import page
from suppression.records import RecordKind
from tests.gateway.archive.report.a_month import Month
from tests.gateway.archive.report.conftest import FiguresOf
from tests.gateway.archive.report.written_log import WrittenLog

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
HOSTILE = """"'><script>alert(1)</script>&amp;</svg><img src=x onerror=y>"""


def text_of(html: str) -> str:
    body = LexborHTMLParser(html).body
    assert body is not None
    return " ".join(body.text(separator=" ").split())


@pytest.fixture
def whole(log: WrittenLog, of: FiguresOf) -> str:
    Month(log).write()
    return page(of(), NOW)


def test_it_runs_nothing_and_fetches_nothing(whole: str) -> None:
    tree = LexborHTMLParser(whole)
    assert not tree.css("script, link, img, iframe, object, embed, foreignObject, use, image, a[href]")
    assert not re.search(r"""\b(?:href|src|action|formaction|on[a-z]+)=|@import|url\((?!#series-)""", whole)
    assert set(re.findall(r"https?://[^\s\"']+", whole)) == set()


def test_every_chart_is_an_image_with_a_sentence_and_has_a_caption(whole: str) -> None:
    figures = LexborHTMLParser(whole).css("figure")
    assert len(figures) == 8
    for figure in figures:
        assert figure.css_first("figcaption") is not None
        drawings = figure.css("svg")
        assert [drawing.attributes["class"] for drawing in drawings] == ["wide", "narrow"]
        assert all(
            drawing.attributes["role"] == "img" and drawing.attributes["aria-label"] for drawing in drawings
        )


def test_series_differ_by_more_than_their_colour(whole: str) -> None:
    used = {re.search(r"series-(\d)", part)[1] for part in re.findall(r"url\(#series-\d\)", whole)}  # type: ignore[index]
    assert used == {"1", "2", "3"}
    assert not re.search(r"#0[0-9a-f]0[0-9a-f]{3}\"", whole), "a stand-in is left"


def test_the_same_log_makes_the_same_page(log: WrittenLog, of: FiguresOf) -> None:
    Month(log).write(3)
    assert page(of(), NOW) == page(of(), NOW)


def test_what_records_say_is_text_and_nothing_else(log: WrittenLog, of: FiguresOf) -> None:
    log.mail("2026-10-05 08:00", purpose=HOSTILE, sender=HOSTILE, reason=HOSTILE)
    log.write(RecordKind.DECIDED, "2026-10-05 08:00", channel=HOSTILE, outcome="refuse", reason=HOSTILE)
    log.stop("2026-10-05 09:00", f"*|{HOSTILE}|*|*", way=HOSTILE, reason=HOSTILE)
    log.consent("2026-10-05 09:00", f"*|{HOSTILE}|*|*")
    log.mail("2026-10-05 10:00", purpose=HOSTILE)
    html = page(of(), NOW)
    tree = LexborHTMLParser(html)
    assert not tree.css("script, img")
    assert "<script" not in html
    assert HOSTILE.split("&", maxsplit=1)[0] in text_of(html)


def test_none_after_a_stop_is_said_as_the_claim_that_it_is(log: WrittenLog, of: FiguresOf) -> None:
    log.stop("2026-10-05 09:00")
    log.mail("2026-10-05 08:00")
    assert "None of the 1 hand-overs of this month came after a stop that covered them" in text_of(
        page(of(), NOW)
    )


def test_one_after_a_stop_is_named(log: WrittenLog, of: FiguresOf) -> None:
    stop = log.stop("2026-10-05 08:00")
    mail = log.mail("2026-10-05 09:00")
    text = text_of(page(of(), NOW))
    assert "1 of 1 hand-overs of this month came after a stop that covered them. There must be none." in text
    assert mail in text
    assert stop in text


def test_an_empty_month_says_so(of: FiguresOf) -> None:
    html = page(of(), NOW)
    assert "The log has no records of this month." in text_of(html)
    assert not LexborHTMLParser(html).css("figure, table")


def test_a_month_of_one_day(log: WrittenLog, of: FiguresOf) -> None:
    log.mail("2026-10-05 08:00")
    text = text_of(page(of(), NOW))
    assert "The month's first record is of 2026-10-05 08:00 UTC" in text
    assert "The month is not over" not in text


def test_a_month_that_is_not_over_says_so(log: WrittenLog, of: FiguresOf) -> None:
    log.mail("2026-10-01 08:00")
    text = text_of(page(of(), datetime(2026, 10, 5, 9, tzinfo=UTC)))
    assert "The month is not over: these are its archived records up to 2026-10-01 08:00 UTC" in text


def test_without_the_extra_it_is_named() -> None:
    """In a process where Altair cannot be imported."""
    program = (
        "import sys; sys.modules['altair'] = None\n"
        "from gateway.archive.report import charts\n"
        "from suppression.errors import ConfigurationError\n"
        "try: charts.library()\n"
        "except ConfigurationError as error: print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "suppression-gateway[report]" in told.stdout
