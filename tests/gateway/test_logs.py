"""What a log line shows of an exception: where it was, and words only if they are ours."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.logs import Seldom

PROGRAM = """
import structlog
from gateway import logs
from suppression.errors import StoreUnavailable

logs.configure(people={people})
log = structlog.get_logger()
log.info("began", count=1)
for error in (ValueError("ann@example.net is odd"), StoreUnavailable("no answer")):
    try:
        raise error
    except Exception:
        log.exception("failed")
log.error("failed_later", exc_info=error)
log.debug("never")
"""


def lines(*, people: bool) -> list[str]:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(people=people)],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert run.stdout == ""
    return run.stderr.splitlines()


def test_lines_are_json_with_time_and_level() -> None:
    began, *_ = map(json.loads, lines(people=False))
    assert (began["event"], began["level"], began["count"]) == ("began", "info", 1)
    assert began["timestamp"].endswith("Z")


@pytest.mark.parametrize("people", [True, False])
def test_an_exception_is_shown_by_class_and_place_and_quotes_nobody(*, people: bool) -> None:
    text = "\n".join(lines(people=people))
    assert "ann@example.net" not in text
    assert "ValueError" in text
    assert "<string>:" in text
    assert text.count("StoreUnavailable: no answer") == 2
    assert "never" not in text


class TestSeldom:
    """Lines that one fault causes for every message."""

    def said(self) -> tuple[list[tuple[str, dict[str, object]]], list[float], Seldom]:
        lines: list[tuple[str, dict[str, object]]] = []
        now = [0.0]
        return lines, now, Seldom(2, 60, lambda: now[0])

    def test_some_are_written_and_the_rest_is_counted(self) -> None:
        lines, now, seldom = self.said()

        def write(event: str, **fields: object) -> None:
            lines.append((event, fields))

        for message in range(10):
            seldom.say(write, "failed", "shop", message=message)
        now[0] = 61
        seldom.say(write, "failed", "shop", message=10)
        seldom.say(write, "failed", "shop", message=11)
        assert [fields for _, fields in lines] == [
            {"message": 0},
            {"message": 1},
            {"message": 10, "left_out": 8},
            {"message": 11},
        ]

    def test_one_cause_leaves_the_others_their_lines(self) -> None:
        lines, _, seldom = self.said()

        def write(event: str, **fields: object) -> None:
            lines.append((event, fields))

        for event, cause in [("failed", "shop")] * 5 + [("failed", "other"), ("refused", "shop")]:
            seldom.say(write, event, cause)
        assert [event for event, _ in lines] == ["failed", "failed", "failed", "refused"]

    def test_causes_without_number_take_no_memory_without_bound(self) -> None:
        _, _, seldom = self.said()
        for number in range(3000):
            seldom.say(lambda *_, **__: None, "failed", str(number))
        assert len(seldom._told) == 1000
